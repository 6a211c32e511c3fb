//! Secrets that are kept elsewhere, under a key of the vault.

use std::sync::Arc;

use loom_adapter_keyvault::KeyVaultKeys;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::WrappingKeyId;
use loom_ports::{ErrorKind, KeyWrap, Secret, SecretStore, WrappedKey};
use loom_testkit::backends::{KeyVaultFault, KeyVaultServer};
use loom_testkit::clock::CountedIds;
use loom_testkit::run;
use loom_testkit::secret::SecretFixture;

use crate::scene::{self, get, set};

const KEY: &str = "loom-wrapping";

async fn keys(server: &KeyVaultServer) -> Arc<KeyVaultKeys> {
    let keys = KeyVaultKeys::open(scene::settings(server), KEY).await;
    Arc::new(keys.expect("the vault has the key"))
}

fn secrets(stores: &MemoryStores, keys: Arc<KeyVaultKeys>) -> Arc<dyn SecretStore> {
    stores.secrets(keys, Arc::new(CountedIds::default()))
}

struct Wrapped {
    stores: MemoryStores,
    keys: Arc<KeyVaultKeys>,
}

impl SecretFixture for Wrapped {
    async fn open() -> Self {
        scene::shared().rotate_key(KEY);
        Self { stores: MemoryStores::default(), keys: keys(scene::shared()).await }
    }

    fn store(&self) -> Arc<dyn SecretStore> {
        secrets(&self.stores, self.keys.clone())
    }

    async fn reopen(self) -> Option<Self> {
        Some(Self { keys: keys(scene::shared()).await, ..self })
    }

    async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
        None
    }
}

loom_testkit::secret_suite!(Wrapped);

#[test]
fn a_rotation_of_the_key_is_picked_up_and_what_it_wrapped_before_is_read() {
    run(async {
        let server = KeyVaultServer::start();
        server.rotate_key(KEY);
        let keys = keys(&server).await;
        let store = secrets(&MemoryStores::default(), keys.clone());
        set(&*store, "a", "1", 1).await;
        let before = keys.current().await.unwrap();
        server.rotate_key(KEY);
        let now = keys.current().await.unwrap();
        assert_ne!(before, now);
        assert_eq!(get(&*store, "a").await, Some((1, "1".into())));
        set(&*store, "b", "1", 2).await;
        assert_eq!(store.rotate(None).await.unwrap().sum, 1, "that of before");
        assert_eq!(store.rotate(None).await.unwrap().sum, 0);
        assert_eq!(get(&*store, "a").await, Some((1, "1".into())));
    });
}

#[test]
fn what_was_not_wrapped_so_is_refused() {
    run(async {
        let server = KeyVaultServer::start();
        server.rotate_key(KEY);
        server.rotate_key("other");
        let keys = keys(&server).await;
        let key = Secret::new([7; 32]);
        let right = keys.wrap(&key).await.unwrap();
        assert!(keys.unwrap(&right).await.unwrap().expose() == key.expose());
        server.rotate_key(KEY);
        let later = keys.current().await.unwrap();
        let by = |id: &str| WrappingKeyId::parse(id).expect("a valid id");
        let (version, bytes) = (right.by.as_str().rsplit_once('/').unwrap().1, &right.bytes);
        for (wrapped, kind) in [
            (WrappedKey { by: later, bytes: bytes.clone() }, ErrorKind::Corrupt),
            (WrappedKey { bytes: "short".into(), ..right.clone() }, ErrorKind::Corrupt),
            (WrappedKey { by: by(&format!("{KEY}/0")), bytes: bytes.clone() }, ErrorKind::Denied),
            (
                WrappedKey { by: by(&format!("other/{version}")), ..right.clone() },
                ErrorKind::Denied,
            ),
            (WrappedKey { by: by("local"), bytes: bytes.clone() }, ErrorKind::Denied),
            (WrappedKey { by: by(&format!("{KEY}/../x")), ..right.clone() }, ErrorKind::Denied),
        ] {
            let refused = keys.unwrap(&wrapped).await.unwrap_err();
            assert_eq!(refused.kind(), kind, "{wrapped:?}: {refused}");
        }
        server.fail(1, KeyVaultFault::ReplyLost);
        assert!(keys.unwrap(&right).await.unwrap().expose() == key.expose());
        server.fail(1, KeyVaultFault::TokenExpired);
        assert!(keys.unwrap(&right).await.unwrap().expose() == key.expose());
    });
}
