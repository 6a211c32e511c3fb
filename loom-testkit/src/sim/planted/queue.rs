//! The queue with a planted bug.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled, Watched,
};

use super::Planted as Bug;
use super::grounds::Grounds;

/// A queue, as it is reached through the bug.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) grounds: Arc<Grounds>,
    pub(super) inner: Arc<dyn MessageQueue>,
    /// Who asks, once it has claimed something.
    host: Arc<OnceLock<HostId>>,
}

impl Planted {
    pub(super) fn new(
        grounds: &Arc<Grounds>,
        inner: Arc<dyn MessageQueue>,
        host: Arc<OnceLock<HostId>>,
    ) -> Self {
        Self { grounds: Arc::clone(grounds), inner, host }
    }

    /// Whether the queue is that of a partition which another host owns.
    fn is_of_another(&self, queue: &QueueName) -> bool {
        let owner = self.grounds.owner_of(queue);
        owner.is_some_and(|owner| self.host.get().is_some_and(|me| *me != owner))
    }
}

#[async_trait]
impl MessageQueue for Planted {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        let answer = self.inner.enqueue(queue, messages, now).await;
        let step = self.grounds.world.steps();
        let mut seen = self.grounds.seen();
        for message in messages {
            seen.enqueued.insert(message.id.clone(), (step, message.ordering_key));
        }
        answer
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        self.receive_somehow(self.inner.receive(queues, receive, now).await?).await
    }

    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        self.inner.watch(queues, wait, now).await
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        self.inner.ack(receipt).await
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        if self.grounds.is(Bug::UncheckedOwner) && self.is_of_another(&receipt.queue) {
            return self.inner.ack(receipt).await;
        }
        self.inner.nack(receipt, visible_at).await
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        self.inner.extend(receipt, hidden_until).await
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        self.inner.bury(receipt, reason, now).await
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        let mut letters = letters.to_vec();
        if self.grounds.is(Bug::NamelessLetter) {
            for letter in &mut letters {
                let number = self.grounds.seen().chance.any();
                letter.id = MessageId::parse(&format!("letter-{number:016x}")).expect("an id");
            }
        }
        self.inner.add_dead_letters(queue, &letters).await
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        self.inner.dead_letters(queue, from, limit).await
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        self.inner.replay_dead_letter(queue, id, now).await
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        self.inner.purge_dead_letter(queue, id).await
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.inner.depth(queue).await
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        self.inner.ordering_keys(queue, limit).await
    }
}
