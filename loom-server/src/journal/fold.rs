//! An actor as it was, from its records.

use loom_core::{ActorId, Head, Kernel, Record, ReplayError, Seq, Timestamp};
use loom_ports::JournalStore;

use super::{PAGE, page};
use crate::exit::{Exit, Stop};

/// Replays the records of one actor, one after another. Begins with the first record of the
/// journal, or with the first that has a snapshot.
#[derive(Debug, Default)]
pub(super) struct Replay {
    kernel: Option<Kernel>,
    first: Option<Seq>,
    last: Option<Last>,
}

/// The last record that was replayed.
#[derive(Clone, Copy, Debug)]
struct Last {
    seq: Seq,
    at: Timestamp,
    state_hash: u64,
}

/// Why a record cannot be what was committed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Mismatch {
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error("record {0}: its snapshot is not what the records before it lead to")]
    Snapshot(Seq),
}

impl Replay {
    /// Advances by one record. The state is compared with the hash in the record, and the actor
    /// with the snapshot, if there is one.
    pub(super) fn take(&mut self, record: &Record) -> Result<(), Mismatch> {
        let Head { seq, incarnation } = record.head;
        self.first.get_or_insert(seq);
        let (at, state_hash) = (record.at, record.state_hash);
        self.last = Some(Last { seq, at, state_hash });
        let begins = seq == Seq::EMPTY.next();
        let Some(kernel) = (match &mut self.kernel {
            None if begins => {
                Some(self.kernel.insert(Kernel::new(Head { seq: Seq::EMPTY, incarnation })))
            }
            kernel => kernel.as_mut(),
        }) else {
            self.kernel = record.snapshot.as_deref().cloned();
            return Ok(());
        };
        kernel.apply(record)?;
        match &record.snapshot {
            Some(snapshot) if **snapshot != *kernel => Err(Mismatch::Snapshot(seq)),
            _ => Ok(()),
        }
    }

    /// Whether there was no record that it could begin with.
    pub(super) fn is_empty(&self) -> bool {
        self.kernel.is_none()
    }
}

/// An actor as of a record.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) kernel: Kernel,
    /// When the record was written.
    pub(crate) at: Timestamp,
    /// The hash that was committed with it.
    pub(crate) state_hash: u64,
}

/// Replays an actor up to and with record `until`; to its end without one.
pub(crate) async fn fold(
    journal: &dyn JournalStore,
    actor: &ActorId,
    until: Option<Seq>,
) -> Result<Folded, Stop> {
    let not_there = |why: String| Stop::new(Exit::NotFound, why);
    let mut replay = Replay::default();
    let mut from = Some(Seq::EMPTY);
    'pages: while let Some(seq) = from {
        let (records, next) = page(journal, actor, seq, PAGE).await?;
        for record in &records {
            replay.first.get_or_insert(record.head.seq);
            if until.is_some_and(|until| record.head.seq > until) {
                break 'pages;
            }
            replay.take(record).map_err(|mismatch| {
                Stop::new(Exit::WorkFailed, format!("{actor} cannot be replayed: {mismatch}"))
            })?;
        }
        from = next;
    }
    let Some(first) = replay.first else {
        return Err(not_there(format!("{actor} has no journal")));
    };
    match (replay.kernel, replay.last) {
        (Some(_), Some(Last { seq, .. })) if until.is_some_and(|until| seq < until) => {
            Err(not_there(format!("the journal of {actor} ends with record {seq}")))
        }
        (Some(kernel), Some(Last { at, state_hash, .. })) => Ok(Folded { kernel, at, state_hash }),
        _ => Err(not_there(format!(
            "the journal of {actor} was trimmed and begins with record {first}; what it was \
             before cannot be told any more"
        ))),
    }
}
