//! Where a journal ends, and what the next turn makes of it.

use std::collections::BTreeMap;

use loom_core::{CommitId, Head, Seq, TimerKey, Timestamp};

/// Where a journal ends: what its last document says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct End {
    pub(super) head: Head,
    /// The commit that led there.
    pub(super) commit: CommitId,
    /// The place of the last record with a snapshot, 0 without one.
    pub(super) snapshot: Seq,
    /// The place of the first record.
    pub(super) first: Seq,
    pub(super) timers: Timers,
}

/// An actor's timers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Timers {
    None,
    /// In the document of the turn there.
    At(Seq),
    /// As the turn there left them.
    Known(Seq, BTreeMap<TimerKey, Timestamp>),
}

impl End {
    /// Of a journal that holds nothing.
    pub(super) fn empty(head: Head) -> Self {
        let (commit, snapshot) = (CommitId(0), Seq::EMPTY);
        Self { head, commit, snapshot, first: Seq::EMPTY.next(), timers: Timers::None }
    }

    /// Where a load begins.
    pub(super) fn load_from(&self) -> Seq {
        self.snapshot.max(self.first)
    }
}

impl Timers {
    /// Where the turn is that changed them last, if any are left.
    pub(super) fn place(&self) -> Option<Seq> {
        match self {
            Self::None => None,
            Self::At(at) | Self::Known(at, _) => Some(*at),
        }
    }
}
