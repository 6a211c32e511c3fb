//! What the file says of Azure: as whom requests are sent, and to which services.

use std::path::PathBuf;
use std::time::Duration;

use loom_adapter_azure_blob::{AzureBlobSettings, Credential as BlobCredential};
use loom_adapter_cosmos::{CosmosSettings, Credential as CosmosCredential};
use loom_adapter_keyvault::KeyVaultSettings;
use loom_azure_identity::{Application, Identity, TransportError};
use loom_core::PartitionCount;
use serde::Deserialize;

use super::mistake::Code;
use super::profile::Rule;
use super::secret::Given;
use super::source::Source;
use super::value::{Address, Milliseconds, Within, is_local};
use crate::azure::{Azure, REGION};

/// As whom requests are sent.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct AzureTable {
    #[serde(default)]
    identity: IdentityName,
    client_id: Option<String>,
    tenant_id: Option<String>,
    authority: Option<String>,
    ca: Option<PathBuf>,
    client_secret: Option<String>,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IdentityName {
    #[default]
    Managed,
    Workload,
    ClientSecret,
    Developer,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct CosmosTable {
    endpoint: String,
    database: Option<String>,
    region: Option<String>,
    key: Option<String>,
    key_env: Option<String>,
    key_file: Option<PathBuf>,
    response_timeout_ms: Option<Milliseconds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct BlobTable {
    endpoint: Option<String>,
    container: Option<String>,
    connection_string: Option<String>,
    connection_string_env: Option<String>,
    connection_string_file: Option<PathBuf>,
    sas: Option<String>,
    sas_env: Option<String>,
    sas_file: Option<PathBuf>,
    #[serde(default)]
    create_container: bool,
    ca: Option<PathBuf>,
    connect_timeout_ms: Option<Milliseconds>,
    response_timeout_ms: Option<Milliseconds>,
    refusal_timeout_ms: Option<Milliseconds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct KeyVaultTable {
    url: String,
    address: Option<Address>,
    ca: Option<PathBuf>,
    cache_seconds: Option<CacheSeconds>,
    connect_timeout_ms: Option<Milliseconds>,
    response_timeout_ms: Option<Milliseconds>,
    refusal_timeout_ms: Option<Milliseconds>,
}

type CacheSeconds = Within<0, 86_400>;

/// What the file has of Azure. Tells what is wrong with it.
pub(super) fn read(source: &mut Source<'_>, partitions: PartitionCount, allow_keys: bool) -> Azure {
    let mut azure = Azure::default();
    if !["azure", "cosmos", "blob", "key_vault"].iter().any(|table| source.has(table)) {
        return azure;
    }
    let identity = identity(source);
    if source.has("cosmos") {
        let settings = cosmos(source, identity.clone(), allow_keys);
        azure.cosmos = settings.map(|settings| CosmosSettings { partitions, ..settings });
    }
    if source.has("blob") {
        azure.blob = blob(source, identity.clone(), allow_keys);
    }
    if source.has("key_vault") {
        azure.key_vault = key_vault(source, identity);
    }
    azure
}

fn identity(source: &mut Source<'_>) -> Option<Identity> {
    let table: AzureTable = source.table_if_any("azure")?;
    let secret = Given::new(table.client_secret, table.client_secret_env, table.client_secret_file);
    match table.identity {
        IdentityName::Managed => Some(Identity::Managed { client_id: table.client_id }),
        IdentityName::Workload => Some(Identity::Workload),
        IdentityName::Developer => {
            let what = "whoever is signed in to the command line of Azure is nobody on a server; \
                        use managed, workload or client-secret";
            source.judge("azure.identity", Code::NotForProduction, Rule::Production, what);
            Some(Identity::DeveloperTools)
        }
        IdentityName::ClientSecret => {
            let mut needed = |name: &str, value: Option<String>| {
                if value.is_none() {
                    let what = "an application that has a secret has it too; set it";
                    source.tell(&format!("azure.{name}"), Code::Missing, what);
                }
                value
            };
            let tenant_id = needed("tenant_id", table.tenant_id);
            let client_id = needed("client_id", table.client_id);
            if !secret.is_some() {
                let what = "it is missing; name it with client_secret_env or client_secret_file";
                source.tell("azure.client_secret", Code::Missing, what);
            }
            let ca = match table.ca {
                Some(file) => Some(source.file("azure.ca", &file)?),
                None => None,
            };
            if let Some(authority) = &table.authority {
                endpoint(source, "azure.authority", authority);
            }
            let secret = secret.read(source, "azure.client_secret")?;
            let application = Application { tenant_id: tenant_id?, client_id: client_id?, secret };
            let identity = application.with_tokens_from(table.authority, ca.as_deref());
            let tell =
                |error: TransportError| source.tell("azure.ca", Code::Wrong, error.to_string());
            identity.map_err(tell).ok()
        }
    }
}

fn cosmos(
    source: &mut Source<'_>,
    identity: Option<Identity>,
    allow_keys: bool,
) -> Option<CosmosSettings> {
    let table: CosmosTable = source.table("cosmos")?;
    endpoint(source, "cosmos.endpoint", &table.endpoint);
    let key = Given::new(table.key, table.key_env, table.key_file);
    let credential = if key.is_some() {
        let key = key.read(source, "cosmos.key")?;
        account_key(source, "cosmos.key", allow_keys);
        CosmosCredential::Key(key)
    } else {
        CosmosCredential::Identity(identity?)
    };
    let region = table.region.unwrap_or_else(|| REGION.to_owned());
    let defaults = CosmosSettings::new(table.endpoint, credential, region);
    Some(CosmosSettings {
        database: table.database.unwrap_or(defaults.database),
        response_timeout: ms(table.response_timeout_ms, defaults.response_timeout),
        ..defaults
    })
}

fn blob(
    source: &mut Source<'_>,
    identity: Option<Identity>,
    allow_keys: bool,
) -> Option<AzureBlobSettings> {
    let table: BlobTable = source.table("blob")?;
    let container = table.container.unwrap_or_else(|| "loom".to_owned());
    let string = Given::new(
        table.connection_string,
        table.connection_string_env,
        table.connection_string_file,
    );
    let sas = Given::new(table.sas, table.sas_env, table.sas_file);
    let defaults = if string.is_some() {
        if table.endpoint.is_some() || sas.is_some() {
            let what = "a connection string names the address and the key; remove the others";
            source.tell("blob.connection_string", Code::Together, what);
        }
        let string = string.read(source, "blob.connection_string")?;
        let read = AzureBlobSettings::from_connection_string(&string, container);
        let tell = |error: loom_adapter_azure_blob::OpenError| {
            source.tell("blob.connection_string", Code::Wrong, error.to_string());
        };
        let settings = read.map_err(tell).ok()?;
        if matches!(settings.credential, BlobCredential::SharedKey { .. }) {
            account_key(source, "blob.connection_string", allow_keys);
        }
        endpoint(source, "blob.connection_string", &settings.endpoint);
        settings
    } else {
        let Some(address) = table.endpoint else {
            source.tell("blob.endpoint", Code::Missing, "it is missing; set it");
            return None;
        };
        endpoint(source, "blob.endpoint", &address);
        let credential = if sas.is_some() {
            BlobCredential::Sas(sas.read(source, "blob.sas")?)
        } else {
            BlobCredential::Identity(identity?)
        };
        AzureBlobSettings::new(address, container, credential)
    };
    let tls_ca_pem = match table.ca {
        Some(file) => Some(source.file("blob.ca", &file)?),
        None => None,
    };
    Some(AzureBlobSettings {
        create_container: table.create_container,
        tls_ca_pem,
        connect_timeout: ms(table.connect_timeout_ms, defaults.connect_timeout),
        response_timeout: ms(table.response_timeout_ms, defaults.response_timeout),
        refusal_timeout: ms(table.refusal_timeout_ms, defaults.refusal_timeout),
        ..defaults
    })
}

fn key_vault(source: &mut Source<'_>, identity: Option<Identity>) -> Option<KeyVaultSettings> {
    let table: KeyVaultTable = source.table("key_vault")?;
    endpoint(source, "key_vault.url", &table.url);
    let tls_ca_pem = match table.ca {
        Some(file) => Some(source.file("key_vault.ca", &file)?),
        None => None,
    };
    let defaults = KeyVaultSettings::new(table.url, identity?);
    Some(KeyVaultSettings {
        address: table.address.map(|address| address.0),
        tls_ca_pem,
        cache_time: table.cache_seconds.map_or(defaults.cache_time, Within::seconds),
        connect_timeout: ms(table.connect_timeout_ms, defaults.connect_timeout),
        response_timeout: ms(table.response_timeout_ms, defaults.response_timeout),
        refusal_timeout: ms(table.refusal_timeout_ms, defaults.refusal_timeout),
        ..defaults
    })
}

fn ms(given: Option<Milliseconds>, default: Duration) -> Duration {
    given.map_or(default, Milliseconds::millis)
}

/// Where a key of an account may be used.
fn account_key(source: &mut Source<'_>, setting: &str, allow_keys: bool) {
    if !allow_keys {
        let what = "a key of the account opens all that is in it, and does not expire; use an \
                    identity, or set allow_keys = true";
        source.judge(setting, Code::AccountKey, Rule::Production, what);
    }
}

/// Addresses are printed, so that nothing may be in one that lets somebody in.
fn endpoint(source: &mut Source<'_>, setting: &str, address: &str) {
    let is_plain = address.starts_with("http://");
    if address.contains(['?', '@']) {
        let what = "what is before @ or after ? in an address may be a secret, and does not belong \
                    here; remove it, and name a signature for blobs with sas_env or sas_file";
        source.tell(setting, Code::Password, what);
    } else if !is_plain && !address.starts_with("https://") {
        source.tell(setting, Code::Wrong, "an address that begins with https:// is needed");
    } else if is_plain {
        let what = "what is sent can be read on its way; use https://";
        let rule = if is_local(address) { Rule::Kept } else { Rule::Always };
        source.judge(setting, Code::Plain, rule, what);
    }
}

#[cfg(test)]
mod tests;
