//! Port: the authority. Journals, and everything that commits with them.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, Epoch, Handled, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq,
    TimerKey, Timestamp, Turn,
};

use crate::{Cursor, Page, PortError};

/// Stores each actor's journal, and with it the outbox, the timers, the marks of handled
/// requests and the tenures of partitions.
///
/// Linearizable per partition; promises nothing across partitions. Every write is checked
/// against the tenure's epoch and the journal's head in the same atomic step that makes it, so
/// that two owners can never both commit. Records and messages are opaque bytes. An actor is
/// always written under a tenure of the partition it belongs to.
#[async_trait]
pub trait JournalStore: Debug + Send + Sync + 'static {
    /// What this store can do, and what it guarantees.
    fn capabilities(&self) -> JournalCapabilities;

    /// Takes a partition for `host`, until `now + lease` at the least.
    ///
    /// Granted when nobody holds it, when its holder's lease has ended, when its holder is `dead`
    /// as far as the caller knows, or when `host` holds it already; each grant has a greater
    /// epoch than all before it, and from then on the earlier epochs are fenced. So the lease and
    /// what is known of the dead decide only when another host may take over. A tenure that ended
    /// because the store goes on from an older past holds nobody off.
    /// May be repeated after any failure.
    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError>;

    /// Moves the end of each lease to `now + lease`, unless its tenure was lost. At most one
    /// tenure of each partition; the answers are in the order of the tenures.
    ///
    /// The tenures are renewed one by one: after an `Err` some of them may be, and some not. May
    /// be repeated after any failure.
    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError>;

    /// Ends the tenure, so that another host may claim at once. Its epoch is fenced.
    /// Changes nothing if the tenure was lost. May be repeated after any failure.
    async fn release(&self, tenure: &Tenure) -> Result<(), PortError>;

    /// Reads what is needed to activate an actor: its last snapshot record and all after it.
    ///
    /// With a `cause`, notes that this message is about to be tried, and counts how often it
    /// was noted since the actor's last commit. The note survives the death of the process.
    /// An actor that was never written to has an empty journal.
    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError>;

    /// Commits each of `turns`, in order, and forgets the `delivered` outbox entries.
    ///
    /// Each turn is atomic: its record, outbox, timers, handled-mark and trim happen together
    /// or not at all. The turns need not be atomic together; but a turn is committed only if
    /// all earlier ones of the same actor were, and is else a `Conflict`. The answers are in
    /// the order of the turns. A
    /// turn sent again with its [`CommitId`] is answered `Already` and writes nothing, for as
    /// long as its record has not been trimmed. When the tenure is lost, nothing is written,
    /// and every answer is `Fenced`.
    ///
    /// An `Err` says that nothing was written. What may or may not have been written is
    /// answered `Unknown`. Forgetting is lazy: a crash may bring entries back, never lose one.
    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError>;

    /// Says whether the turn that was to follow `expected` under this commit id was committed.
    ///
    /// After `Absent` the turn may still arrive late: send it again under the same id.
    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError>;

    /// What is known of a request that was sent to `actor` with this key.
    ///
    /// `None` once the mark has expired at `now`, or when there never was one.
    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError>;

    /// Timers of a partition due at or before `until`, earliest first, at most `limit`; and
    /// when the next one after those is due.
    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError>;

    /// Outbox entries of a partition that were not forgotten, in the order they were committed.
    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError>;

    /// Removes handled-marks that expired at `now`, in a bounded amount of work.
    /// Returns where to go on, or `None` when all were looked at. May be repeated.
    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError>;

    /// Deletes an actor's journal, timers and handled-marks if its head is `expected`, and
    /// begins its next incarnation. Its outbox stays until delivered. The answer is that of a
    /// turn. May be repeated after any failure: the second answer is then a conflict whose head
    /// has the next incarnation.
    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError>;

    /// Reads records for people: from `from` on, oldest first, without a tenure.
    ///
    /// Records that were trimmed are not there; the first item says where the journal begins.
    /// When more follow, there is at least one item, and the rest is after the last.
    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError>;

    /// Lists the actors of a partition that have a journal, in no particular order.
    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError>;
}

