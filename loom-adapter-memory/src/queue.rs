//! [`MessageQueue`] over maps.

mod channel;
mod letters;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery, QueuedDeadLetter,
    Receipt, Receive, Settled, Watched,
};

use self::channel::{Channel, Delivery};
use crate::shared::Shared;

/// Queues that live as long as the last clone of this handle.
///
/// A receive is never held: with nothing visible it answers at once, whatever its `wait`.
#[derive(Clone, Debug, Default)]
pub struct MemoryQueue {
    queues: Shared<Queues>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queues {
    channels: BTreeMap<QueueName, Channel>,
    // One counter for all deliveries, so that no receipt is mistaken for another.
    last_delivery: u64,
}

impl MemoryQueue {
    pub(crate) fn copy(&self) -> Queues {
        self.queues.copy()
    }

    /// Goes on from a copy. Receipts given since are of no delivery.
    pub(crate) fn continue_from(&self, copy: Queues) {
        let mut queues = self.queues.lock();
        let last_delivery = queues.last_delivery;
        *queues = Queues { last_delivery, ..copy };
    }
}

#[async_trait]
impl MessageQueue for MemoryQueue {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        let mut queues = self.queues.lock();
        let channel = queues.channel(queue);
        Ok(messages.iter().map(|message| channel.enqueue(message, now)).collect())
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        let hidden_until = now.saturating_add(receive.visibility);
        let mut store = self.queues.lock();
        let mut deliveries = Vec::new();
        while deliveries.len() < receive.max {
            let Some(next) = store.receive(queues, hidden_until, now) else { break };
            deliveries.push(next);
        }
        store.hold_back(queues);
        Ok(deliveries)
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
        Ok(self.settle(receipt, Channel::remove))
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        Ok(self.settle(receipt, |channel, delivery| channel.put_back(delivery, visible_at)))
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        Ok(self.settle(receipt, |channel, delivery| channel.hide(delivery, hidden_until)))
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        Ok(self.settle(receipt, |channel, delivery| channel.bury(delivery, reason, now)))
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        let mut queues = self.queues.lock();
        for letter in letters {
            queues.channel(queue).letters.add(letter.clone());
        }
        Ok(())
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        let from = from.map(letters::place).transpose()?;
        let queues = self.queues.lock();
        let page = queues.channels.get(queue).map(|channel| channel.letters.page(from, limit));
        Ok(page.unwrap_or_default())
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        Ok(self.queues.lock().channel(queue).replay(id, now))
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        Ok(self.queues.lock().channel(queue).letters.take(id).is_some())
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        Ok(self.queues.lock().channels.get(queue).map_or(0, Channel::depth))
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        let queues = self.queues.lock();
        let channel = queues.channels.get(queue);
        Ok(channel.map_or_else(Vec::new, |channel| channel.ordering_keys(limit)))
    }
}

impl MemoryQueue {
    /// Does `settle` to what the receipt names. It says whether the receipt was still good.
    fn settle(
        &self,
        receipt: &Receipt,
        settle: impl FnOnce(&mut Channel, Delivery) -> bool,
    ) -> Settled {
        let mut queues = self.queues.lock();
        let channel = queues.channels.get_mut(&receipt.queue);
        // A token of another form is not of here, and so has never been good.
        let delivery = <[u8; 8]>::try_from(&receipt.token[..]).map(u64::from_be_bytes);
        let (Some(channel), Ok(delivery)) = (channel, delivery) else { return Settled::Expired };
        if settle(channel, delivery) { Settled::Done } else { Settled::Expired }
    }
}

impl Queues {
    fn channel(&mut self, queue: &QueueName) -> &mut Channel {
        self.channels.entry(queue.clone()).or_default()
    }

    /// Delivers the first message of all `queues`.
    fn receive(
        &mut self,
        queues: &[QueueName],
        hidden_until: Timestamp,
        now: Timestamp,
    ) -> Option<QueueDelivery> {
        let mut first = None;
        for queue in queues {
            let place = self.channels.get_mut(queue).and_then(|channel| channel.first(now));
            first = first.into_iter().chain(place.map(|place| (place, queue))).min();
        }
        let (_, queue) = first?;
        self.last_delivery += 1;
        let delivery = self.last_delivery;
        let (id, body, attempt) = self.channel(queue).deliver(delivery, hidden_until, now)?;
        let token = Bytes::copy_from_slice(&delivery.to_be_bytes());
        let receipt = Receipt { queue: queue.clone(), token };
        Some(QueueDelivery { receipt, id, body, attempt })
    }

    /// Ends an answer: what could have been in it behind another message is held back again.
    fn hold_back(&mut self, queues: &[QueueName]) {
        for queue in queues {
            self.channels.get_mut(queue).map(Channel::hold_back);
        }
    }
}
