//! Stores that lie.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, MessageId, PartitionId, QueueName, Seq,
    Timestamp, Turn,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, Enqueue, Enqueued, ErrorKind, Fenced, Handled,
    JournalCapabilities, JournalStore, Load, Loaded, MessageQueue, Page, PortError, QueueDelivery,
    QueuedDeadLetter, Receipt, Receive, Renewal, Resolution, Settled, StoredRecord, Stores, Tenure,
    TenureClaim, Undelivered, Watched,
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lie {
    RepeatsEpochs,
    ChecksNoEpoch,
    RenewsForEver,
    ChecksNoHead,
    WritesNothing,
    LosesOutboxes,
    LosesTimers,
    LosesMarks,
    SaysAlready,
    SaysAbsent,
    SaysTooLarge,
    TakesLess,
    LoadsNothing,
    LoadsLess,
    GivesTimersOnce,
    GivesOutboxesOnce,
    KnowsNoKeys,
    TurnsAnswersRound,
    RenamesLetters,
    LosesLetters,
    SaysDuplicate,
    LosesMessages,
    RefusesClaims,
    RefusesRenewals,
    FencesCommits,
    RefusesCommits,
    AcceptsDuplicates,
    RefusesReceipts,
    TakesOldReceipts,
    ForgetsAnswers,
}

/// Stores over `stores`, one of which lies.
pub(super) fn lying(stores: &Stores, lie: Lie) -> Stores {
    let has_lied = AtomicBool::new(false);
    let journal = Lying { inner: Arc::clone(&stores.journal), lie, has_lied };
    let has_lied = AtomicBool::new(false);
    let queue = Lying { inner: Arc::clone(&stores.queue), lie, has_lied };
    Stores { journal: Arc::new(journal), queue: Arc::new(queue), ..stores.clone() }
}

#[derive(Debug)]
struct Lying<P: ?Sized> {
    inner: Arc<P>,
    lie: Lie,
    has_lied: AtomicBool,
}

impl<P: ?Sized> Lying<P> {
    fn is(&self, lie: Lie) -> bool {
        self.lie == lie
    }

    fn is_second(&self) -> bool {
        self.has_lied.swap(true, Ordering::Relaxed)
    }
}