/// What a journal store can do, and what it guarantees.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JournalCapabilities {
    /// The largest turn, counting the bytes of its record, outbox and mark.
    pub turn_bytes_max: usize,
    /// What a commit survives, in a word or two for people: `memory`, `fsync`, `os`.
    pub durability: &'static str,
}

/// A host's ownership of a partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tenure {
    /// What is owned.
    pub partition: PartitionId,
    /// Which tenure of it.
    pub epoch: Epoch,
    /// By whom.
    pub host: HostId,
}

/// The answer to a claim.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TenureClaim {
    /// The partition is owned.
    Granted(Tenure),
    /// Another host owns it.
    Held {
        /// Who.
        by: HostId,
        /// When its lease ends, unless renewed. From then on it may be taken from the living too.
        until: Timestamp,
    },
}

/// The answer to a renewal.
#[must_use = "a lost tenure must be given up"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// The lease now lasts until then.
    Renewed {
        /// The end of the lease.
        until: Timestamp,
    },
    /// The tenure ended.
    Lost(Fenced),
}

/// The tenure ended: a later one exists, or it was released.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fenced {
    /// The greatest epoch of the partition.
    pub epoch: Epoch,
}

/// The answer to a load.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Load {
    /// The actor's journal.
    Loaded(Loaded),
    /// The tenure ended.
    Fenced(Fenced),
}

/// What is needed to activate an actor.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Loaded {
    /// The end of the journal.
    pub head: Head,
    /// The last record with a snapshot, if there is one, and all records after it.
    pub records: Vec<StoredRecord>,
    /// How often the cause was noted since the last commit, this time included. 0 without one.
    pub attempts: u32,
}

/// A record as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredRecord {
    /// Its place.
    pub seq: Seq,
    /// Its bytes.
    pub bytes: Bytes,
}

/// How one turn of a commit ended.
#[must_use = "anything but a commit means that no output may leave"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CommitOutcome {
    /// It is written, as durably as the store's capabilities say.
    Committed,
    /// It had been written before, under the same commit id.
    Already,
    /// Nothing was written: the journal's head is another, or an earlier turn of the same
    /// actor and commit failed.
    Conflict {
        /// The head.
        head: Head,
    },
    /// Nothing was written: the tenure ended.
    Fenced(Fenced),
    /// Nothing was written: the turn is larger than the store takes.
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size.
        bytes_max: usize,
    },
    /// It may or may not be written. Resolve it before anything else.
    Unknown,
}

/// The answer to [`JournalStore::resolve`].
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Resolution {
    /// The turn was committed.
    Committed,
    /// The turn was not committed, or not yet.
    Absent,
    /// Another turn took its place. It can never be committed.
    Superseded {
        /// The head.
        head: Head,
    },
    /// The tenure ended. Whether the turn was committed, the next owner will find.
    Fenced(Fenced),
}

/// An outbox entry that was carried to where it goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delivered {
    /// The tenure that committed it.
    pub epoch: Epoch,
    /// Its number in that tenure.
    pub n: u64,
}

/// An outbox entry that was not forgotten yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Undelivered {
    /// The tenure that committed it.
    pub epoch: Epoch,
    /// Its number in that tenure.
    pub n: u64,
    /// The message.
    pub bytes: Bytes,
}

/// The answer to [`JournalStore::due`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Due {
    /// What is due.
    pub timers: Vec<DueTimer>,
    /// When the first timer that is not among them is due. May be in the past, if there were
    /// more than asked for.
    pub next: Option<Timestamp>,
}

/// A timer that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DueTimer {
    /// Whose.
    pub actor: ActorId,
    /// Which.
    pub key: TimerKey,
    /// When it was to fire.
    pub at: Timestamp,
}

const _: fn(&dyn JournalStore) = |_| {};
