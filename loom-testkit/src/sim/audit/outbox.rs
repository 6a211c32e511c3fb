//! Promise 5: what a turn sent is handled once, in its order, or is a dead letter, before it may
//! be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use loom_core::{ActorId, Body, Head, Lane, Message, MessageId, Outgoing, PartitionId};
use loom_ports::{Cursor, Tenure};

use super::picture::{Picture, Place};
use super::{Kept, broken};

/// The outbox of a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Outbox {
    pub(super) last: Place,
    /// All that were not both forgotten and handled.
    pub(super) entries: BTreeMap<Place, Entry>,
    /// Those that the store must still have.
    pub(super) kept: BTreeSet<Place>,
    /// Bytes of those that were forgotten: a loss of power may bring them back.
    pub(super) forgotten: BTreeMap<Place, Bytes>,
    /// Of each receiver, what it has not handled.
    pub(super) lanes: BTreeMap<(ActorId, Lane), BTreeSet<Place>>,
    /// Where pages end, by the cursor that goes on there.
    pub(super) pages: BTreeMap<Bytes, Place>,
}

/// Something that a turn sent.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) from: ActorId,
    pub(super) head: Head,
    pub(super) bytes: Bytes,
    pub(super) what: Outgoing,
    /// A turn of its receiver handled it.
    pub(super) is_handled: bool,
    /// A queue has it, or has had it.
    pub(super) is_carried: bool,
    /// It may be lost: what followed it was handled, or handled it, in a turn that was forgotten.
    pub(super) is_excused: bool,
}

impl Entry {
    pub(super) fn new(from: ActorId, head: Head, bytes: Bytes, what: Outgoing) -> Self {
        Self { from, head, bytes, what, is_handled: false, is_carried: false, is_excused: false }
    }

    pub(super) fn id(&self) -> Option<&MessageId> {
        match &self.what {
            Outgoing::Message(message) => Some(&message.id),
            Outgoing::Activity(request) => Some(&request.id),
            Outgoing::DeadLetter(_) | Outgoing::Projection(_) => None,
        }
    }

    pub(super) fn message(&self) -> Option<&Message> {
        match &self.what {
            Outgoing::Message(message) => Some(message),
            _ => None,
        }
    }

    fn is_answer(&self) -> bool {
        self.message().is_some_and(|message| matches!(message.body, Body::Answer { .. }))
    }

    /// What it is, for people.
    pub(super) fn name(&self) -> String {
        let (from, seq) = (&self.from, self.head.seq);
        match &self.what {
            Outgoing::Message(message) => {
                format!("message {} of {from}#{seq} to {}", message.id, message.to)
            }
            Outgoing::Activity(request) => format!("activity {} of {from}#{seq}", request.id),
            Outgoing::DeadLetter(letter) => {
                format!("dead letter {} of {from}#{seq}", letter.message.id)
            }
            Outgoing::Projection(_) => format!("the note to copy the state of {from}#{seq}"),
        }
    }
}

impl Outbox {
    pub(super) fn reopened(&mut self) {
        self.pages.clear();
    }

    /// Where pages go on, as far as it is known.
    pub(super) fn page_begins_after(&self, from: Option<&Cursor>) -> Option<Place> {
        from.and_then(|cursor| self.pages.get(&cursor.0).copied())
    }
}

impl Picture {
    /// A turn sent something.
    pub(super) fn put_in_outbox(&mut self, tenure: &Tenure, n: u64, entry: Entry) -> Kept {
        let (partition, place) = (tenure.partition, (tenure.epoch, n));
        let outbox = self.outboxes.entry(partition).or_default();
        // Numbers begin at 0 in each tenure, and no tenure has epoch 0.
        if place <= outbox.last {
            let what = format!(
                "{} has number {}.{n} in the outbox of partition {partition}, behind {}.{}",
                entry.name(),
                tenure.epoch,
                outbox.last.0,
                outbox.last.1,
            );
            return broken(5, what);
        }
        outbox.last = place;
        if let Some(id) = entry.id() {
            if self.sent.contains_key(id) {
                return broken(8, format!("{} has an id that was used before", entry.name()));
            }
            self.sent.insert(id.clone(), (partition, place));
        }
        if let Outgoing::DeadLetter(letter) = &entry.what {
            let letters = self.given_up.entry(letter.message.id.clone()).or_default();
            letters.push(letter.clone());
        }
        if let Some(message) = entry.message() {
            let lane = outbox.lanes.entry((message.to.clone(), message.lane())).or_default();
            lane.insert(place);
        }
        outbox.kept.insert(place);
        outbox.entries.insert(place, entry);
        Ok(())
    }

