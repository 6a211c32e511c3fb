//! What each defect does.

use std::time::Duration;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Dedup, Enqueue, Enqueued, MessageQueue, Page, PortError, QueueDelivery,
    QueuedDeadLetter, Receipt, Receive, Settled, Watched,
};

use super::{Broken, Defect, Memory};
use crate::broken::{counted_page, or_empty};

#[async_trait]
impl MessageQueue for Broken {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        let mut answers = Vec::new();
        for message in messages {
            let mut message = self.garbled(message);
            let of_a_present_one = message.dedup.as_ref().is_some_and(|Dedup { key, .. }| {
                let (place, id) = ((queue.clone(), key.clone()), message.id.clone());
                self.remember(|memory| {
                    *memory.keys.entry(place).or_insert_with(|| id.clone()) != id
                })
            });
            if self.has(Defect::RemembersKeysOfWhatIsThere) {
                message.dedup = None;
                if of_a_present_one {
                    answers.push(Enqueued::Duplicate);
                    continue;
                }
            }
            if let Some(key) = message.ordering_key {
                self.remember(|memory| memory.ordering_keys.insert(message.id.clone(), key));
            }
            if self.has(Defect::OvertakesDelayed) && message.visible_at > now {
                message.ordering_key = None;
            }
            let visible_at = message.visible_at;
            answers.extend(self.inner.enqueue(queue, &[message], now).await?);
            if visible_at <= now || !self.has(Defect::MissesEndsOfDelays) {
                self.note(queue, visible_at);
            }
        }
        Ok(answers)
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        self.remember(|memory| memory.now = Some(now));
        let mut asked = receive;
        if self.has(Defect::LosesWhatIsNotSettled) {
            asked.visibility = Duration::MAX;
        }
        if self.has(Defect::GivesMoreThanAskedFor) {
            asked.max += 1;
        }
        let first = self.has(Defect::ReceivesFromTheFirstQueue);
        let queues = if first { &queues[..queues.len().min(1)] } else { queues };
        let answer = self.inner.receive(queues, asked, now).await;
        let empty = self.has(Defect::IsEmptyWhenOutOfReach);
        let mut deliveries = if empty { or_empty(answer)? } else { answer? };
        if self.has(Defect::KeepsNoOrder) {
            let keyed = self.remember(|memory| memory.ordering_keys.clone());
            deliveries.sort_by_key(|delivery| keyed.contains_key(&delivery.id));
            let of_keys = deliveries.iter().position(|delivery| keyed.contains_key(&delivery.id));
            deliveries[of_keys.unwrap_or(0)..].reverse();
        }
        let until = now.saturating_add(receive.visibility);
        self.remember(|memory| {
            for delivery in &mut deliveries {
                delivery.attempt += memory.attempts.get(&delivery.id).copied().unwrap_or(0);
                memory.deliveries.insert(delivery.id.clone(), (delivery.clone(), until));
            }
        });
        self.note_received(queues, receive, now, &deliveries);
        Ok(deliveries)
    }

    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        self.watch_noted(queues, wait, now).await
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        let Some(receipt) = self.good(receipt) else { return Ok(Settled::Expired) };
        if let Some(delivery) = self.delivery(&receipt) {
            self.remember(|memory| memory.keys.retain(|_, id| *id != delivery.id));
        }
        self.note_unless(Defect::MissesWhatIsFreed, &receipt, Timestamp::EPOCH);
        self.inner.ack(&receipt).await
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        let Some(receipt) = self.good(receipt) else { return Ok(Settled::Expired) };
        self.note_unless(Defect::MissesReturns, &receipt, visible_at);
        if let Some(delivery) = self.delivery(&receipt)
            && (self.has(Defect::ReturnsWithoutPriority) || self.has(Defect::ReturnsToTheEnd))
        {
            let settled = self.inner.ack(&receipt).await?;
            if settled == Settled::Done {
                let QueueDelivery { id, body, attempt, .. } = delivery;
                self.remember(|memory| memory.attempts.insert(id.clone(), attempt));
                let ordering_key = self.ordering_key(&id);
                let again =
                    Enqueue { id, body, priority: 0, visible_at, dedup: None, ordering_key };
                let _ = self.inner.enqueue(&receipt.queue, &[again], Timestamp::EPOCH).await?;
            }
            return Ok(settled);
        }
        let at_once = self.has(Defect::ReturnsAtOnce);
        self.inner.nack(&receipt, if at_once { Timestamp::EPOCH } else { visible_at }).await
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        let Some(receipt) = self.good(receipt) else { return Ok(Settled::Expired) };
        self.note_unless(Defect::MissesShorterVisibility, &receipt, hidden_until);
        if self.has(Defect::ExtendsNothing) {
            return Ok(Settled::Done);
        }
        self.inner.extend(&receipt, hidden_until).await
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        let Some(receipt) = self.good(receipt) else { return Ok(Settled::Expired) };
        self.note_unless(Defect::MissesWhatIsFreed, &receipt, Timestamp::EPOCH);
        if self.has(Defect::BuriesNothing) {
            return self.inner.ack(&receipt).await;
        }
        self.inner.bury(&receipt, reason, now).await
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        if self.has(Defect::OverwritesLetters) {
            for letter in letters {
                self.inner.purge_dead_letter(queue, &letter.id).await?;
            }
        }
        self.inner.add_dead_letters(queue, letters).await
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        if self.has(Defect::CountsPages) {
            let all = self.inner.dead_letters(queue, None, usize::MAX).await?;
            return Ok(counted_page(&all.items, from, limit));
        }
        let mut page = self.inner.dead_letters(queue, from, limit).await?;
        if self.has(Defect::RenamesLetters) {
            for letter in &mut page.items {
                letter.id = MessageId::parse(&format!("dlq-{}", letter.id)).unwrap();
            }
        }
        Ok(page)
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let letters = self.inner.dead_letters(queue, None, usize::MAX).await?.items;
        if !self.has(Defect::MissesReplays) {
            self.note(queue, now);
        }
        if self.has(Defect::ReplaysWithOrderingKeys)
            && self.inner.purge_dead_letter(queue, id).await?
        {
            let letter = letters.into_iter().find(|letter| letter.id == *id).unwrap();
            let (id, body, ordering_key) = (id.clone(), letter.body, self.ordering_key(id));
            let again =
                Enqueue { id, body, priority: 0, visible_at: now, dedup: None, ordering_key };
            let _ = self.inner.enqueue(queue, &[again], now).await?;
            return Ok(true);
        }
        let replayed = self.inner.replay_dead_letter(queue, id, now).await?;
        if let Some(letter) = letters.into_iter().find(|letter| letter.id == *id) {
            if self.has(Defect::KeepsAttempts) {
                self.remember(|memory| memory.attempts.insert(id.clone(), letter.attempts));
            }
            if self.has(Defect::KeepsReplayedLetters) {
                self.inner.add_dead_letters(queue, &[letter]).await?;
            }
        }
        Ok(replayed)
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        self.inner.purge_dead_letter(queue, id).await
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        let depth = self.inner.depth(queue).await?;
        if self.has(Defect::CountsLetters) {
            let letters = self.inner.dead_letters(queue, None, usize::MAX).await?.items;
            return Ok(depth + u64::try_from(letters.len()).unwrap());
        }
        Ok(depth)
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        let mut keys = self.inner.ordering_keys(queue, limit).await?;
        self.remember(|memory| match self.defect {
            Some(Defect::ListsNoKeysOfReceived) => {
                let received =
                    memory.deliveries.keys().filter_map(|id| memory.ordering_keys.get(id));
                let received: Vec<_> = received.collect();
                keys.retain(|key| !received.contains(&key));
            }
            Some(Defect::ListsKeysOfSettled) => {
                keys = memory.ordering_keys.values().copied().collect();
            }
            Some(Defect::ListsEachKeyOften) => keys.extend(keys.clone()),
            _ => {}
        });
        Ok(keys)
    }
}

