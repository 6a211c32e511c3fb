//! Accounts for tests.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use loom_adapter_cosmos::{CosmosSettings, CosmosStores, Credential, provision};
use loom_testkit::backends::{COSMOS_KEY, COSMOS_REGION, CosmosServer, shared_cosmos};

pub(crate) fn settings(server: &CosmosServer) -> CosmosSettings {
    CosmosSettings::new(server.url(), Credential::Key(COSMOS_KEY.into()), COSMOS_REGION)
}

/// A database of its own in the account that tests share: cases that count, count their own alone.
pub(crate) struct Database {
    settings: CosmosSettings,
    pub(crate) stores: CosmosStores,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let settings = new_database();
        let stores = open_at(&settings).await;
        Self { settings, stores }
    }

    pub(crate) async fn reopened(self) -> Self {
        let Self { settings, stores } = self;
        drop(stores);
        let stores = CosmosStores::open(&settings).await.expect("it was provisioned");
        Self { settings, stores }
    }
}

/// A database that nobody else has, and that is to be made.
pub(crate) fn new_database() -> CosmosSettings {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let account = shared_cosmos();
    let key = Credential::Key(account.key.clone());
    let database = format!("loom-tests-{}-{}", run(), NEXT.fetch_add(1, Ordering::Relaxed));
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

pub(crate) async fn open(server: &CosmosServer) -> CosmosStores {
    open_at(&settings(server)).await
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
