//! One queue, so that a case reads as a story.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_core::{IdempotencyKey, MessageId, QueueName, Timestamp};
use loom_ports::{
    Dedup, Enqueue, Enqueued, MessageQueue, QueueDelivery, QueuedDeadLetter, Receipt, Receive,
    Settled,
};

use super::QueueFixture;
use crate::pages;

/// How long, in milliseconds, a received message stays hidden in every case.
pub(super) const VISIBILITY_MS: u64 = 1_000;

#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) store: Arc<dyn MessageQueue>,
    pub(super) queue: QueueName,
}

impl Scene {
    pub(super) fn open(fixture: &impl QueueFixture) -> Self {
        Self { store: fixture.store(), queue: queue("queue") }
    }

    /// The same store, seen from another queue.
    pub(super) fn with_queue(&self, name: &str) -> Self {
        Self { queue: queue(name), ..self.clone() }
    }

    pub(super) async fn enqueue(&self, messages: &[Enqueue], now: u64) -> Vec<Enqueued> {
        self.store.enqueue(&self.queue, messages, at(now)).await.unwrap()
    }

    /// Enqueues what must be accepted.
    pub(super) async fn accept(&self, messages: &[Enqueue], now: u64) {
        let expected = vec![Enqueued::Accepted; messages.len()];
        assert_eq!(self.enqueue(messages, now).await, expected);
    }

    pub(super) async fn receive(&self, max: usize, now: u64) -> Vec<QueueDelivery> {
        let queues = std::slice::from_ref(&self.queue);
        let deliveries = self.store.receive(queues, receive(max), at(now)).await.unwrap();
        assert!(deliveries.len() <= max, "{deliveries:?}");
        deliveries
    }

    /// Receives the one message that is visible.
    pub(super) async fn receive_one(&self, now: u64) -> QueueDelivery {
        let mut all = self.receive(10, now).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Receives all that is visible, a few at a time, and names it in the order of receipt.
    pub(super) async fn drain(&self, now: u64) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            let deliveries = self.receive(3, now).await;
            if deliveries.is_empty() {
                return names;
            }
            names.extend(deliveries.iter().map(|delivery| delivery.id.to_string()));
        }
    }

    pub(super) async fn ack(&self, receipt: &Receipt) -> Settled {
        self.store.ack(receipt).await.unwrap()
    }

    pub(super) async fn nack(&self, receipt: &Receipt, visible_at: u64) -> Settled {
        self.store.nack(receipt, at(visible_at)).await.unwrap()
    }

    pub(super) async fn extend(&self, receipt: &Receipt, hidden_until: u64) -> Settled {
        self.store.extend(receipt, at(hidden_until)).await.unwrap()
    }

    pub(super) async fn bury(&self, receipt: &Receipt, now: u64) -> Settled {
        self.store.bury(receipt, "poison", at(now)).await.unwrap()
    }

    pub(super) async fn letters(&self) -> Vec<QueuedDeadLetter> {
        let page = async |from: Option<&_>| self.store.dead_letters(&self.queue, from, 100).await;
        pages::all(100, page).await
    }

    pub(super) async fn replay(&self, id: &str, now: u64) -> bool {
        self.store.replay_dead_letter(&self.queue, &self::id(id), at(now)).await.unwrap()
    }

    pub(super) async fn purge(&self, id: &str) -> bool {
        self.store.purge_dead_letter(&self.queue, &self::id(id)).await.unwrap()
    }

    pub(super) async fn depth(&self) -> u64 {
        self.store.depth(&self.queue).await.unwrap()
    }
}

pub(super) fn receive(max: usize) -> Receive {
    let visibility = Duration::from_millis(VISIBILITY_MS);
    Receive { max, wait: Duration::ZERO, visibility }
}

/// A time in milliseconds after the start of every case.
pub(super) fn at(offset_ms: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + offset_ms)
}

pub(super) fn queue(name: &str) -> QueueName {
    QueueName::parse(name).expect("a valid name")
}

pub(super) fn id(name: &str) -> MessageId {
    MessageId::parse(name).expect("a valid id")
}

/// A message that is visible from the start, with the least priority.
pub(super) fn message(name: &str) -> Enqueue {
    let body = Bytes::from(format!("body of {name}"));
    Enqueue { id: id(name), body, priority: 0, visible_at: at(0), dedup: None, ordering_key: None }
}

pub(super) fn urgent(name: &str, priority: u8) -> Enqueue {
    Enqueue { priority, ..message(name) }
}

pub(super) fn delayed(name: &str, visible_at: u64) -> Enqueue {
    Enqueue { visible_at: at(visible_at), ..message(name) }
}

pub(super) fn keyed(name: &str, key: &str, until: u64) -> Enqueue {
    let key = IdempotencyKey::parse(key).expect("a valid key");
    Enqueue { dedup: Some(Dedup { key, until: at(until) }), ..message(name) }
}

pub(super) fn ordered(name: &str, ordering_key: u64) -> Enqueue {
    Enqueue { ordering_key: Some(ordering_key), ..message(name) }
}

pub(super) fn letter(name: &str, died_at: u64) -> QueuedDeadLetter {
    QueuedDeadLetter {
        id: id(name),
        body: Bytes::from(format!("body of {name}")),
        attempts: 3,
        reason: format!("the end of {name}"),
        died_at: at(died_at),
    }
}
