//! [`KeyWrap`] by a key of a vault.

use std::fmt;

use async_trait::async_trait;
use azure_security_keyvault_keys::models::{
    EncryptionAlgorithm, KeyClientUnwrapKeyOptions, KeyClientWrapKeyOptions, KeyOperationParameters,
};
use azure_security_keyvault_keys::{KeyClient, ResourceExt as _};
use loom_core::WrappingKeyId;
use loom_ports::{DataKey, KeyWrap, PortError, Secret, WrappedKey};

use crate::attempts::{Answer, Attempts};
use crate::connection::Opening;
use crate::error::{Failure, OpenError, open_error};
use crate::settings::KeyVaultSettings;

/// Wraps under an RSA key of a vault (OAEP with SHA-256), which never leaves it.
///
/// The wrapping key of the port is a version of that key, as `NAME/VERSION`. A version that is made
/// with the tools of Azure, or by a rotation policy, is the current one from then on. What a version
/// has wrapped it unwraps as long as it is enabled.
pub struct KeyVaultKeys {
    client: KeyClient,
    settings: KeyVaultSettings,
    key: String,
}

impl KeyVaultKeys {
    /// Opens a vault, to wrap under the key of this name.
    ///
    /// # Errors
    ///
    /// Returns what the user has to know, with its code. Waits no longer than the timeouts say.
    pub async fn open(
        settings: KeyVaultSettings,
        key: impl Into<String>,
    ) -> Result<Self, OpenError> {
        let key = key.into();
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=127).contains(&key.len()) || !key.bytes().all(known) {
            let text = format!("key {key:?}: use 1 to 127 letters, digits and hyphens");
            return Err(OpenError::Setting(text));
        }
        let (client, settings) = Opening::new(settings)?.keys()?;
        let keys = Self { client, settings, key };
        match keys.find_current().await {
            Ok(Some(_)) => Ok(keys),
            Ok(None) => Err(OpenError::NoKey(keys.key)),
            Err(failure) => Err(open_error(&failure)),
        }
    }

    fn attempts(&self) -> Attempts {
        Attempts::new(&self.settings)
    }

    /// What the vault calls the current version.
    async fn find_current(&self) -> Answer<Option<String>> {
        let read = || async { self.client.get_key(&self.key, None).await?.into_model() };
        let Some(found) = self.attempts().find(read).await? else { return Ok(None) };
        let version = found.resource_id()?.version;
        version.map(Some).ok_or(Failure::Corrupt("version of a key"))
    }

    async fn current_version(&self) -> Answer<String> {
        self.find_current().await?.ok_or_else(|| Failure::UnknownKey(self.key.clone()))
    }

    fn id(&self, version: &str) -> Answer<WrappingKeyId> {
        let id = WrappingKeyId::parse(&format!("{}/{version}", self.key));
        id.map_err(|_| Failure::Corrupt("version of a key"))
    }

    async fn try_wrap(&self, key: &DataKey) -> Answer<WrappedKey> {
        let version = self.current_version().await?;
        let wrap = || async {
            let options = KeyClientWrapKeyOptions {
                key_version: Some(version.clone()),
                ..Default::default()
            };
            let parameters = parameters(key.expose()).try_into()?;
            self.client.wrap_key(&self.key, parameters, Some(options)).await?.into_model()
        };
        let wrapped = self.attempts().find(wrap).await?;
        let wrapped = wrapped.ok_or_else(|| Failure::UnknownKey(self.key.clone()))?;
        let bytes = wrapped.result.ok_or(Failure::Corrupt("wrapped key"))?.into();
        Ok(WrappedKey { by: self.id(&version)?, bytes })
    }

    async fn try_unwrap(&self, wrapped: &WrappedKey) -> Answer<DataKey> {
        let unknown = || Failure::UnknownKey(wrapped.by.to_string());
        let (name, version) = wrapped.by.as_str().rsplit_once('/').ok_or_else(unknown)?;
        if name != self.key || !version.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unknown());
        }
        let unwrap = || async {
            let options = KeyClientUnwrapKeyOptions::default();
            let parameters = parameters(&wrapped.bytes).try_into()?;
            self.client.unwrap_key(name, version, parameters, Some(options)).await?.into_model()
        };
        let found = match self.attempts().find(unwrap).await {
            // The vault says no more of what it has not wrapped.
            Err(failure) if failure.is_bad_request() => Err(Failure::Corrupt("wrapped key")),
            found => found,
        };
        let key = found?.ok_or_else(unknown)?.result.map(Secret::new);
        let key = key.ok_or(Failure::Corrupt("key"))?;
        let key = key.expose().as_slice().try_into().map_err(|_| Failure::Corrupt("key"))?;
        Ok(Secret::new(key))
    }
}

#[async_trait]
impl KeyWrap for KeyVaultKeys {
    async fn wrap(&self, key: &DataKey) -> Result<WrappedKey, PortError> {
        self.try_wrap(key).await.map_err(|failure| failure.at("wrap"))
    }

    async fn unwrap(&self, wrapped: &WrappedKey) -> Result<DataKey, PortError> {
        self.try_unwrap(wrapped).await.map_err(|failure| failure.at("unwrap"))
    }

    async fn current(&self) -> Result<WrappingKeyId, PortError> {
        let current = self.current_version().await.and_then(|version| self.id(&version));
        current.map_err(|failure| failure.at("current"))
    }
}

fn parameters(value: &[u8]) -> KeyOperationParameters {
    KeyOperationParameters {
        algorithm: Some(EncryptionAlgorithm::RsaOaep256),
        value: Some(value.to_vec()),
        ..Default::default()
    }
}

impl fmt::Debug for KeyVaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyVaultKeys").field("key", &self.key).finish_non_exhaustive()
    }
}
