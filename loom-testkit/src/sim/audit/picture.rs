//! Everything that the stores must hold, as the requests that they applied tell it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use loom_core::{
    ActorId, DeadLetter, Epoch, Head, IdempotencyKey, Incarnation, MessageId, PartitionId,
    QueueName, Seq, Stamp, StepId, TimerKey, Timestamp,
};

use super::actors::Actor;
use super::flow::Flow;
use super::outbox::{Entry, Outbox};
use super::queues::Queue;
use super::tenures::Tenures;

/// Where a message is in the outbox of a partition.
pub(super) type Place = (Epoch, u64);

#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) flows: BTreeMap<PartitionId, Flow>,
    pub(super) tenures: BTreeMap<PartitionId, Tenures>,
    pub(super) actors: BTreeMap<ActorId, Actor>,
    /// That of an actor without a journal.
    pub(super) incarnation_min: Incarnation,
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
    /// Calls whose answer a queue has accepted.
    pub(super) answered: BTreeSet<MessageId>,
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
    /// What was so before an older copy of the stores took over, each time.
    pub(super) forgotten: Vec<Arc<Picture>>,
    /// Messages of forgotten turns that were handled after that.
    pub(super) ghosts: BTreeSet<(PartitionId, Place)>,
    /// Something came of what a host did on the strength of a forgotten turn.
    pub(super) is_haunted: bool,
}

impl Picture {
    /// Whether an actor waits for an answer to this request.
    pub(super) fn awaits(&self, actor: &ActorId, step: StepId) -> bool {
        self.actors.get(actor).is_some_and(|actor| actor.kernel.expects(step))
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

    /// The end of an actor's journal.
    pub(super) fn head(&self, actor: &ActorId) -> Head {
        let incarnation = self.incarnation_min;
        let empty = Head { incarnation, seq: Seq::EMPTY };
        self.actors.get(actor).map_or(empty, |known| known.kernel.head())
    }

    /// The outbox entry of a message that a turn sent.
    pub(super) fn entry_of(&self, id: &MessageId) -> Option<&Entry> {
        let (partition, place) = self.sent.get(id)?;
        self.outboxes.get(partition)?.entries.get(place)
    }

    /// The outbox entry of this stamp.
    pub(super) fn entry_at(&self, Stamp { partition, epoch, n }: Stamp) -> Option<&Entry> {
        self.outboxes.get(&partition)?.entries.get(&(epoch, n))
    }
}
