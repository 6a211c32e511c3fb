//! [`KeyWrap`] over keys that the process was given.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use loom_core::WrappingKeyId;
use loom_ports::{DataKey, ErrorKind, IdSource, KeyWrap, PortError, Secret, WrappedKey};

use super::seal;

/// Wrapping keys in memory: for one machine, and for tests.
///
/// A wrapped key is encrypted as a value is, with the id of the wrapping key as associated data.
pub struct LocalKeys {
    current: WrappingKeyId,
    keys: BTreeMap<WrappingKeyId, Secret<[u8; 32]>>,
    ids: Arc<dyn IdSource>,
}

const NONCE_BYTES: usize = 12;

impl LocalKeys {
    /// Wraps with this key from now on. Numbers from `ids` must not repeat.
    #[must_use]
    pub fn new(id: WrappingKeyId, key: Secret<[u8; 32]>, ids: Arc<dyn IdSource>) -> Self {
        let keys = BTreeMap::from([(id.clone(), key)]);
        Self { current: id, keys, ids }
    }

    /// Knows another key, for what it has wrapped before.
    #[must_use]
    pub fn with_older(mut self, id: WrappingKeyId, key: Secret<[u8; 32]>) -> Self {
        self.keys.entry(id).or_insert(key);
        self
    }

    fn key(
        &self,
        id: &WrappingKeyId,
        operation: &'static str,
    ) -> Result<&Secret<[u8; 32]>, PortError> {
        self.keys.get(id).ok_or_else(|| {
            let error = format!("wrapping key {id} is not known");
            PortError::new(ErrorKind::Denied, operation).with_source(error)
        })
    }
}

#[async_trait]
impl KeyWrap for LocalKeys {
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, PortError> {
        let (by, nonce) = (self.current.clone(), seal::nonce(&*self.ids));
        let sealed = seal::encrypt(self.key(&by, "wrap")?, nonce, key.expose(), &place(&by));
        Ok(WrappedKey { by, bytes: [&nonce[..], &sealed].concat().into() })
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, PortError> {
        let corrupt = || {
            let error = format!("it was not wrapped by {}", wrapped.by);
            PortError::new(ErrorKind::Corrupt, "unwrap").with_source(error)
        };
        let by = self.key(&wrapped.by, "unwrap")?;
        let (nonce, sealed) =
            wrapped.bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(corrupt)?;
        let key = seal::decrypt(by, *nonce, sealed, &place(&wrapped.by)).ok_or_else(corrupt)?;
        let key = key.expose().as_slice().try_into().map_err(|_| corrupt())?;
        Ok(Secret::new(key))
    }

    async fn current(&self) -> Result<WrappingKeyId, PortError> {
        Ok(self.current.clone())
    }
}

impl fmt::Debug for LocalKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKeys").field("current", &self.current).finish_non_exhaustive()
    }
}

fn place(id: &WrappingKeyId) -> Vec<u8> {
    [b"loom wrapping key\0", id.as_str().as_bytes()].concat()
}
