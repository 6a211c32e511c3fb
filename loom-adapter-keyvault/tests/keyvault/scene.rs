//! Vaults for tests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::Secret;
use azure_core::http::ClientOptions;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use loom_adapter_keyvault::{KeyVaultSecrets, KeyVaultSettings};
use loom_azure_identity::{Identity, TransportOptions, transport};
use loom_core::{SecretName, Timestamp};
use loom_ports::{SecretStore, SecretWrite, SetSecret};
use loom_testkit::backends::{KEY_VAULT_CLIENT, KeyVaultServer};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The vault that the tests of one process share.
pub(crate) fn shared() -> &'static KeyVaultServer {
    static SHARED: OnceLock<KeyVaultServer> = OnceLock::new();
    SHARED.get_or_init(KeyVaultServer::start)
}

/// An application with this secret, whose tokens come from the vault's own authority.
pub(crate) fn identity(server: &KeyVaultServer, secret: &str) -> Identity {
    let [tenant, client, _] = KEY_VAULT_CLIENT;
    let mut cloud = CustomConfiguration::default();
    cloud.authority_host = server.authority();
    let transport = transport(&TransportOptions {
        connect_timeout: Duration::from_secs(3),
        tls_ca_pem: Some(server.ca_pem.as_bytes()),
        host: None,
    });
    let client_options = ClientOptions {
        transport: Some(transport.expect("it is a certificate")),
        cloud: Some(Arc::new(CloudConfiguration::Custom(cloud))),
        ..ClientOptions::default()
    };
    let secret = Secret::new(secret.to_owned());
    Identity::Made(Arc::new(move || {
        let options = ClientSecretCredentialOptions { client_options: client_options.clone() };
        let secret = secret.clone();
        let tokens = ClientSecretCredential::new(tenant, client.into(), secret, Some(options))?;
        Ok(tokens)
    }))
}

pub(crate) fn settings(server: &KeyVaultServer) -> KeyVaultSettings {
    let [_, _, secret] = KEY_VAULT_CLIENT;
    KeyVaultSettings {
        address: Some(server.address()),
        tls_ca_pem: Some(server.ca_pem.clone().into_bytes()),
        ..KeyVaultSettings::new(server.url(), identity(server, secret))
    }
}

/// Settings of those who have little time.
pub(crate) fn hasty(server: &KeyVaultServer) -> KeyVaultSettings {
    KeyVaultSettings {
        response_timeout: Duration::from_millis(500),
        refusal_timeout: Duration::from_secs(1),
        ..settings(server)
    }
}

pub(crate) async fn open(settings: KeyVaultSettings) -> Arc<KeyVaultSecrets> {
    KeyVaultSecrets::open(settings).await.expect("the vault answers")
}

pub(crate) fn name(raw: &str) -> SecretName {
    SecretName::parse(raw).expect("a valid name")
}

/// Sets a value, and returns which version it is.
pub(crate) async fn set(store: &dyn SecretStore, raw: &str, value: &str, write: u128) -> u64 {
    let value = loom_ports::Secret::new(value.as_bytes().to_vec());
    match store.set(&name(raw), &value, SecretWrite(write), NOW).await.unwrap() {
        SetSecret::Set(version) => version.0,
        SetSecret::Deleted => panic!("{raw} is deleted"),
    }
}

/// The current value and its version.
pub(crate) async fn get(store: &dyn SecretStore, raw: &str) -> Option<(u64, String)> {
    let found = store.get(&name(raw), None).await.unwrap()?;
    let value = String::from_utf8(found.value.expose().clone()).expect("text");
    Some((found.version.0, value))
}
