//! The stores that are small and asked seldom.

use std::sync::Arc;

use loom_core::WrappingKeyId;
use loom_ports::{
    ActorRegistry, ConfigStore, DefinitionStore, GraphStore, KeyWrap, Secret, SecretStore,
    TraceStore,
};
use loom_rows::LocalKeys;
use loom_runtime::RandomIds;

/// The stores that are small and asked seldom.
#[derive(Clone, Debug)]
pub(crate) struct Small {
    pub(crate) definitions: Arc<dyn DefinitionStore>,
    pub(crate) traces: Arc<dyn TraceStore>,
    pub(crate) registry: Arc<dyn ActorRegistry>,
    pub(crate) config: Arc<dyn ConfigStore>,
    pub(crate) graphs: Arc<dyn GraphStore>,
    /// None where nothing encrypts.
    pub(crate) secrets: Option<Arc<dyn SecretStore>>,
}

/// What encrypts the keys of secrets.
#[derive(Clone, Debug)]
pub(crate) enum Wrapping {
    Keys(WrappingKeys),
    /// The key of this name in the vault.
    Vault(
        #[cfg_attr(not(feature = "azure"), expect(dead_code, reason = "only Azure has vaults"))]
        String,
    ),
}

/// Keys with which the keys of secrets are encrypted.
#[derive(Clone, Debug)]
pub(crate) struct WrappingKeys {
    current: (WrappingKeyId, Secret<[u8; 32]>),
    older: Vec<(WrappingKeyId, Secret<[u8; 32]>)>,
}

impl WrappingKeys {
    /// The first one encrypts from now on. `None` if there is none, or two have one id.
    pub(crate) fn new(mut keys: Vec<(WrappingKeyId, Secret<[u8; 32]>)>) -> Option<Self> {
        let is_known = |at: usize| keys[..at].iter().any(|(id, _)| *id == keys[at].0);
        if keys.is_empty() || (0..keys.len()).any(is_known) {
            return None;
        }
        let older = keys.split_off(1);
        let current = keys.pop()?;
        Some(Self { current, older })
    }

    pub(crate) fn wrap(self) -> Arc<dyn KeyWrap> {
        let (id, key) = self.current;
        let keys = LocalKeys::new(id, key, Arc::new(RandomIds));
        let keys = self.older.into_iter().fold(keys, |keys, (id, key)| keys.with_older(id, key));
        Arc::new(keys)
    }
}
