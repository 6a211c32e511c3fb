//! What the ports promise as all others do.

use std::sync::Arc;

use loom_adapter_keyvault::KeyVaultSecrets;
use loom_ports::SecretStore;
use loom_testkit::backends::KeyVaultServer;
use loom_testkit::secret::SecretFixture;

use crate::scene;

struct Vault(Arc<KeyVaultSecrets>);

impl SecretFixture for Vault {
    async fn open() -> Self {
        Self(scene::open(scene::shared_settings()).await)
    }

    fn store(&self) -> Arc<dyn SecretStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        drop(self);
        Some(Self::open().await)
    }

    async fn unreachable(&self) -> Option<Arc<dyn SecretStore>> {
        let server = KeyVaultServer::start();
        Some(scene::open(scene::hasty(&server)).await)
    }
}

loom_testkit::secret_suite!(Vault);