#[async_trait]
impl JournalStore for Lying<dyn JournalStore> {
    fn capabilities(&self) -> JournalCapabilities {
        let capabilities = self.inner.capabilities();
        let less = self.is(Lie::TakesLess);
        let turn_bytes_max = if less { 100 } else { capabilities.turn_bytes_max };
        JournalCapabilities { turn_bytes_max, ..capabilities }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        if self.is(Lie::RefusesClaims) && host.as_str() == "two" {
            let by = HostId::parse("nobody").unwrap();
            return Ok(TenureClaim::Held { by, until: Timestamp::MAX });
        }
        match self.inner.claim(partition, host, lease, now, dead).await {
            Ok(TenureClaim::Granted(tenure)) if self.is(Lie::RepeatsEpochs) => {
                Ok(TenureClaim::Granted(Tenure { epoch: Epoch(1), ..tenure }))
            }
            answer => answer,
        }
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        if self.is(Lie::RefusesRenewals) {
            let lost = |tenure: &Tenure| Renewal::Lost(Fenced { epoch: tenure.epoch });
            return Ok(tenures.iter().map(lost).collect());
        }
        if self.is(Lie::RenewsForEver) {
            return Ok(vec![Renewal::Renewed { until: Timestamp::MAX }; tenures.len()]);
        }
        self.inner.renew(tenures, lease, now).await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        self.inner.release(tenure).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        let loaded = self.inner.load(tenure, actor, cause).await?;
        Ok(match loaded {
            Load::Loaded(_) if self.is(Lie::LoadsNothing) => Load::Loaded(Loaded::default()),
            Load::Loaded(mut loaded) if self.is(Lie::LoadsLess) => {
                loaded.records.pop();
                Load::Loaded(loaded)
            }
            loaded => loaded,
        })
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let mut tenure = tenure.clone();
        if self.is(Lie::ChecksNoEpoch) {
            let asked = self.inner.commit(&tenure, &[turns[0].clone()], &[]).await?;
            if let CommitOutcome::Fenced(Fenced { epoch }) = asked[0] {
                tenure.epoch = epoch;
            }
        }
        let mut turns = turns.to_vec();
        for turn in &mut turns {
            match self.lie {
                Lie::LosesOutboxes => turn.outbox.clear(),
                Lie::LosesTimers => turn.timers.clear(),
                Lie::LosesMarks => turn.handled = None,
                Lie::ChecksNoHead => turn.expected.seq = Seq(1),
                _ => {}
            }
        }
        match self.lie {
            Lie::WritesNothing => return Ok(vec![CommitOutcome::Committed; turns.len()]),
            Lie::FencesCommits => {
                let fenced = CommitOutcome::Fenced(Fenced { epoch: tenure.epoch });
                return Ok(vec![fenced; turns.len()]);
            }
            Lie::RefusesCommits => {
                let head = turns[0].expected;
                return Ok(vec![CommitOutcome::Conflict { head }; turns.len()]);
            }
            Lie::SaysAlready => return Ok(vec![CommitOutcome::Already; turns.len()]),
            Lie::SaysTooLarge => {
                let too_large = CommitOutcome::TooLarge { bytes: 9, bytes_max: 8 };
                return Ok(vec![too_large; turns.len()]);
            }
            _ => {}
        }
        self.inner.commit(&tenure, &turns, delivered).await
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        if self.is(Lie::SaysAbsent) {
            return Ok(Resolution::Absent);
        }
        self.inner.resolve(tenure, actor, expected, commit).await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        if self.is(Lie::KnowsNoKeys) {
            return Ok(None);
        }
        self.inner.handled(actor, key, now).await
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        if self.is(Lie::GivesTimersOnce) && self.is_second() {
            return Ok(Due::default());
        }
        self.inner.due(partition, until, limit).await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        if self.is(Lie::GivesOutboxesOnce) && self.is_second() {
            return Ok(Page::default());
        }
        self.inner.undelivered(partition, from, limit).await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        self.inner.sweep(partition, now, from).await
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        self.inner.delete(tenure, actor, expected).await
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.inner.read(actor, from, limit).await
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.inner.actors(partition, from, limit).await
    }
}

#[async_trait]
impl MessageQueue for Lying<dyn MessageQueue> {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        match self.lie {
            Lie::AcceptsDuplicates => {
                let anew = messages.iter().map(|it| Enqueue { dedup: None, ..it.clone() });
                self.inner.enqueue(queue, &anew.collect::<Vec<_>>(), now).await
            }
            Lie::SaysDuplicate => Ok(vec![Enqueued::Duplicate; messages.len()]),
            Lie::LosesMessages => Ok(vec![Enqueued::Accepted; messages.len()]),
            _ => self.inner.enqueue(queue, messages, now).await,
        }
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        let mut deliveries = self.inner.receive(queues, receive, now).await?;
        if self.is(Lie::TurnsAnswersRound) {
            deliveries.reverse();
        }
        Ok(deliveries)
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
        match self.lie {
            Lie::RefusesReceipts => Ok(Settled::Expired),
            Lie::TakesOldReceipts => Ok(Settled::Done),
            Lie::ForgetsAnswers => {
                let _ = self.inner.ack(receipt).await?;
                Err(PortError::new(ErrorKind::Indeterminate, "ack"))
            }
            _ => self.inner.ack(receipt).await,
        }
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
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
        match self.lie {
            Lie::LosesLetters => return Ok(()),
            Lie::RenamesLetters => {
                for letter in &mut letters {
                    letter.id = MessageId::parse("another").unwrap();
                }
            }
            _ => {}
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
