//! [`MessageQueue`] over rows.

mod dedup;
mod letter;
mod line;
mod order;
mod settle;
mod take;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled, Watched,
};
use tokio::runtime::Handle;

pub(crate) use line::Lines;

use self::settle::Removed;

use crate::stores::Core;

/// The longest that a call waits before it looks again, so that a message that becomes visible
/// by the passing of time is seen.
const WAIT_MAX: Duration = Duration::from_millis(50);

/// Queues in a directory.
#[derive(Debug)]
pub(crate) struct EmbeddedQueue {
    core: Arc<Core>,
}

impl EmbeddedQueue {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    async fn take(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        let queues = queues.to_vec();
        self.core.write("receive", move |view| take::receive(view, &queues, receive, now)).await
    }

    fn settled(&self, removed: &Removed) -> Settled {
        if removed.frees {
            self.core.enqueued.notify_waiters();
        }
        removed.settled
    }
}

#[async_trait]
impl MessageQueue for EmbeddedQueue {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        let (queue, messages) = (queue.clone(), messages.to_vec());
        let answers = self
            .core
            .write("enqueue", move |view| line::enqueue(view, &queue, messages, now))
            .await?;
        self.core.enqueued.notify_waiters();
        Ok(answers)
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        let mut waited = Duration::ZERO;
        loop {
            let enqueued = self.core.enqueued.notified();
            tokio::pin!(enqueued);
            enqueued.as_mut().enable();
            let taken = self.take(queues, receive, now.saturating_add(waited)).await?;
            let left = receive.wait.saturating_sub(waited);
            if !taken.is_empty() || left.is_zero() || Handle::try_current().is_err() {
                return Ok(taken);
            }
            let pause = left.min(WAIT_MAX);
            let began = tokio::time::Instant::now();
            // Either way it looks again.
            let _ = tokio::time::timeout(pause, enqueued).await;
            waited += began.elapsed().min(pause).max(Duration::from_millis(1));
        }
    }

    async fn watch(
        &self,
        _queues: &[QueueName],
        _wait: Duration,
        _now: Timestamp,
    ) -> Result<Watched, PortError> {
        Ok(Watched::Unwatched)
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        let receipt = receipt.clone();
        let removed = self.core.write("ack", move |view| settle::ack(view, &receipt)).await?;
        Ok(self.settled(&removed))
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        let receipt = receipt.clone();
        let settled =
            self.core.write("nack", move |view| settle::nack(view, &receipt, visible_at)).await?;
        self.core.enqueued.notify_waiters();
        Ok(settled)
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        let receipt = receipt.clone();
        self.core.write("extend", move |view| settle::extend(view, &receipt, hidden_until)).await
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        let (receipt, reason) = (receipt.clone(), reason.to_owned());
        let removed =
            self.core.write("bury", move |view| settle::bury(view, &receipt, reason, now)).await?;
        Ok(self.settled(&removed))
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        let (queue, letters) = (queue.clone(), letters.to_vec());
        self.core
            .write("add_dead_letters", move |view| {
                letters.iter().try_for_each(|letter| letter::add(view, &queue, letter))
            })
            .await
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        self.core.read("dead_letters", |rows| letter::list(rows, queue, from, limit))
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let (queue, id) = (queue.clone(), id.clone());
        let replayed = self
            .core
            .write("replay_dead_letter", move |view| letter::replay(view, &queue, &id, now))
            .await?;
        self.core.enqueued.notify_waiters();
        Ok(replayed)
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        let (queue, id) = (queue.clone(), id.clone());
        self.core
            .write("purge_dead_letter", move |view| Ok(letter::take(view, &queue, &id)?.is_some()))
            .await
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        let queue = queue.clone();
        self.core.write("depth", move |view| line::depth(view, &queue)).await
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        // A search would step over all rows that were removed lately, and most queues are empty.
        if self.depth(queue).await? == 0 {
            return Ok(Vec::new());
        }
        self.core.read("ordering_keys", |rows| order::keys(rows, queue, limit))
    }
}
