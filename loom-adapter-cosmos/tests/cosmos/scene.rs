//! Accounts for tests.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use loom_adapter_cosmos::{CosmosSettings, CosmosStores, Credential, provision};
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosServer};

pub(crate) fn settings(server: &CosmosServer) -> CosmosSettings {
    CosmosSettings::new(server.url(), Credential::Key(COSMOS_KEY.into()), COSMOS_REGION)
}

/// The account that the tests of one process share.
pub(crate) fn shared() -> &'static CosmosServer {
    static SHARED: OnceLock<CosmosServer> = OnceLock::new();
    SHARED.get_or_init(CosmosServer::start)
}

pub(crate) async fn open(server: &CosmosServer) -> CosmosStores {
    open_at(&settings(server)).await
}

/// A database that nobody else has.
pub(crate) fn new_database(server: &CosmosServer) -> CosmosSettings {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let database = format!("loom-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    CosmosSettings { database, ..settings(server) }
}

pub(crate) async fn open_at(settings: &CosmosSettings) -> CosmosStores {
    provision(settings, false).await.expect("the account takes it");
    CosmosStores::open(settings).await.expect("it was provisioned")
}

/// Stores whose account was there, and is not any more.
pub(crate) async fn unreachable() -> CosmosStores {
    let server = CosmosServer::start();
    open(&server).await
}
