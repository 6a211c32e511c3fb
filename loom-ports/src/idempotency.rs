//! Port: once-only execution for users.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};

use crate::PortError;

/// Lets one of many attempts at a request run, and gives the others its result.
///
/// Fails closed: when the store cannot be asked, the request must not run.
#[async_trait]
pub trait IdempotencyStore: Debug + Send + Sync + 'static {
    /// Claims `key` until `now + ttl`, if it is neither claimed nor done.
    ///
    /// Of any number of concurrent calls one is answered `New`. A claim that is neither finished
    /// nor abandoned lapses at the end of its time; what is done is remembered until the time
    /// given to [`finish`](Self::finish), and is then as if it had never been.
    /// After an indeterminate failure the key may be claimed until the claim lapses.
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError>;

    /// Records the result of a claimed request until `now + ttl`.
    ///
    /// Refused as `Lost` if the claim lapsed at `now` or was abandoned. As long as the result is
    /// remembered, repeating it with the same claim is answered `Recorded` again and keeps the
    /// first result and its time; after that it is `Lost`.
    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError>;

    /// Gives up a claim so that the request may be tried again at once. Changes nothing if the
    /// claim lapsed or was finished. May be repeated.
    async fn abandon(&self, claim: &Claim) -> Result<(), PortError>;

    /// Removes what expired at `now`, in a bounded amount of work. Returns how many were
    /// removed; stores that expire by themselves remove none.
    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError>;
}

/// The right to run a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// Which request.
    pub key: IdempotencyKey,
    /// Greater than those of all earlier claims that may still be remembered, and never that
    /// of another claim of the key.
    pub token: u64,
}

/// The answer to [`IdempotencyStore::begin`].
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Begin {
    /// Run it.
    New(Claim),
    /// Somebody is running it.
    InProgress {
        /// When that claim lapses.
        until: Timestamp,
    },
    /// It was run.
    Done(Bytes),
}

/// The answer to [`IdempotencyStore::finish`].
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finish {
    /// The result is recorded.
    Recorded,
    /// The claim was no longer valid; the request may have run twice.
    Lost,
}

const _: fn(&dyn IdempotencyStore) = |_| {};
