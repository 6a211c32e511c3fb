//! A queue behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled,
};

use super::FaultPlan;

/// Wraps a queue and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyQueue {
    inner: Arc<dyn MessageQueue>,
    plan: FaultPlan,
}

impl FaultyQueue {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn MessageQueue>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl MessageQueue for FaultyQueue {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        self.plan.call("enqueue", || self.inner.enqueue(queue, messages, now)).await
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        self.plan.call("receive", || self.inner.receive(queues, receive, now)).await
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        self.plan.call("ack", || self.inner.ack(receipt)).await
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        self.plan.call("nack", || self.inner.nack(receipt, visible_at)).await
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        self.plan.call("extend", || self.inner.extend(receipt, hidden_until)).await
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        self.plan.call("bury", || self.inner.bury(receipt, reason, now)).await
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        self.plan.call("add_dead_letters", || self.inner.add_dead_letters(queue, letters)).await
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        self.plan.call("dead_letters", || self.inner.dead_letters(queue, from, limit)).await
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let replay = || self.inner.replay_dead_letter(queue, id, now);
        self.plan.call("replay_dead_letter", replay).await
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        self.plan.call("purge_dead_letter", || self.inner.purge_dead_letter(queue, id)).await
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.plan.call("depth", || self.inner.depth(queue)).await
    }
}
