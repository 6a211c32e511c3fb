//! The contract as a program: lists, searched from end to end.

use std::cmp::Reverse;

use loom_core::{IdempotencyKey, MessageId, Timestamp};
use loom_ports::{Enqueue, Enqueued, QueueDelivery, QueuedDeadLetter, Receipt};
use proptest::prelude::*;

/// One queue.
#[derive(Debug, Default)]
pub(super) struct Ledger {
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
}

impl Message {
    /// Whether this one has to be received before `other`, both being visible. What became
    /// visible at the same time has an order only if it was enqueued without delay.
    fn precedes(&self, other: &Self) -> bool {
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
        self.messages.push(Message { sent, attempts: 0, visible_at, fifo, receipt: None });
    }

    /// Checks what was received, and hides it.
    pub(super) fn received(
        &mut self,
        deliveries: &[QueueDelivery],
        max: usize,
        now: Timestamp,
        hidden_until: Timestamp,
    ) -> Result<(), TestCaseError> {
        let visible = self.messages.iter().filter(|message| message.visible_at <= now).count();
        prop_assert_eq!(deliveries.len(), visible.min(max));
        for delivery in deliveries {
            let QueueDelivery { receipt, id, body, attempt } = delivery;
            let place = self.messages.iter().position(|message| message.sent.id == *id);
            prop_assert!(place.is_some(), "not there: {:?}", delivery);
            let message = &self.messages[place.expect("asserted")];
            prop_assert!(message.visible_at <= now, "hidden: {:?}", delivery);
            let passed = self
                .messages
                .iter()
                .find(|other| other.visible_at <= now && other.precedes(message));
            prop_assert!(passed.is_none(), "{:?} came before {:?}", delivery, passed);
            prop_assert_eq!((body, *attempt), (&message.sent.body, message.attempts + 1));

            let message = &mut self.messages[place.expect("asserted")];
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

    pub(super) fn letters(&self) -> Vec<QueuedDeadLetter> {
        self.letters.clone()
    }
}
