//! The settings of a configuration file, by table.

use std::path::PathBuf;

use loom_core::PartitionCount;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::profile::Profile;
use super::value::{
    Address, Count, Hours, Milliseconds, Partitions, Prefix, RedisDurability, Seconds, Urls,
};
use crate::cli::DurabilityArg;

/// The settings outside of tables, and which tables there are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct Root {
    #[serde(default, rename = "profile")]
    _profile: Profile,
    pub(super) listen: Address,
    #[serde(default)]
    pub(super) allow_remote: bool,
    #[serde(default)]
    pub(super) allow_keys: bool,
    pub(super) call_limit_seconds: Option<Seconds>,
    pub(super) key_window_hours: Option<Hours>,
    #[serde(rename = "store")]
    _store: Option<IgnoredAny>,
    #[serde(rename = "locks")]
    _locks: Option<IgnoredAny>,
    #[serde(rename = "host")]
    _host: Option<IgnoredAny>,
    #[serde(rename = "azure")]
    _azure: Option<IgnoredAny>,
    #[serde(rename = "cosmos")]
    _cosmos: Option<IgnoredAny>,
    #[serde(rename = "blob")]
    _blob: Option<IgnoredAny>,
    #[serde(rename = "key_vault")]
    _key_vault: Option<IgnoredAny>,
    #[serde(rename = "secrets")]
    _secrets: Option<IgnoredAny>,
    #[serde(rename = "ports")]
    _ports: Option<IgnoredAny>,
    #[serde(rename = "workflows")]
    _workflows: Option<IgnoredAny>,
    #[serde(rename = "config")]
    _config: Option<IgnoredAny>,
}

/// What decides which settings the table of the store has.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a table")]
pub(super) struct StoreTable {
    pub(super) kind: StoreKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StoreKind {
    Memory,
    Embedded,
    Redis,
}

/// The settings of a store in memory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct MemoryStore {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
}

/// The settings of a store in a directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct EmbeddedStore {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    pub(super) dir: PathBuf,
    pub(super) durability: Option<DurabilityArg>,
    pub(super) cache_bytes: Option<Count>,
}

/// The settings of a store in Redis.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct RedisStore {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    pub(super) urls: Urls,
    #[serde(default)]
    pub(super) topology: TopologyName,
    pub(super) master: Option<String>,
    pub(super) prefix: Option<Prefix>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_env: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca: Option<PathBuf>,
    #[serde(default)]
    pub(super) durability: RedisDurability,
    pub(super) connect_timeout_ms: Option<Milliseconds>,
    pub(super) response_timeout_ms: Option<Milliseconds>,
    pub(super) refusal_timeout_ms: Option<Milliseconds>,
    #[serde(default)]
    pub(super) allow_unsafe: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TopologyName {
    #[default]
    Standalone,
    Cluster,
    Sentinel,
}

/// The settings of locks that a majority of several servers gives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct LocksTable {
    pub(super) quorum: Urls,
    pub(super) prefix: Option<Prefix>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_env: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) ca: Option<PathBuf>,
}

/// The settings of the host.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct HostTable {
    partitions: Option<Partitions>,
    pub(super) lease_seconds: Option<Seconds>,
    pub(super) mailbox_max: Option<Count>,
    pub(super) active_max: Option<Count>,
    pub(super) shutdown_grace_seconds: Option<Seconds>,
}

impl HostTable {
    pub(super) fn partitions(&self) -> PartitionCount {
        let number = self.partitions.and_then(|count| count.0.try_into().ok());
        number.and_then(|number| PartitionCount::new(number).ok()).unwrap_or_default()
    }
}

/// The keys with which the keys of secrets are encrypted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct SecretsTable {
    pub(super) keys: Option<String>,
    pub(super) keys_env: Option<String>,
    pub(super) keys_file: Option<PathBuf>,
    /// A key of the vault that encrypts instead.
    pub(super) vault_key: Option<String>,
}
