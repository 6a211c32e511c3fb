//! One queue: its messages, in the order in which they will be received.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;
use loom_core::{IdempotencyKey, MessageId, Timestamp};
use loom_ports::{Enqueue, Enqueued, QueuedDeadLetter};

use super::letters::Letters;

#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    // Ids are the sender's and may repeat, so messages are known by a number of our own.
    messages: BTreeMap<Number, Message>,
    last_number: Number,
    visible: BTreeMap<Place, Number>,
    last_visible: u64,
    hidden: BTreeSet<(Timestamp, Number)>,
    /// The messages of each ordering key. No line is empty.
    lines: BTreeMap<u64, BTreeSet<Number>>,
    /// Visible only for the answer in the making, each behind one that is in it.
    followers: BTreeSet<Number>,
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

#[derive(Clone, Debug)]
struct Message {
    id: MessageId,
    body: Bytes,
    priority: u8,
    ordering_key: Option<u64>,
    attempts: u32,
    delivery: Option<Delivery>,
    whereabouts: Whereabouts,
}

#[derive(Clone, Copy, Debug)]
enum Whereabouts {
    Visible(Place),
    HiddenUntil(Timestamp),
    /// Not the first of its ordering key, and otherwise hidden until then.
    Behind(Timestamp),
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
        self.add(enqueue.clone(), now);
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
        now: Timestamp,
    ) -> Option<(MessageId, Bytes, u32)> {
        let number = *self.visible.values().next()?;
        let is_behind = self.followers.remove(&number);
        let to = if is_behind { Whereabouts::Behind } else { Whereabouts::HiddenUntil };
        self.place(number, to(hidden_until));
        self.follow(number, now);
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
        self.postpone(number, visible_at);
        true
    }

    pub(super) fn hide(&mut self, delivery: Delivery, until: Timestamp) -> bool {
        let Some(number) = self.deliveries.get(&delivery) else { return false };
        self.postpone(*number, until);
        true
    }

    pub(super) fn bury(&mut self, delivery: Delivery, reason: &str, died_at: Timestamp) -> bool {
        let Some(Message { id, body, attempts, .. }) = self.take(delivery) else { return false };
        let reason = reason.to_owned();
        self.letters.add(QueuedDeadLetter { id, body, attempts, reason, died_at });
        true
    }

    pub(super) fn replay(&mut self, id: &MessageId, now: Timestamp) -> bool {
        let Some(QueuedDeadLetter { id, body, .. }) = self.letters.take(id) else { return false };
        // The least priority: the end of the queue is after all that waits.
        let priority = 0;
        let (dedup, ordering_key) = (None, None);
        self.add(Enqueue { id, body, priority, visible_at: now, dedup, ordering_key }, now);
        true
    }

    pub(super) fn depth(&self) -> u64 {
        u64::try_from(self.messages.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn ordering_keys(&self, limit: usize) -> Vec<u64> {
        self.lines.keys().take(limit).copied().collect()
    }

    /// Ends an answer: what could still have been in it, behind another message, cannot be
    /// received any more.
    pub(super) fn hold_back(&mut self) {
        for number in std::mem::take(&mut self.followers) {
            self.place(number, Whereabouts::Behind(Timestamp::EPOCH));
        }
    }

    fn add(&mut self, message: Enqueue, now: Timestamp) {
        let Enqueue { id, body, priority, visible_at, ordering_key, .. } = message;
        self.last_number += 1;
        let number = self.last_number;
        let line = ordering_key.map(|key| self.lines.entry(key).or_default());
        let is_behind = line.is_some_and(|line| {
            line.insert(number);
            line.len() > 1
        });
        let whereabouts = if is_behind {
            // Once visible, a message is not hidden by a clock that jumps back.
            let is_visible = visible_at <= now;
            Whereabouts::Behind(if is_visible { Timestamp::EPOCH } else { visible_at })
        } else {
            Whereabouts::HiddenUntil(visible_at)
        };
        let (attempts, delivery) = (0, None);
        let message = Message { id, body, priority, ordering_key, attempts, delivery, whereabouts };
        self.messages.insert(number, message);
        // What became visible before this message did goes first.
        self.wake(now);
        self.place(number, whereabouts);
        self.wake(now);
    }

    fn take(&mut self, delivery: Delivery) -> Option<Message> {
        let number = self.deliveries.remove(&delivery)?;
        let message = self.messages.remove(&number)?;
        self.displace(number, message.whereabouts);
        if let Some(key) = message.ordering_key {
            self.leave(key, number);
        }
        Some(message)
    }

    /// Takes a message out of the line of its key. The first of those left moves up.
    fn leave(&mut self, key: u64, number: Number) {
        let Some(line) = self.lines.get_mut(&key) else { return };
        line.remove(&number);
        let Some(first) = line.first().copied() else {
            self.lines.remove(&key);
            return;
        };
        if let Some(Message { whereabouts: Whereabouts::Behind(until), .. }) =
            self.messages.get(&first)
        {
            self.place(first, Whereabouts::HiddenUntil(*until));
        }
    }

    /// Lets the next of its key be received in the same answer as a message.
    fn follow(&mut self, number: Number, now: Timestamp) {
        let key = self.messages.get(&number).and_then(|message| message.ordering_key);
        let Some(line) = key.and_then(|key| self.lines.get(&key)) else { return };
        let after = (Bound::Excluded(number), Bound::Unbounded);
        let Some(next) = line.range(after).next().copied() else { return };
        if let Some(Message { whereabouts: Whereabouts::Behind(until), priority, .. }) =
            self.messages.get(&next)
            && *until <= now
        {
            let place = self.last_place(*priority);
            self.followers.insert(next);
            self.place(next, Whereabouts::Visible(place));
        }
    }

    /// Hides a message where it is.
    fn postpone(&mut self, number: Number, until: Timestamp) {
        let place = self.messages.get(&number).map(|message| message.whereabouts);
        let is_behind = matches!(place, Some(Whereabouts::Behind(_)));
        let to = if is_behind { Whereabouts::Behind } else { Whereabouts::HiddenUntil };
        self.place(number, to(until));
    }

    /// The place behind all others of a priority.
    fn last_place(&mut self, priority: u8) -> Place {
        self.last_visible += 1;
        (Reverse(priority), self.last_visible)
    }

    /// Makes visible what was hidden until now.
    fn wake(&mut self, now: Timestamp) {
        while let Some(&(_, number)) = self.hidden.first().filter(|(until, _)| *until <= now) {
            let priority = self.messages.get(&number).map_or(0, |message| message.priority);
            let place = self.last_place(priority);
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
            Whereabouts::Behind(_) => {}
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
            Whereabouts::Behind(_) => {}
        }
    }

    fn forget_keys(&mut self, now: Timestamp) {
        while self.remembered.first().is_some_and(|(until, _)| *until <= now) {
            let forgotten = self.remembered.pop_first();
            forgotten.map(|(_, key)| self.accepted.remove(&key));
        }
    }
}
