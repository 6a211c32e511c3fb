//! Random calls against a ledger kept by hand.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

mod ledger;

use std::sync::Arc;

use bytes::Bytes;
use loom_core::{IdempotencyKey, QueueName};
use loom_ports::{Dedup, Enqueue, MessageQueue, QueueDelivery, Receive, Settled};
use proptest::prelude::*;
use proptest::sample::Index;

use self::ledger::Ledger;
use super::QueueFixture;
use super::scene::{at, id, queue};
use crate::model::{self, broke};
use crate::pages;
use crate::unique::unique;

const VISIBILITY_MS: u64 = 40;

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Enqueue(Vec<Draft>),
    Receive { max: usize },
    Ack(Index),
    Nack(Index, u64),
    Extend(Index, u64),
    Bury(Index),
    Replay(Index),
    Purge(Index),
    Pass { millis: u64 },
}

#[derive(Clone, Debug)]
struct Draft {
    priority: u8,
    delay: Option<u64>,
    dedup: Option<(u8, u64)>,
    ordering_key: Option<u64>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl QueueFixture) {
    model::agree(call(), 60, async |calls| {
        let mut trial = Trial::new(fixture.store());
        for call in calls {
            trial.make(&call).await?;
            trial.compare().await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let draft = (
        0..3_u8,
        prop::option::weighted(0.3, 1..60_u64),
        prop::option::weighted(0.3, (0..3_u8, 1..100_u64)),
        prop::option::weighted(0.6, 0..3_u64),
    );
    let draft = draft.prop_map(|(priority, delay, dedup, ordering_key)| Draft {
        priority,
        delay,
        dedup,
        ordering_key,
    });
    let any = any::<Index>;
    prop_oneof![
        4 => prop::collection::vec(draft, 0..4).prop_map(Call::Enqueue),
        5 => (0..4_usize).prop_map(|max| Call::Receive { max }),
        2 => any().prop_map(Call::Ack),
        2 => (any(), 0..60_u64).prop_map(|(index, delay)| Call::Nack(index, delay)),
        1 => (any(), 100..160_u64).prop_map(|(index, delay)| Call::Extend(index, delay)),
        2 => any().prop_map(Call::Bury),
        1 => any().prop_map(Call::Replay),
        1 => any().prop_map(Call::Purge),
        1 => (0..100_u64).prop_map(|millis| Call::Pass { millis }),
    ]
}

/// A store and a ledger that should say the same.
struct Trial {
    store: Arc<dyn MessageQueue>,
    queue: QueueName,
    ledger: Ledger,
    received: Vec<QueueDelivery>,
    enqueued: u64,
    now_ms: u64,
}

impl Trial {
    fn new(store: Arc<dyn MessageQueue>) -> Self {
        let (ledger, received) = (Ledger::default(), Vec::new());
        Self { store, queue: queue(&unique("model")), ledger, received, enqueued: 0, now_ms: 0 }
    }

    async fn make(&mut self, call: &Call) -> Result<(), TestCaseError> {
        self.now_ms += 1;
        let (now_ms, queue) = (self.now_ms, self.queue.clone());
        let now = at(now_ms);
        match call {
            Call::Pass { millis } => self.now_ms += millis,
            Call::Enqueue(drafts) => {
                let messages: Vec<_> = drafts.iter().map(|draft| self.message(draft)).collect();
                let answers = self.store.enqueue(&queue, &messages, now).await.map_err(broke)?;
                let expected: Vec<_> =
                    messages.iter().map(|message| self.ledger.enqueue(message, now)).collect();
                prop_assert_eq!(answers, expected, "{:?}", messages);
            }
            Call::Receive { max } => {
                let visibility = std::time::Duration::from_millis(VISIBILITY_MS);
                let receive = Receive { max: *max, wait: std::time::Duration::ZERO, visibility };
                let deliveries = self.store.receive(&[queue], receive, now).await.map_err(broke)?;
                self.ledger.received(&deliveries, *max, now, at(now_ms + VISIBILITY_MS))?;
                self.received.extend(deliveries);
            }
            Call::Ack(index)
            | Call::Nack(index, _)
            | Call::Extend(index, _)
            | Call::Bury(index) => {
                if self.received.is_empty() {
                    return Ok(());
                }
                let receipt = &index.get(&self.received).receipt;
                let settled = match call {
                    Call::Nack(_, delay) => self.store.nack(receipt, at(now_ms + delay)).await,
                    Call::Extend(_, delay) => self.store.extend(receipt, at(now_ms + delay)).await,
                    Call::Bury(_) => self.store.bury(receipt, "buried", now).await,
                    _ => self.store.ack(receipt).await,
                };
                let good = match call {
                    Call::Nack(_, delay) => self.ledger.nack(receipt, at(now_ms + delay)),
                    Call::Extend(_, delay) => self.ledger.extend(receipt, at(now_ms + delay)),
                    Call::Bury(_) => self.ledger.bury(receipt, "buried", now),
                    _ => self.ledger.ack(receipt),
                };
                let expected = if good { Settled::Done } else { Settled::Expired };
                prop_assert_eq!(settled.map_err(broke)?, expected);
            }
            Call::Replay(index) | Call::Purge(index) => {
                let Some(name) = (self.enqueued > 0).then(|| index.index(to_usize(self.enqueued)))
                else {
                    return Ok(());
                };
                let id = id(&format!("m-{name}"));
                let (found, expected) = if matches!(call, Call::Replay(_)) {
                    let found = self.store.replay_dead_letter(&queue, &id, now).await;
                    (found, self.ledger.replay(&id, now))
                } else {
                    let found = self.store.purge_dead_letter(&queue, &id).await;
                    (found, self.ledger.purge(&id))
                };
                prop_assert_eq!(found.map_err(broke)?, expected, "{}", id);
            }
        }
        Ok(())
    }

    fn message(&mut self, draft: &Draft) -> Enqueue {
        let name = format!("m-{}", self.enqueued);
        self.enqueued += 1;
        let dedup = draft.dedup.map(|(key, lifetime)| Dedup {
            key: IdempotencyKey::parse(&format!("key-{key}")).expect("a valid key"),
            until: at(self.now_ms + lifetime),
        });
        Enqueue {
            id: id(&name),
            body: Bytes::from(name),
            priority: draft.priority,
            visible_at: at(draft.delay.map_or(0, |delay| self.now_ms + delay)),
            dedup,
            ordering_key: draft.ordering_key,
        }
    }

    async fn compare(&self) -> Result<(), TestCaseError> {
        let queue = self.queue.clone();
        let depth = self.store.depth(&queue).await.map_err(broke)?;
        prop_assert_eq!(to_usize(depth), self.ledger.depth());
        let mut keys = self.store.ordering_keys(&queue, 10).await.map_err(broke)?;
        keys.sort_unstable();
        prop_assert_eq!(keys, self.ledger.ordering_keys());
        let page = async |from: Option<&_>| self.store.dead_letters(&queue, from, 2).await;
        prop_assert_eq!(pages::all(2, page).await, self.ledger.letters());
        Ok(())
    }
}

fn to_usize(number: u64) -> usize {
    number.try_into().expect("few calls")
}
