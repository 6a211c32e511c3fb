//! Port: the keys with which other keys are encrypted.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::WrappingKeyId;

use crate::{PortError, Secret};

/// A key that encrypts one value, of 256 bits.
pub type DataKey = Secret<[u8; 32]>;

/// Encrypts the keys of values, under a key that never leaves it.
///
/// Of several wrapping keys one is the current one; those before it are kept for what they have
/// encrypted. A wrapping key that is not known is `Denied`; what another key or nobody has
/// wrapped is `Corrupt`.
#[async_trait]
pub trait KeyWrap: Debug + Send + Sync + 'static {
    /// Encrypts a key under the current wrapping key. May be repeated: all answers unwrap to it.
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, PortError>;

    /// The key that was wrapped.
    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, PortError>;

    /// The wrapping key under which [`wrap`](Self::wrap) encrypts now.
    async fn current(&self) -> Result<WrappingKeyId, PortError>;
}

/// A key that only its wrapping key makes one again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrappedKey {
    /// Which wrapping key.
    pub by: WrappingKeyId,
    /// The key, encrypted.
    pub bytes: Bytes,
}

const _: fn(&dyn KeyWrap) = |_| {};
