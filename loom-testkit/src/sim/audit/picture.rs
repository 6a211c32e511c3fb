//! Everything that the stores must hold, as the requests that they applied tell it.

use std::collections::{BTreeMap, BTreeSet};

use loom_core::{
    ActorId, DeadLetter, Epoch, Head, IdempotencyKey, MessageId, PartitionId, QueueName, StepId,
    TimerKey, Timestamp,
};

use super::actors::Actor;
use super::flow::Flow;
use super::outbox::{Entry, Outbox};
use super::queues::Queue;
use super::tenures::Tenures;

/// Where a message is in the outbox of a partition.
pub(super) type Place = (Epoch, u64);

#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) flows: BTreeMap<PartitionId, Flow>,
    pub(super) tenures: BTreeMap<PartitionId, Tenures>,
    pub(super) actors: BTreeMap<ActorId, Actor>,
    pub(super) outboxes: BTreeMap<PartitionId, Outbox>,
    /// Outbox entries that a store was asked to forget since it was opened.
    pub(super) asked_to_forget: BTreeSet<(PartitionId, Place)>,
    /// Every timer that is set, in the order in which they are due.
    pub(super) timers: BTreeMap<PartitionId, BTreeSet<(Timestamp, ActorId, TimerKey)>>,
    /// Until when the timers of a partition were asked for.
    pub(super) asked_until: BTreeMap<PartitionId, Timestamp>,
    /// Until when marks of a partition may have been swept.
    pub(super) swept_until: BTreeMap<PartitionId, Timestamp>,
    /// Where each message that a turn sent was committed.
    pub(super) sent: BTreeMap<MessageId, (PartitionId, Place)>,
    /// What turns gave up.
    pub(super) given_up: BTreeMap<MessageId, Vec<DeadLetter>>,
    /// What was given up and is kept, by when it was.
    pub(super) dead: BTreeSet<(MessageId, Timestamp)>,
    pub(super) queues: BTreeMap<QueueName, Queue>,
    /// As of which record a state was last on its way to the state store.
    pub(super) copies_begun: BTreeMap<ActorId, Head>,
    /// As of which record a state was copied.
    pub(super) copied: BTreeMap<ActorId, Head>,
    pub(super) turns: u64,
}

impl Picture {
    /// Whether an actor waits for an answer to this request.
    pub(super) fn awaits(&self, actor: &ActorId, step: StepId) -> bool {
        let open = self.actors.get(actor).and_then(|actor| actor.kernel.invocation());
        open.is_some_and(|open| open.awaited().any(|awaited| awaited == step))
    }

    /// Whether an actor waits for something that is not there yet, so that other requests wait
    /// for it.
    pub(super) fn is_suspended(&self, actor: &ActorId) -> bool {
        let open = self.actors.get(actor).and_then(|actor| actor.kernel.invocation());
        open.is_some_and(|open| open.awaited().next().is_some())
    }

    pub(super) fn has_mark(&self, actor: &ActorId, key: &IdempotencyKey) -> bool {
        self.actors.get(actor).is_some_and(|actor| actor.marks.contains_key(key))
    }

    /// The outbox entry of a message that a turn sent.
    pub(super) fn entry_of(&self, id: &MessageId) -> Option<&Entry> {
        let (partition, place) = self.sent.get(id)?;
        self.outboxes.get(partition)?.entries.get(place)
    }
}
