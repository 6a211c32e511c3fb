//! Enqueueing: messages of many callers go together.

use async_trait::async_trait;
use loom_core::{QueueName, Timestamp};
use loom_ports::{Enqueue, Enqueued};

use super::joined::Carrier;
use super::{ENQUEUE, Site};
use crate::clock::millis;
use crate::error::Failure;
use crate::reply::Parts;
use crate::script::Call;

/// Carries messages to the server.
pub(super) struct Accepting(pub(super) Site);

/// A message, and when it was asked for by the clock of its caller.
pub(super) struct Asked {
    pub(super) message: Enqueue,
    pub(super) now: Timestamp,
}

#[async_trait]
impl Carrier for Accepting {
    type Item = Asked;
    type Answer = Enqueued;

    fn bytes(asked: &Asked) -> usize {
        asked.message.body.len()
    }

    async fn carry(&self, queue: &QueueName, items: &[Asked]) -> Result<Vec<Enqueued>, Failure> {
        // All were asked by one clock; the last reading is the closest to what it shows.
        let now = items.iter().map(|asked| asked.now).max().unwrap_or_default();
        let mut call = self
            .0
            .call(&ENQUEUE, queue)
            .arg(millis(now))
            .arg(self.0.time())
            .arg(self.0.keys.bell())
            .arg(queue.as_str());
        for asked in items {
            push(&mut call, &asked.message);
        }
        let mut answer = Parts::of(self.0.connection.call_durably(call).await?)?;
        let mut answers = Vec::with_capacity(items.len());
        while !answer.is_empty() {
            let is_new = answer.number()? == 1;
            answers.push(if is_new { Enqueued::Accepted } else { Enqueued::Duplicate });
        }
        Ok(answers)
    }
}

fn push(call: &mut Call, message: &Enqueue) {
    call.push([message.id.as_str().as_bytes(), b"\0", &message.body].concat());
    call.push(message.priority);
    call.push(millis(message.visible_at));
    let dedup = message.dedup.as_ref();
    call.push(dedup.map_or("", |dedup| dedup.key.as_str()));
    call.push(dedup.map_or(0, |dedup| millis(dedup.until)));
    call.push(message.ordering_key.map_or_else(Vec::new, |key| key.to_be_bytes().into()));
}