impl Broken {
    pub(super) fn remember<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.lock().unwrap())
    }

    fn garbled(&self, message: &Enqueue) -> Enqueue {
        let mut message = message.clone();
        match self.defect {
            Some(Defect::IgnoresDelays) => message.visible_at = Timestamp::EPOCH,
            Some(Defect::IgnoresPriorities) => message.priority = 0,
            Some(Defect::TurnsPrioritiesRound) => message.priority = u8::MAX - message.priority,
            Some(Defect::KnowsNoKeys) => message.dedup = None,
            Some(Defect::HoldsBackNothing) => message.ordering_key = None,
            Some(Defect::RemembersKeysForEver) => {
                message.dedup = message.dedup.map(|Dedup { key, .. }| {
                    let until = Timestamp::MAX;
                    Dedup { key, until }
                });
            }
            _ => {}
        }
        message
    }

    fn ordering_key(&self, id: &MessageId) -> Option<u64> {
        self.remember(|memory| memory.ordering_keys.get(id).copied())
    }

    fn delivery(&self, receipt: &Receipt) -> Option<QueueDelivery> {
        self.remember(|memory| {
            let deliveries = memory.deliveries.values().map(|(delivery, _)| delivery);
            deliveries.clone().find(|delivery| delivery.receipt == *receipt).cloned()
        })
    }

    /// The receipt that is settled, if it is taken to be good.
    fn good(&self, receipt: &Receipt) -> Option<Receipt> {
        self.remember(|memory| match self.defect {
            Some(Defect::EndsReceiptsByTime) => {
                let mut all = memory.deliveries.values();
                let ended = all.any(|(delivery, until)| {
                    delivery.receipt == *receipt && Some(*until) <= memory.now
                });
                (!ended).then(|| receipt.clone())
            }
            Some(Defect::SettlesById) => {
                let mut all = memory.deliveries.values().map(|(delivery, _)| &delivery.receipt);
                all.find(|last| last.queue == receipt.queue).cloned()
            }
            _ => Some(receipt.clone()),
        })
    }
}
