//! Where something stands: in a journal, in a tenure, among the sends of a partition.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::{ActorId, MessageId, PartitionId};

/// The number of a record in an actor's journal, counted from 1. Also the length of a journal.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The length of a journal that nothing was ever written to.
    pub const EMPTY: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Tells what is so of an actor from what is not so any more. Moves when the actor is deleted, and
/// when its store has forgotten what was written last, as an older copy that took over has. Never
/// comes back.
///
/// A place in the journal may be used again after either, and requests, messages and projections
/// of before must not be mistaken for those of after.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

impl Incarnation {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    pub(crate) fn is_first(&self) -> bool {
        self.0 == 0
    }
}

/// The end of a journal: what the next turn builds on.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Head {
    /// Since when there is nothing to be forgotten.
    pub incarnation: Incarnation,
    /// The last committed record.
    pub seq: Seq,
}

impl Head {
    /// The head after one more turn.
    #[must_use]
    pub fn next(self) -> Self {
        Self { seq: self.seq.next(), ..self }
    }

    /// Whether the record at `next` may be the first behind this head: the incarnation may have
    /// moved in between.
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        next.seq == self.seq.next() && next.incarnation >= self.incarnation
    }
}

/// Numbers the tenures of a partition. Never repeats, so that a store can tell an owner from
/// its predecessors.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// Names one commit. Random, chosen once per turn, and kept when the turn is sent again.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct CommitId(pub u128);

/// The place of a message among all that its source partition sent.
///
/// Messages of one [`Lane`] from one partition to one actor are handled in this order, which
/// is why a single stamp per lane and source partition is enough to recognize every duplicate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Stamp {
    /// The partition of the sender.
    pub partition: PartitionId,
    /// The tenure under which it was sent.
    pub epoch: Epoch,
    /// Counts the messages of the tenure.
    pub n: u64,
}

/// Which messages of a partition are handled in the order in which they were sent.
///
/// There are two such orders: while an invocation is open, requests wait for its end, and news,
/// which may be what it waits for, overtakes them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// What runs a handler from its beginning.
    Requests,
    /// Events and answers.
    News,
}

/// The place at which a handler asked for something: which invocation, and its how manieth
/// request. The same in every replay.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct StepId {
    /// The record with which the invocation began.
    pub began: Seq,
    /// Counts the requests of the invocation, from 0.
    pub position: u32,
    /// When it was asked for. The last field, since it may be left out of what is written as an
    /// array.
    #[serde(default, skip_serializing_if = "Incarnation::is_first")]
    pub incarnation: Incarnation,
}

impl StepId {
    /// The name of what was asked for, unique over all actors and all time: the id of a
    /// message that was sent, or the idempotency key of an effect.
    ///
    /// # Panics
    ///
    /// Never: an actor id and three numbers are shorter than a message id may be.
    #[must_use]
    pub fn name(self, actor: &ActorId) -> MessageId {
        let Self { incarnation, began, position } = self;
        // Three numbers of at most twenty, twenty and ten digits, and what separates them.
        let mut text = String::with_capacity(actor.as_str().len() + 53);
        write!(text, "{}@{}.{}.{position}", actor.as_str(), incarnation.0, began.0)
            .expect("writing to a string cannot fail");
        MessageId::parse(&text).expect("an actor id and three numbers fit in a message id")
    }
}

macro_rules! display_number {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

display_number!(Seq Incarnation Epoch);

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}.{}", self.partition, self.epoch, self.n)
    }
}

#[cfg(test)]
mod tests;
