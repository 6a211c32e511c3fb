//! Values that only their key opens, and only in their place.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use bytes::Bytes;
use loom_core::{SecretName, WrappingKeyId};
use loom_ports::{DataKey, IdSource, Secret, SecretVersion, WrappedKey};
use serde::{Deserialize, Serialize};

use crate::desk::Broken;

const NONCE_BYTES: usize = 12;

/// A value as it is stored.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Sealed {
    wrapped_by: WrappingKeyId,
    wrapped_key: Bytes,
    nonce: [u8; NONCE_BYTES],
    value: Bytes,
}

impl Sealed {
    /// Encrypts a value with a key that encrypts nothing else, and lies wrapped beside it.
    pub(super) fn new(
        value: &Secret<Vec<u8>>,
        name: &SecretName,
        version: SecretVersion,
        key: &DataKey,
        wrapped: WrappedKey,
        ids: &dyn IdSource,
    ) -> Self {
        let nonce = nonce(ids);
        let value = encrypt(key, nonce, value.expose(), &place(name, version)).into();
        Self { wrapped_by: wrapped.by, wrapped_key: wrapped.bytes, nonce, value }
    }

    pub(super) fn key(&self) -> WrappedKey {
        WrappedKey { by: self.wrapped_by.clone(), bytes: self.wrapped_key.clone() }
    }

    /// The same value, whose key was wrapped anew.
    pub(super) fn with_key(self, wrapped: WrappedKey) -> Self {
        Self { wrapped_by: wrapped.by, wrapped_key: wrapped.bytes, ..self }
    }

    pub(super) fn open(
        &self,
        key: &DataKey,
        name: &SecretName,
        version: SecretVersion,
    ) -> Result<Secret<Vec<u8>>, Broken> {
        let value = decrypt(key, self.nonce, &self.value, &place(name, version));
        value.ok_or(Broken::Row("secret"))
    }
}

/// What a value is encrypted together with. No id holds a zero byte.
fn place(name: &SecretName, version: SecretVersion) -> Vec<u8> {
    [b"loom secret\0", name.as_str().as_bytes(), b"\0", &version.0.to_be_bytes()].concat()
}

/// A key that nobody can guess.
pub(super) fn data_key(ids: &dyn IdSource) -> DataKey {
    let mut key = [0; 32];
    let (first, last) = key.split_at_mut(16);
    first.copy_from_slice(&ids.next().to_be_bytes());
    last.copy_from_slice(&ids.next().to_be_bytes());
    Secret::new(key)
}

pub(super) fn nonce(ids: &dyn IdSource) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&ids.next().to_le_bytes()[..NONCE_BYTES]);
    nonce
}

pub(super) fn encrypt(
    key: &DataKey,
    nonce: [u8; NONCE_BYTES],
    value: &[u8],
    place: &[u8],
) -> Vec<u8> {
    let payload = Payload { msg: value, aad: place };
    let sealed = Aes256Gcm::new(key.expose().into()).encrypt(&nonce.into(), payload);
    sealed.expect("a value is far shorter than the 64 GiB that the mode takes")
}

/// `None` if it was encrypted with another key, for another place, or changed since.
pub(super) fn decrypt(
    key: &DataKey,
    nonce: [u8; NONCE_BYTES],
    sealed: &[u8],
    place: &[u8],
) -> Option<Secret<Vec<u8>>> {
    let payload = Payload { msg: sealed, aad: place };
    let value = Aes256Gcm::new(key.expose().into()).decrypt(&nonce.into(), payload);
    value.ok().map(Secret::new)
}
