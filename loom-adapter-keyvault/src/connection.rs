//! A vault, and the requests that are sent to it.

use std::collections::HashMap;
use std::fmt;

use azure_core::http::{ClientOptions, RetryOptions, Url};
use azure_security_keyvault_keys::{KeyClient, KeyClientOptions};
use azure_security_keyvault_secrets::models::{
    DeletedSecret, DeletedSecretProperties, SecretClientGetSecretOptions,
    SecretClientUpdateSecretPropertiesOptions, SecretProperties, SetSecretParameters,
    UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions, models};
use futures::TryStreamExt as _;
use loom_azure_identity::{TransportOptions, transport};

use crate::attempts::{Answer, Attempts};
use crate::error::{Failure, OpenError};
use crate::settings::KeyVaultSettings;

/// What the vault keeps beside a value, in letters of its own.
pub(crate) type Tags = HashMap<String, String>;

/// The address and the options with which clients of one vault are made.
pub(crate) struct Opening {
    pub(crate) url: Url,
    options: ClientOptions,
    settings: KeyVaultSettings,
}

/// The secrets of a vault.
pub(crate) struct Connection {
    client: SecretClient,
    settings: KeyVaultSettings,
}

impl Opening {
    pub(crate) fn new(settings: KeyVaultSettings) -> Result<Self, OpenError> {
        let url = settings.url()?;
        let host = url.host_str().zip(settings.address);
        let transport = transport(&TransportOptions {
            connect_timeout: settings.connect_timeout,
            tls_ca_pem: settings.tls_ca_pem.as_deref(),
            host,
        });
        let transport = transport.map_err(|error| OpenError::Setting(error.to_string()))?;
        let options = ClientOptions {
            transport: Some(transport),
            // What is sent again is decided by what it does.
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        Ok(Self { url, options, settings })
    }

    pub(crate) fn keys(self) -> Result<(KeyClient, KeyVaultSettings), OpenError> {
        let tokens = self.settings.identity.renewing_tokens().map_err(setting)?;
        let options = KeyClientOptions { client_options: self.options, ..Default::default() };
        let client = KeyClient::new(self.url.as_str(), tokens, Some(options)).map_err(setting)?;
        Ok((client, self.settings))
    }

    pub(crate) fn secrets(self) -> Result<Connection, OpenError> {
        let tokens = self.settings.identity.renewing_tokens().map_err(setting)?;
        let options = SecretClientOptions { client_options: self.options, ..Default::default() };
        let client = SecretClient::new(self.url.as_str(), tokens, Some(options));
        Ok(Connection { client: client.map_err(setting)?, settings: self.settings })
    }
}

impl Connection {
    pub(crate) fn settings(&self) -> &KeyVaultSettings {
        &self.settings
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(&self.settings)
    }

    /// A version of a secret, or the current one.
    pub(crate) async fn secret(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Answer<Option<models::Secret>> {
        let read = || async {
            let secret_version = version.map(str::to_owned);
            let options = SecretClientGetSecretOptions { secret_version, ..Default::default() };
            self.client.get_secret(name, Some(options)).await?.into_model()
        };
        self.attempts().find(read).await
    }

    pub(crate) async fn deleted(&self, name: &str) -> Answer<Option<DeletedSecret>> {
        let read = || async { self.client.get_deleted_secret(name, None).await?.into_model() };
        self.attempts().find(read).await
    }

    /// All versions, in no order.
    pub(crate) async fn versions(&self, name: &str) -> Answer<Vec<SecretProperties>> {
        let list = || async {
            self.client.list_secret_properties_versions(name, None)?.try_collect().await
        };
        Ok(self.attempts().find(list).await?.unwrap_or_default())
    }

    /// All secrets that are not deleted, in no order.
    pub(crate) async fn all(&self) -> Answer<Vec<SecretProperties>> {
        let list = || async { self.client.list_secret_properties(None)?.try_collect().await };
        Ok(self.attempts().find(list).await?.unwrap_or_default())
    }

    /// All secrets that are deleted, in no order.
    pub(crate) async fn all_deleted(&self) -> Answer<Vec<DeletedSecretProperties>> {
        let list =
            || async { self.client.list_deleted_secret_properties(None)?.try_collect().await };
        Ok(self.attempts().find(list).await?.unwrap_or_default())
    }

    /// Gives a secret a new version, each time it is sent.
    pub(crate) async fn set(&self, name: &str, value: &str, tags: Tags) -> Answer<()> {
        let set = async {
            let parameters = SetSecretParameters {
                value: Some(value.to_owned()),
                tags: Some(tags),
                ..Default::default()
            };
            self.client.set_secret(name, parameters.try_into()?, None).await.map(drop)
        };
        self.attempts().once(set).await
    }

    /// Replaces the tags of a version. Harmless to repeat.
    pub(crate) async fn tag(&self, name: &str, version: &str, tags: &Tags) -> Answer<Option<()>> {
        let tag = || async {
            let parameters =
                UpdateSecretPropertiesParameters { tags: Some(tags.clone()), ..Default::default() };
            let options = SecretClientUpdateSecretPropertiesOptions {
                secret_version: Some(version.to_owned()),
                ..Default::default()
            };
            let update =
                self.client.update_secret_properties(name, parameters.try_into()?, Some(options));
            update.await.map(drop)
        };
        self.attempts().find(tag).await
    }

    pub(crate) async fn delete(&self, name: &str) -> Answer<()> {
        self.attempts().once(async { self.client.delete_secret(name, None).await.map(drop) }).await
    }

    pub(crate) async fn recover(&self, name: &str) -> Answer<()> {
        let recover = async { self.client.recover_deleted_secret(name, None).await.map(drop) };
        self.attempts().once(recover).await
    }

    pub(crate) async fn purge(&self, name: &str) -> Answer<()> {
        let purge = async { self.client.purge_deleted_secret(name, None).await.map(drop) };
        self.attempts().once(purge).await
    }

    /// Whether the vault answers, and permits to list.
    pub(crate) async fn look(&self) -> Answer<()> {
        let look = || async {
            let first = self.client.list_secret_properties(None)?.into_pages().try_next().await?;
            drop(first);
            Ok(())
        };
        match self.attempts().find(look).await? {
            Some(()) => Ok(()),
            None => Err(Failure::Corrupt("list of secrets")),
        }
    }
}

fn setting(error: impl fmt::Display) -> OpenError {
    OpenError::Setting(error.to_string())
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
