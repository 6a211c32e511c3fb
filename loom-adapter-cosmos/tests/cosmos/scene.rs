//! Accounts for tests.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use loom_adapter_cosmos::{CosmosSettings, CosmosStores, Credential, provision};
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosServer, shared_cosmos};

pub(crate) fn settings(server: &CosmosServer) -> CosmosSettings {
    CosmosSettings::new(server.url(), Credential::Key(COSMOS_KEY.into()), COSMOS_REGION)
}

/// The account that tests share, and in it a database of the tests of this process.
fn shared() -> CosmosSettings {
    let account = shared_cosmos();
    let key = Credential::Key(account.key.clone());
    let database = format!("loom-tests-{}", run());
    CosmosSettings { database, ..CosmosSettings::new(account.url.clone(), key, &account.region) }
}

/// What no other process that shares the account is called.
fn run() -> &'static str {
    static RUN: LazyLock<String> = LazyLock::new(|| {
        let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        format!("{}-{}", since_epoch.as_millis(), std::process::id())
    });
    RUN.as_str()
}

/// Stores that the tests of one process share.
pub(crate) async fn open_shared() -> CosmosStores {
    open_at(&shared()).await
}

pub(crate) async fn open(server: &CosmosServer) -> CosmosStores {
    open_at(&settings(server)).await
}

/// A database that nobody else has, in the account that tests share.
pub(crate) fn new_database() -> CosmosSettings {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let shared = shared();
    let database = format!("{}-{}", shared.database, NEXT.fetch_add(1, Ordering::Relaxed));
    CosmosSettings { database, ..shared }
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
