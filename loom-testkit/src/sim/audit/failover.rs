//! What may be once an older copy of the stores took over.
//!
//! All that was written since the copy was made is forgotten, at one point for all stores. From
//! then on they must hold what the copy held, and no epoch may come back. A host that does not
//! know yet may still act on what it was told before: it may answer a caller, put a message of a
//! forgotten turn in a queue, acknowledge what such a turn handled, keep what it gave up, or
//! copy its state. That much is allowed, once for each; a message that arrives that way is a
//! *ghost*.

use std::sync::Arc;

use loom_core::{ActorId, Head, Incarnation, Lane, Message, PartitionId, Receipt, Stamp};

use super::outbox::Outbox;
use super::picture::{Picture, Place};
use super::{Audit, Kept, broken};

/// What was so when a copy of the stores was made.
pub(in crate::sim) struct Before(Picture);

impl Audit {
    /// A copy of the stores is made, which may take over later.
    pub(in crate::sim) fn remember(&self) -> Before {
        Before(self.picture().clone())
    }

    /// The copy took over. Every actor is in this incarnation at the least.
    pub(in crate::sim) fn forgets(&self, Before(before): Before, incarnation_min: Incarnation) {
        self.picture().forgets(before, incarnation_min);
    }

    /// A host says that the journal of an actor does not reach up to there any more.
    pub(in crate::sim) fn was_said_to_be_forgotten(&self, actor: &ActorId, head: Head) {
        self.judge(|picture| {
            let has = |picture: &Picture| picture.state_at(actor, head).is_some();
            if picture.was(has) && !has(picture) {
                return Ok(());
            }
            broken(13, format!("{actor}#{} was said to be forgotten, and is not", head.seq))
        });
    }

    /// Whether a message of a forgotten turn was handled, or one was lost that such a turn had
    /// handled.
    pub(in crate::sim) fn is_haunted(&self) -> bool {
        self.picture().is_haunted
    }
}

impl Picture {
    fn forgets(&mut self, before: Self, incarnation_min: Incarnation) {
        let mut lost = std::mem::replace(self, before);
        self.flows.clone_from(&lost.flows);
        self.asked_until.clone_from(&lost.asked_until);
        self.turns = lost.turns;
        self.tenures.clone_from(&lost.tenures);
        self.end_all();
        self.is_haunted = lost.is_haunted;
        self.incarnation_min = incarnation_min;
        for actor in self.actors.values_mut() {
            actor.reopened();
            actor.kernel.move_to(incarnation_min);
        }
        self.forgotten = std::mem::take(&mut lost.forgotten);
        self.forgotten.push(Arc::new(lost));
    }

    /// Whether something was so before it was forgotten.
    pub(super) fn was(&self, so: impl Fn(&Self) -> bool) -> bool {
        self.forgotten.iter().any(|before| so(before))
    }

    /// Whether a turn that was forgotten has sent this, and none that was not.
    pub(super) fn is_ghost(&self, Stamp { partition, epoch, n }: Stamp) -> bool {
        let has = |picture: &Self| {
            picture.outboxes.get(&partition).is_some_and(|outbox| outbox.has_had((epoch, n)))
        };
        !has(self) && self.was(has)
    }

    /// A turn handles a message of a turn that was forgotten. What was sent before it in its
    /// lane, and not forgotten, is taken for a duplicate.
    pub(super) fn received_ghost(&mut self, me: &ActorId, input: &Receipt, stamp: Stamp) -> Kept {
        let place = (stamp.epoch, stamp.n);
        self.is_haunted = true;
        if !self.ghosts.insert((stamp.partition, place)) {
            return broken(4, format!("{me} handles {} again, which was forgotten", input.id));
        }
        if let Some(outbox) = self.outboxes.get_mut(&stamp.partition) {
            outbox.overtake(me, input.lane, place);
        }
        Ok(())
    }

    /// A queue has a message of another partition. One that was sent by a host which does not know
    /// yet that its tenure has ended comes before those that this host had sent, and the queue forgot.
    pub(super) fn enqueued_unfenced(&mut self, message: &Message, stamp: Stamp) {
        let Stamp { partition, epoch, n } = stamp;
        if self.forgotten.is_empty() || self.has_owner(partition) {
            return;
        }
        self.is_haunted = true;
        if let Some(outbox) = self.outboxes.get_mut(&partition) {
            outbox.overtake(&message.to, message.lane(), (epoch, n));
        }
    }

    /// An entry will not be handled any more.
    pub(super) fn excuse(&mut self, partition: PartitionId, place: Place) {
        if let Some(outbox) = self.outboxes.get_mut(&partition) {
            outbox.excuse(place);
        }
    }
}

impl Outbox {
    pub(super) fn has_had(&self, place: Place) -> bool {
        self.entries.contains_key(&place) || self.forgotten.contains_key(&place)
    }

    fn overtake(&mut self, to: &ActorId, lane: Lane, by: Place) {
        let lane = self.lanes.get(&(to.clone(), lane));
        let before: Vec<_> = lane.into_iter().flat_map(|lane| lane.range(..by)).copied().collect();
        for place in before {
            self.excuse(place);
        }
    }

    fn excuse(&mut self, place: Place) {
        let Some(entry) = self.entries.get_mut(&place) else { return };
        entry.is_excused = true;
        if let Some(message) = entry.message() {
            let lane = (message.to.clone(), message.lane());
            if let Some(lane) = self.lanes.get_mut(&lane) {
                lane.remove(&place);
            }
        }
    }
}
