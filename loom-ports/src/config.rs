//! Port: settings that may change while hosts run.

use std::fmt::Debug;

use async_trait::async_trait;
use loom_core::{ConfigKey, ConfigScope, Payload};

use crate::{Cursor, Page, PortError};

/// The most bytes of a value.
pub const CONFIG_BYTES_MAX: usize = 256 * 1024;

/// Keeps values of settings, each for one scope alone.
///
/// Which of several values holds is not decided here but by [`loom_core::resolve_config`]. A read
/// after a change that was answered sees it.
#[async_trait]
pub trait ConfigStore: Debug + Send + Sync + 'static {
    /// The values of a key in these very scopes, in their order, all as of one revision.
    async fn get(
        &self,
        key: &ConfigKey,
        scopes: &[ConfigScope],
    ) -> Result<ConfigReading, PortError>;

    /// Gives a key a value in one scope, whatever it had. May be repeated.
    ///
    /// Returns the revision that has it; that of before if it had this value. Values larger than
    /// [`CONFIG_BYTES_MAX`] are `Invalid`.
    async fn set(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
        value: &Payload,
    ) -> Result<ConfigRevision, PortError>;

    /// Removes the value of a key in one scope. Returns the revision that lacks it. May be
    /// repeated.
    async fn remove(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
    ) -> Result<ConfigRevision, PortError>;

    /// All values of `within` and of the keys below it, or of all keys, in the order of their keys,
    /// name by name and byte by byte. `acme` is above `acme/limit`, and not above `acme2`.
    ///
    /// What is stored from the first page to the last is in one of them.
    async fn list(
        &self,
        within: Option<&ConfigKey>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigEntry>, PortError>;

    /// The revision: another one after each change, so whoever asks now and then learns whether
    /// anything is to be read anew.
    async fn revision(&self) -> Result<ConfigRevision, PortError>;
}

/// How many changes there have been. Grows with each change of any value, and with nothing else.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConfigRevision(pub u64);

/// Values as of one revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigReading {
    /// Of each scope that was asked for, in their order. Read back as they were set, byte for byte.
    pub values: Vec<Option<Payload>>,
    /// As of when.
    pub revision: ConfigRevision,
}

/// A value, and where it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigEntry {
    /// Of which setting.
    pub key: ConfigKey,
    /// For whom.
    pub scope: ConfigScope,
    /// The value: JSON.
    pub value: Payload,
}

const _: fn(&dyn ConfigStore) = |_| {};
