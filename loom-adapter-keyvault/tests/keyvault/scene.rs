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
use loom_testkit::backends::{KEY_VAULT_CLIENT, KeyVaultServer, shared_key_vault};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The vault of this process, whose keys tests rotate.
pub(crate) fn shared() -> &'static KeyVaultServer {
    static SHARED: OnceLock<KeyVaultServer> = OnceLock::new();
    SHARED.get_or_init(KeyVaultServer::start)
}

/// An application with this secret, whose tokens come from the vault's own authority.
pub(crate) fn identity(server: &KeyVaultServer, secret: &str) -> Identity {
    let [tenant, client, _] = KEY_VAULT_CLIENT;
    let client = [tenant, client, secret].map(String::from);
    known(client, Some(&server.authority()), Some(&server.ca_pem))
}

/// An application that an authority knows: that of the public cloud if none is named.
fn known(client: [String; 3], authority: Option<&str>, ca_pem: Option<&str>) -> Identity {
    let cloud = authority.map(|authority| {
        let mut cloud = CustomConfiguration::default();
        authority.clone_into(&mut cloud.authority_host);
        Arc::new(CloudConfiguration::Custom(cloud))
    });
    let transport = transport(&TransportOptions {
        connect_timeout: Duration::from_secs(3),
        tls_ca_pem: ca_pem.map(str::as_bytes),
        host: None,
    });
    let client_options = ClientOptions {
        transport: Some(transport.expect("it is a certificate")),
        cloud,
        ..ClientOptions::default()
    };
    let [tenant, client, secret] = client;
    let secret = Secret::new(secret);
    Identity::Made(Arc::new(move || {
        let options = ClientSecretCredentialOptions { client_options: client_options.clone() };
        let (client, secret) = (client.clone(), secret.clone());
        Ok(ClientSecretCredential::new(&tenant, client, secret, Some(options))?)
    }))
}

/// The vault that tests share.
pub(crate) fn shared_settings() -> KeyVaultSettings {
    let vault = shared_key_vault();
    let (authority, ca_pem) = (vault.authority.as_deref(), vault.ca_pem.as_deref());
    let identity = known(vault.client.clone(), authority, ca_pem);
    KeyVaultSettings {
        address: vault.address,
        tls_ca_pem: ca_pem.map(|pem| pem.as_bytes().to_vec()),
        ..KeyVaultSettings::new(&vault.url, identity)
    }
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
