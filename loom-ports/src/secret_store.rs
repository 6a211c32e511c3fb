//! Port: secrets, in versions.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{SecretName, Timestamp};

use crate::{Cursor, Page, PortError, Secret, Tally};

/// The most bytes of a secret.
pub const SECRET_BYTES_MAX: usize = 16 * 1024;

/// The most versions of a secret that are kept.
pub const SECRET_VERSIONS_MAX: u64 = 100;

/// How many of the last writes of a secret are known when they are repeated.
pub const SECRET_WRITES_KNOWN: usize = 16;

/// Keeps secrets. A new value is a new version; those before it can be read until
/// [`SECRET_VERSIONS_MAX`] others have followed.
///
/// No store writes a value as it is: it is encrypted with a key of its own, together with the name
/// and the version, so that a value that was put in the place of another one is refused as
/// `Corrupt`. Only a vault, which is made to keep secrets, is given values, and encrypts them itself.
/// A read after a change that was answered sees it, in the process that made the change; in others
/// once [`SecretCapabilities::seen_within`] has passed.
#[async_trait]
pub trait SecretStore: Debug + Send + Sync + 'static {
    /// What this store promises beyond that, or less.
    fn capabilities(&self) -> SecretCapabilities;

    /// Gives a secret a new version, which is the current one from then on.
    ///
    /// The same write sent again, as one of the last [`SECRET_WRITES_KNOWN`] of the secret, is
    /// answered with the same version and writes nothing. More than [`SECRET_BYTES_MAX`] bytes are
    /// `Invalid`.
    async fn set(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, PortError>;

    /// A version of a secret, or the current one. `None` also if the secret is deleted.
    async fn get(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, PortError>;

    /// All secrets, those that are deleted too, in the order of their names, byte by byte. No
    /// values.
    async fn list(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, PortError>;

    /// The versions of a secret and when each was set, the last one first. No values. None if the
    /// secret is deleted.
    async fn versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, PortError>;

    /// Hides a secret with all its versions, until it is recovered or purged. May be repeated: the
    /// first time stays.
    async fn delete(&self, name: &SecretName, now: Timestamp) -> Result<SecretChange, PortError>;

    /// Brings a deleted secret back as it was. May be repeated.
    async fn recover(&self, name: &SecretName) -> Result<SecretChange, PortError>;

    /// Removes a deleted secret for ever. One that is not deleted stays. May be repeated: once it
    /// is gone it is `Unknown`.
    async fn purge(&self, name: &SecretName) -> Result<SecretChange, PortError>;

    /// Encrypts with the current wrapping key what is encrypted with one before it, some versions
    /// in each call, and counts them. Changes nothing that a reader sees; stores that do not
    /// encrypt themselves have nothing to do.
    async fn rotate(&self, from: Option<&Cursor>) -> Result<Tally<u64>, PortError>;
}

/// In what stores of secrets differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SecretCapabilities {
    /// How long after a change in another process a read may still give what was there before.
    pub seen_within: Duration,
    /// Whether processes that set one secret at the same time are each told a number of its own.
    /// Without guarded writes two of them may be told the same one: both values are kept, the later
    /// one is the current one, and one of them has the next free number.
    pub has_guarded_writes: bool,
}

impl SecretCapabilities {
    /// Of a store that all processes read as it is, and change one after the other.
    pub const STRICT: Self = Self { seen_within: Duration::ZERO, has_guarded_writes: true };
}

/// Names one call of [`SecretStore::set`], the same in each attempt: 128 random bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct SecretWrite(pub u128);

/// Counts the values of a secret, from 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SecretVersion(pub u64);

/// One version of a secret.
#[derive(Clone, Debug)]
pub struct SecretValue {
    /// Which version.
    pub version: SecretVersion,
    /// When it was set.
    pub set_at: Timestamp,
    /// The value. Read back as it was set, byte for byte.
    pub value: Secret<Vec<u8>>,
}

/// What is known of a secret without reading it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecretHead {
    /// Which secret.
    pub name: SecretName,
    /// The current version.
    pub current: SecretVersion,
    /// When it was deleted.
    pub deleted_at: Option<Timestamp>,
}

/// The answer to [`SecretStore::set`].
#[must_use = "a deleted secret takes no new value"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetSecret {
    /// The value is this version.
    Set(SecretVersion),
    /// The secret is deleted: recover it first, or purge it.
    Deleted,
}

/// The answer to what changes a whole secret.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SecretChange {
    /// It is as it was asked for.
    Done,
    /// There is no such secret, or, for a purge, none that is deleted.
    Unknown,
}

const _: fn(&dyn SecretStore) = |_| {};
