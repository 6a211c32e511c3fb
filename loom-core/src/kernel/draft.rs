//! From the events of a turn to its commit.

use super::ReplayError;
use crate::turn::Rows;
use crate::{
    ActorId, CommitId, Epoch, Event, Kernel, Outgoing, Receipt, Record, Seq, StepId, Timestamp,
    Turn,
};

/// The events of a turn, before it has a commit.
#[must_use]
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    input: Option<Receipt>,
    events: Vec<Event>,
}

/// What a draft needs to become a turn.
#[derive(Clone, Copy, Debug)]
pub struct Seal {
    /// Names the commit.
    pub commit: CommitId,
    /// The tenure.
    pub epoch: Epoch,
    /// When the turn was taken.
    pub at: Timestamp,
    /// When the mark of a keyed request may be forgotten.
    pub key_expires: Timestamp,
    /// Write a snapshot with the record.
    pub snapshot: bool,
    /// Drop older records. Must not be after the last snapshot.
    pub trim_before: Option<Seq>,
}

impl Draft {
    pub(super) fn new(input: Option<Receipt>, events: Vec<Event>) -> Self {
        Self { input, events }
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_none() && self.events.is_empty()
    }

    /// The detached requests that are stopped.
    pub fn stopped(&self) -> impl Iterator<Item = StepId> {
        self.events.iter().filter_map(|event| match event {
            Event::Stopped { step } => Some(*step),
            _ => None,
        })
    }

    /// Advances `kernel` by these events, and returns the turn that commits them.
    ///
    /// # Errors
    ///
    /// As [`Kernel::apply`]; never for a draft that was made from this `kernel`.
    pub fn seal(
        self,
        kernel: &mut Kernel,
        me: &ActorId,
        seal: Seal,
    ) -> Result<(Turn, Vec<Outgoing>), ReplayError> {
        let mut record = Record {
            head: kernel.head().next(),
            commit: seal.commit,
            epoch: seal.epoch,
            at: seal.at,
            input: self.input,
            events: self.events,
            state_hash: 0,
            snapshot: None,
        };
        let rows = Rows::of(kernel, &record, seal.key_expires);
        record.state_hash = kernel.advance(&record)?;
        if seal.snapshot {
            record.snapshot = Some(Box::new(kernel.clone()));
        }
        let turn = rows.into_turn(me, &record, seal.trim_before);
        let sent = record.events.into_iter().filter_map(|event| match event {
            Event::Sent(outgoing) => Some(*outgoing),
            _ => None,
        });
        Ok((turn, sent.collect()))
    }
}
