//! Secrets in Cosmos DB: kept as in any store, and to be read nowhere in it.

use std::sync::Arc;

use loom_adapter_cosmos::{CosmosStores, SmallStores as _};
use loom_core::{SecretName, Timestamp, WrappingKeyId};
use loom_ports::{RowKey, RowPart, RowRange, Secret, SecretStore, SecretWrite, Space};
use loom_rows::LocalKeys;
use loom_testkit::backends::CosmosServer;
use loom_testkit::clock::CountedIds;
use loom_testkit::secret::SecretFixture;

use crate::scene::{self, Database};

fn secrets(stores: &CosmosStores) -> Arc<dyn SecretStore> {
    let ids = Arc::new(CountedIds::default());
    let id = WrappingKeyId::parse("test").expect("a valid id");
    let keys = LocalKeys::new(id, Secret::new([1; 32]), ids.clone());
    stores.secrets(Arc::new(keys), ids)
}

struct Cosmos(Database);

impl SecretFixture for Cosmos {
    async fn open() -> Self {
        Self(Database::new().await)
    }

    fn store(&self) -> Arc<dyn SecretStore> {
        secrets(&self.0.stores)
    }

    async fn reopen(self) -> Option<Self> {
        Some(Self(self.0.reopened().await))
    }

    async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
        Some(secrets(&scene::unreachable().await))
    }
}

loom_testkit::secret_suite!(Cosmos);

#[test]
fn no_row_holds_a_secret() {
    loom_testkit::run(async {
        let server = CosmosServer::start();
        let stores = scene::open(&server).await;
        let name = SecretName::parse("the-name-of-it").expect("a valid name");
        let value = Secret::new(b"correct horse battery staple".to_vec());
        let now = Timestamp::EPOCH;
        let _ = secrets(&stores).set(&name, &value, SecretWrite(1), now).await.expect("it is set");
        let all = RowRange {
            from: RowKey::of(0),
            to: RowKey::of(u8::MAX),
            limit: usize::MAX,
            backwards: false,
        };
        let rows = stores.rows();
        let read = rows.read(&Space::named("secrets"), &[RowPart::Range(all)], now).await;
        let rows = read.expect("it answers").parts.remove(0).rows;
        assert!(rows.len() > 1, "{rows:?}");
        for row in &rows {
            let printed = format!("{row:?}");
            for part in ["correct", "horse", "battery"] {
                assert!(!printed.contains(part), "{printed}");
            }
        }
        assert!(format!("{rows:?}").contains("the-name-of-it"), "the search finds what is there");
    });
}
