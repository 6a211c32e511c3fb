//! One queue: its messages, in the order in which they will be received.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use loom_core::{IdempotencyKey, MessageId, Timestamp};
use loom_ports::{Enqueue, Enqueued, QueuedDeadLetter};

use super::letters::Letters;

#[derive(Debug, Default)]
pub(super) struct Channel {
    // Ids are the sender's and may repeat, so messages are known by a number of our own.
    messages: BTreeMap<Number, Message>,
    last_number: Number,
    visible: BTreeMap<Place, Number>,
    last_visible: u64,
    hidden: BTreeSet<(Timestamp, Number)>,
    /// Deliveries that may still be settled.
    deliveries: BTreeMap<Delivery, Number>,
    accepted: BTreeSet<IdempotencyKey>,
    remembered: BTreeSet<(Timestamp, IdempotencyKey)>,
    pub(super) letters: Letters,
}

type Number = u64;

/// Counts deliveries.
pub(super) type Delivery = u64;

/// By priority, greater first, and within a priority in the order of becoming visible. That
/// order is counted and not timed: the clock may jump back between two messages.
pub(super) type Place = (Reverse<u8>, u64);

#[derive(Debug)]
struct Message {
    id: MessageId,
    body: Bytes,
    priority: u8,
    attempts: u32,
    delivery: Option<Delivery>,
    whereabouts: Whereabouts,
}

#[derive(Clone, Copy, Debug)]
enum Whereabouts {
    Visible(Place),
    HiddenUntil(Timestamp),
}

impl Channel {
    pub(super) fn enqueue(&mut self, enqueue: &Enqueue, now: Timestamp) -> Enqueued {
        self.forget_keys(now);
        if let Some(dedup) = &enqueue.dedup {
            if !self.accepted.insert(dedup.key.clone()) {
                return Enqueued::Duplicate;
            }
            self.remembered.insert((dedup.until, dedup.key.clone()));
        }
        let Enqueue { id, body, priority, visible_at, .. } = enqueue.clone();
        self.add(id, body, priority, visible_at, now);
        Enqueued::Accepted
    }

    /// The place of the first visible message.
    pub(super) fn first(&mut self, now: Timestamp) -> Option<Place> {
        self.wake(now);
        self.visible.keys().next().copied()
    }

    /// Hands out the first visible message under a new delivery, which ends its former one.
    pub(super) fn deliver(
        &mut self,
        delivery: Delivery,
        hidden_until: Timestamp,
    ) -> Option<(MessageId, Bytes, u32)> {
        let number = *self.visible.values().next()?;
        self.place(number, Whereabouts::HiddenUntil(hidden_until));
        let message = self.messages.get_mut(&number)?;
        message.attempts = message.attempts.saturating_add(1);
        if let Some(former) = message.delivery.replace(delivery) {
            self.deliveries.remove(&former);
        }
        self.deliveries.insert(delivery, number);
        Some((message.id.clone(), message.body.clone(), message.attempts))
    }

    /// Removes what was delivered; false if the delivery was over.
    pub(super) fn remove(&mut self, delivery: Delivery) -> bool {
        self.take(delivery).is_some()
    }

    pub(super) fn put_back(&mut self, delivery: Delivery, visible_at: Timestamp) -> bool {
        let Some(number) = self.deliveries.remove(&delivery) else { return false };
        if let Some(message) = self.messages.get_mut(&number) {
            message.delivery = None;
        }
        self.place(number, Whereabouts::HiddenUntil(visible_at));
        true
    }

    pub(super) fn hide(&mut self, delivery: Delivery, until: Timestamp) -> bool {
        let Some(number) = self.deliveries.get(&delivery) else { return false };
        self.place(*number, Whereabouts::HiddenUntil(until));
        true
    }

    pub(super) fn bury(&mut self, delivery: Delivery, reason: &str, died_at: Timestamp) -> bool {
        let Some(Message { id, body, attempts, .. }) = self.take(delivery) else { return false };
        let reason = reason.to_owned();
        self.letters.add(QueuedDeadLetter { id, body, attempts, reason, died_at });
        true
    }

    pub(super) fn replay(&mut self, id: &MessageId, now: Timestamp) -> bool {
        let Some(letter) = self.letters.take(id) else { return false };
        // The least priority: the end of the queue is after all that waits.
        self.add(letter.id, letter.body, 0, now, now);
        true
    }

    pub(super) fn depth(&self) -> u64 {
        u64::try_from(self.messages.len()).unwrap_or(u64::MAX)
    }

    fn add(
        &mut self,
        id: MessageId,
        body: Bytes,
        priority: u8,
        visible_at: Timestamp,
        now: Timestamp,
    ) {
        self.last_number += 1;
        let whereabouts = Whereabouts::HiddenUntil(visible_at);
        let message = Message { id, body, priority, attempts: 0, delivery: None, whereabouts };
        self.messages.insert(self.last_number, message);
        // What became visible before this message did goes first.
        self.wake(now);
        self.place(self.last_number, whereabouts);
        self.wake(now);
    }

    fn take(&mut self, delivery: Delivery) -> Option<Message> {
        let number = self.deliveries.remove(&delivery)?;
        let message = self.messages.remove(&number)?;
        self.displace(number, message.whereabouts);
        Some(message)
    }

    /// Makes visible what was hidden until now.
    fn wake(&mut self, now: Timestamp) {
        while let Some(&(_, number)) = self.hidden.first().filter(|(until, _)| *until <= now) {
            let priority = self.messages.get(&number).map_or(0, |message| message.priority);
            self.last_visible += 1;
            let place = (Reverse(priority), self.last_visible);
            self.place(number, Whereabouts::Visible(place));
        }
    }

    fn place(&mut self, number: Number, to: Whereabouts) {
        let Some(message) = self.messages.get_mut(&number) else { return };
        let from = std::mem::replace(&mut message.whereabouts, to);
        self.displace(number, from);
        match to {
            Whereabouts::Visible(place) => {
                self.visible.insert(place, number);
            }
            Whereabouts::HiddenUntil(until) => {
                self.hidden.insert((until, number));
            }
        }
    }

    fn displace(&mut self, number: Number, from: Whereabouts) {
        match from {
            Whereabouts::Visible(place) => {
                self.visible.remove(&place);
            }
            Whereabouts::HiddenUntil(until) => {
                self.hidden.remove(&(until, number));
            }
        }
    }

    fn forget_keys(&mut self, now: Timestamp) {
        while self.remembered.first().is_some_and(|(until, _)| *until <= now) {
            let forgotten = self.remembered.pop_first();
            forgotten.map(|(_, key)| self.accepted.remove(&key));
        }
    }
}
