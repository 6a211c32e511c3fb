//! Port: locks for users, with fencing tokens.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};

use crate::PortError;

/// Gives one holder at a time the right to a name, for a while.
///
/// A lease can end without its holder noticing, so whatever the lock protects must check the
/// [`Lease::token`]: it is greater for each acquisition of the name, for ever, also after
/// releases, expiry and restarts of the store. A store that cannot be reached is an error, never
/// `Busy`.
#[async_trait]
pub trait LockManager: Debug + Send + Sync + 'static {
    /// Takes the lock until `now + ttl` if it is free or its lease has ended.
    ///
    /// The same `owner` asking again while it holds the lock is `Busy` too: a lock is not
    /// re-entrant. After an indeterminate failure the lock may be held until it expires.
    async fn acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError>;

    /// Moves the end of the lease to `now + ttl`, be it later or earlier, if it has not ended at
    /// `now` and nobody took the lock since. An ended lease is never revived.
    async fn renew(&self, lease: &Lease, ttl: Duration, now: Timestamp)
    -> Result<Renew, PortError>;

    /// Frees the lock if `lease` is the current one; else changes nothing. May be repeated.
    async fn release(&self, lease: &Lease) -> Result<(), PortError>;
}

/// The right to a name, for a while. A copy from before a renewal is the same lease: it is known
/// by its name and its token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lease {
    /// Of what.
    pub name: LockName,
    /// Greater than those of all earlier leases of the name.
    pub token: u64,
    /// When it ends, unless renewed: at this time it has ended.
    pub until: Timestamp,
}

/// The answer to [`LockManager::acquire`].
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Acquire {
    /// The lock is held.
    Held(Lease),
    /// Somebody has it.
    Busy {
        /// When that lease ends, unless renewed.
        until: Timestamp,
    },
}

/// The answer to [`LockManager::renew`].
#[must_use = "a lost lease must be given up"]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Renew {
    /// Still held; the lease with its new end.
    Held(Lease),
    /// The lease ended, or somebody else has the lock.
    Lost,
}

const _: fn(&dyn LockManager) = |_| {};
