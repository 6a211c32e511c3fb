//! A queue behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled, Watched,
};

use super::{FaultPlan, carried};

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
        carried!(self.enqueue(&queue, &messages, val now))
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        carried!(self.receive(&queues, val receive, val now))
    }

    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        // No network lies between a caller and the client that it asks what it has heard.
        if self.plan.is_carried() {
            return self.inner.watch(queues, wait, now).await;
        }
        carried!(self.watch(&queues, val wait, val now))
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        carried!(self.ack(&receipt))
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        carried!(self.nack(&receipt, val visible_at))
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        carried!(self.extend(&receipt, val hidden_until))
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        carried!(self.bury(&receipt, &reason, val now))
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        carried!(self.add_dead_letters(&queue, &letters))
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        carried!(self.dead_letters(&queue, opt from, val limit))
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        carried!(self.replay_dead_letter(&queue, &id, val now))
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        carried!(self.purge_dead_letter(&queue, &id))
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        carried!(self.depth(&queue))
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        carried!(self.ordering_keys(&queue, val limit))
    }
}