    /// Whether an entry is where it was sent to, for good.
    pub(super) fn is_settled(&self, entry: &Entry) -> bool {
        match &entry.what {
            Outgoing::Message(message) => {
                entry.is_handled || entry.is_excused || self.is_stale(message)
            }
            Outgoing::Activity(request) => {
                !self.awaits(&request.reply_to.actor, request.reply_to.step)
            }
            Outgoing::DeadLetter(letter) => {
                self.dead.contains(&(letter.message.id.clone(), letter.at))
            }
            Outgoing::Projection(actor) => {
                self.copied.get(actor).is_some_and(|copied| *copied >= entry.head)
            }
        }
    }

    /// Whether a message means nothing any more.
    pub(super) fn is_stale(&self, message: &Message) -> bool {
        match &message.body {
            Body::Answer { step, .. } => !self.awaits(&message.to, *step),
            _ => false,
        }
    }

    /// Whether an entry may be the answer to a request that a forgotten turn has sent. It may come
    /// before its actor asks anew, under the same name, and mean nothing by then.
    pub(super) fn may_answer_a_ghost(&self, entry: &Entry) -> bool {
        self.is_haunted && entry.is_answer()
    }

    /// An entry is forgotten.
    pub(super) fn forget(&mut self, partition: PartitionId, place: Place) -> Kept {
        let Some(outbox) = self.outboxes.get(&partition) else { return Ok(()) };
        if !outbox.kept.contains(&place) {
            return Ok(());
        }
        let Some(entry) = outbox.entries.get(&place) else { return Ok(()) };
        let settled = self.is_settled(entry);
        let may_answer_a_ghost = self.may_answer_a_ghost(entry);
        if !settled && !entry.is_carried && !may_answer_a_ghost {
            let what = format!(
                "{} was forgotten before it {}",
                entry.name(),
                match entry.what {
                    Outgoing::Message(_) => "was handled",
                    Outgoing::Activity(_) => "was answered",
                    Outgoing::DeadLetter(_) => "was kept",
                    Outgoing::Projection(_) => "was followed",
                },
            );
            return broken(5, what);
        }
        let (bytes, is_excused) = (entry.bytes.clone(), entry.is_excused || may_answer_a_ghost);
        if !settled && may_answer_a_ghost {
            self.excuse(partition, place);
        }
        let Some(outbox) = self.outboxes.get_mut(&partition) else { return Ok(()) };
        outbox.kept.remove(&place);
        outbox.forgotten.insert(place, bytes);
        // What may be lost may also come once more.
        if settled && !is_excused {
            outbox.leave(place);
        }
        Ok(())
    }
}

impl Outbox {
    /// Nothing can become of the entry any more.
    fn leave(&mut self, place: Place) {
        let Some(entry) = self.entries.remove(&place) else { return };
        if let Some(message) = entry.message()
            && let Some(lane) = self.lanes.get_mut(&(message.to.clone(), message.lane()))
        {
            lane.remove(&place);
        }
    }

    /// A turn of its receiver handled the entry.
    pub(super) fn handle(&mut self, place: Place) {
        let Some(entry) = self.entries.get_mut(&place) else { return };
        entry.is_handled = true;
        if let Some(message) = entry.message() {
            let lane = (message.to.clone(), message.lane());
            if let Some(lane) = self.lanes.get_mut(&lane) {
                lane.remove(&place);
            }
        }
        if !self.kept.contains(&place) {
            self.entries.remove(&place);
        }
    }
}
