//! The contract as a program: lists, searched from end to end.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use loom_core::{IdempotencyKey, MessageId, Timestamp};
use loom_ports::{Enqueue, Enqueued, QueueDelivery, QueuedDeadLetter, Receipt};
use proptest::prelude::*;

/// One queue.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In the order in which they were enqueued.
    messages: Vec<Message>,
    keys: Vec<(IdempotencyKey, Timestamp)>,
    letters: Vec<QueuedDeadLetter>,
    enqueued: u64,
}

#[derive(Debug)]
struct Message {
    sent: Enqueue,
    attempts: u32,
    visible_at: Timestamp,
    /// Its place among those that were never delayed and never delivered.
    fifo: Option<u64>,
    receipt: Option<Receipt>,
    /// It was behind others of its key when it came.
    was_behind: bool,
}

impl Message {
    /// Whether this one has to be received before `other`, both being visible and held back by
    /// nothing. What became visible at the same time has an order only if it was enqueued
    /// without delay, and what was held back has a priority alone.
    fn precedes(&self, other: &Self) -> bool {
        if self.was_behind || other.was_behind {
            return self.sent.priority > other.sent.priority;
        }
        let rank = |message: &Self| (Reverse(message.sent.priority), message.visible_at);
        match (self.fifo, other.fifo) {
            (Some(left), Some(right)) => {
                (Reverse(self.sent.priority), left) < (Reverse(other.sent.priority), right)
            }
            _ => rank(self) < rank(other),
        }
    }
}

impl Ledger {
    pub(super) fn enqueue(&mut self, sent: &Enqueue, now: Timestamp) -> Enqueued {
        self.keys.retain(|(_, until)| now < *until);
        if let Some(dedup) = &sent.dedup {
            if self.keys.iter().any(|(key, _)| *key == dedup.key) {
                return Enqueued::Duplicate;
            }
            self.keys.push((dedup.key.clone(), dedup.until));
        }
        self.put(sent.clone(), now);
        Enqueued::Accepted
    }

    fn put(&mut self, sent: Enqueue, now: Timestamp) {
        self.enqueued += 1;
        let visible_at = sent.visible_at.max(now);
        let fifo = (sent.visible_at <= now).then_some(self.enqueued);
        let key = sent.ordering_key;
        let was_behind =
            key.is_some() && self.messages.iter().any(|other| other.sent.ordering_key == key);
        let (attempts, receipt) = (0, None);
        self.messages.push(Message { sent, attempts, visible_at, fifo, receipt, was_behind });
    }

    /// Whether a message is visible, and all before it of its key are in `answer`.
    fn is_receivable(&self, place: usize, answer: &[MessageId], now: Timestamp) -> bool {
        let (before, message) = (&self.messages[..place], &self.messages[place]);
        let key = message.sent.ordering_key;
        message.visible_at <= now
            && (key.is_none()
                || before
                    .iter()
                    .filter(|other| other.sent.ordering_key == key)
                    .all(|other| answer.contains(&other.sent.id)))
    }

    /// How many messages an answer without bounds would have.
    fn receivable(&self, now: Timestamp) -> usize {
        let mut answer: Vec<MessageId> = Vec::new();
        for (place, message) in self.messages.iter().enumerate() {
            if self.is_receivable(place, &answer, now) {
                answer.push(message.sent.id.clone());
            }
        }
        answer.len()
    }

    /// Checks what was received, and hides it.
    pub(super) fn received(
        &mut self,
        deliveries: &[QueueDelivery],
        max: usize,
        now: Timestamp,
        hidden_until: Timestamp,
    ) -> Result<(), TestCaseError> {
        prop_assert_eq!(deliveries.len(), self.receivable(now).min(max));
        let mut answer = Vec::new();
        for delivery in deliveries {
            let QueueDelivery { receipt, id, body, attempt } = delivery;
            let place = self.messages.iter().position(|message| message.sent.id == *id);
            prop_assert!(place.is_some(), "not there: {:?}", delivery);
            let place = place.expect("asserted");
            prop_assert!(self.is_receivable(place, &answer, now), "held back: {:?}", delivery);
            let message = &self.messages[place];
            let passed = (0..self.messages.len())
                .filter(|place| self.is_receivable(*place, &answer, now))
                .map(|place| &self.messages[place])
                .find(|other| other.precedes(message));
            prop_assert!(passed.is_none(), "{:?} came before {:?}", delivery, passed);
            prop_assert_eq!((body, *attempt), (&message.sent.body, message.attempts + 1));

            answer.push(id.clone());
            let message = &mut self.messages[place];
            message.attempts += 1;
            message.visible_at = hidden_until;
            message.fifo = None;
            message.receipt = Some(receipt.clone());
        }
        Ok(())
    }

    fn find(&self, receipt: &Receipt) -> Option<usize> {
        self.messages.iter().position(|message| message.receipt.as_ref() == Some(receipt))
    }

    pub(super) fn ack(&mut self, receipt: &Receipt) -> bool {
        self.find(receipt).map(|place| self.messages.remove(place)).is_some()
    }

    pub(super) fn nack(&mut self, receipt: &Receipt, visible_at: Timestamp) -> bool {
        let Some(place) = self.find(receipt) else { return false };
        let message = &mut self.messages[place];
        message.visible_at = visible_at;
        message.receipt = None;
        true
    }

    pub(super) fn extend(&mut self, receipt: &Receipt, hidden_until: Timestamp) -> bool {
        let Some(place) = self.find(receipt) else { return false };
        self.messages[place].visible_at = hidden_until;
        true
    }

    pub(super) fn bury(&mut self, receipt: &Receipt, reason: &str, died_at: Timestamp) -> bool {
        let Some(place) = self.find(receipt) else { return false };
        let Message { sent, attempts, .. } = self.messages.remove(place);
        let (Enqueue { id, body, .. }, reason) = (sent, reason.to_owned());
        self.letters.push(QueuedDeadLetter { id, body, attempts, reason, died_at });
        true
    }

    pub(super) fn replay(&mut self, id: &MessageId, now: Timestamp) -> bool {
        let Some(place) = self.letters.iter().position(|letter| letter.id == *id) else {
            return false;
        };
        let QueuedDeadLetter { id, body, .. } = self.letters.remove(place);
        self.put(
            Enqueue { id, body, priority: 0, visible_at: now, dedup: None, ordering_key: None },
            now,
        );
        true
    }

    pub(super) fn purge(&mut self, id: &MessageId) -> bool {
        let before = self.letters.len();
        self.letters.retain(|letter| letter.id != *id);
        self.letters.len() < before
    }

    pub(super) fn depth(&self) -> usize {
        self.messages.len()
    }

    pub(super) fn ordering_keys(&self) -> Vec<u64> {
        let keys = self.messages.iter().filter_map(|message| message.sent.ordering_key);
        keys.collect::<BTreeSet<_>>().into_iter().collect()
    }

    pub(super) fn letters(&self) -> Vec<QueuedDeadLetter> {
        self.letters.clone()
    }
}
