//! What each defect does.

use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq, Timestamp,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, Handled, JournalCapabilities, JournalStore, Load,
    Loaded, Page, PortError, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, TimerChange,
    Turn, Undelivered,
};

use super::{Broken, Defect, Memory};
use crate::broken::{counted_page, or_empty};

#[async_trait]
impl JournalStore for Broken {
    fn capabilities(&self) -> JournalCapabilities {
        // It survives what these tests take for a restart.
        JournalCapabilities { durability: "test", ..self.inner.capabilities() }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        let takes_anything = self.has(Defect::TakesWhatIsHeld)
            || dead.is_some() && self.has(Defect::BuriesTheLiving);
        let now = if takes_anything { Timestamp::MAX } else { now };
        let claim = self.inner.claim(partition, host, lease, now, dead).await?;
        if let TenureClaim::Granted(tenure) = &claim {
            self.remember(|memory| memory.granted.insert(partition, tenure.clone()));
            if self.has(Defect::RepeatsEpochs) {
                return Ok(TenureClaim::Granted(Tenure { epoch: Epoch(1), ..tenure.clone() }));
            }
        }
        Ok(claim)
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        let present: Vec<_> = tenures.iter().map(|tenure| self.present(tenure)).collect();
        if self.has(Defect::RenewsAllOrNone) {
            let mut renewals = Vec::new();
            for tenure in &present {
                match self.inner.renew(std::slice::from_ref(tenure), lease, now).await?[..] {
                    [lost @ Renewal::Lost(_)] => return Ok(vec![lost; tenures.len()]),
                    ref renewed => renewals.extend_from_slice(renewed),
                }
            }
            return Ok(renewals);
        }
        self.inner.renew(&present, lease, now).await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        if self.has(Defect::ReleasesNothing) {
            return Ok(());
        }
        self.inner.release(&self.present(tenure)).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.remember(|memory| memory.loaded.push(actor.clone()));
        let mut loaded = match self.inner.load(&self.present(tenure), actor, cause).await {
            Ok(Load::Loaded(loaded)) => loaded,
            Err(_) if self.has(Defect::IsEmptyWhenOutOfReach) => Loaded::default(),
            answer => return answer,
        };
        if self.has(Defect::LoadsTheSnapshotAlone) {
            loaded.records.truncate(1);
        }
        if self.has(Defect::CountsNoAttempts) {
            loaded.attempts = loaded.attempts.min(1);
        }
        if self.has(Defect::CountsForEver) && cause.is_some() {
            loaded.attempts = self.remember(|memory| {
                memory.attempts += 1;
                memory.attempts
            });
        }
        Ok(Load::Loaded(loaded))
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let tenure = &self.present(tenure);
        let mut sent = Vec::new();
        for turn in turns {
            sent.push(self.garbled(turn).await?);
        }
        let delivered = self.garbled_delivered(tenure, delivered);
        let one_by_one = self.has(Defect::GoesOnAfterFailure) || self.has(Defect::StopsAtFailure);
        let mut outcomes = Vec::new();
        if one_by_one {
            self.inner.commit(tenure, &[], &delivered).await?;
            for turn in &sent {
                let failed = !outcomes.iter().all(|done| *done == CommitOutcome::Committed);
                outcomes.extend(if failed && self.has(Defect::StopsAtFailure) {
                    vec![CommitOutcome::Conflict { head: turn.expected }]
                } else {
                    self.inner.commit(tenure, std::slice::from_ref(turn), &[]).await?
                });
            }
        } else {
            outcomes = self.inner.commit(tenure, &sent, &delivered).await?;
        }
        for (turn, outcome) in sent.into_iter().zip(&mut outcomes) {
            *outcome = self.garbled_outcome(tenure, turn, *outcome).await?;
        }
        if self.has(Defect::MixesAnswersUp) {
            outcomes.sort_by_key(|outcome| *outcome != CommitOutcome::Committed);
        }
        Ok(outcomes)
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        match self.inner.resolve(&self.present(tenure), actor, expected, commit).await {
            Ok(Resolution::Superseded { .. }) if self.has(Defect::SaysAbsentForever) => {
                Ok(Resolution::Absent)
            }
            answer => answer,
        }
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        let now = if self.has(Defect::KeepsExpiredMarks) { Timestamp::EPOCH } else { now };
        let answer = self.inner.handled(actor, key, now).await;
        if self.has(Defect::MarksBeforeItCommits) || self.has(Defect::KeepsDeletedMarks) {
            let place = (actor.clone(), key.clone());
            return Ok(answer?.or(self.remember(|memory| memory.marked.get(&place).cloned())));
        }
        if self.has(Defect::IsEmptyWhenOutOfReach) { or_empty(answer) } else { answer }
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        let limit = if self.has(Defect::GivesAllThatIsDue) { usize::MAX } else { limit };
        let due = self.inner.due(partition, until, limit).await?;
        let next = if self.has(Defect::SaysNothingOfTheNext) { None } else { due.next };
        Ok(Due { next, ..due })
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        if self.has(Defect::CountsPages) {
            let all = self.inner.undelivered(partition, None, usize::MAX).await?;
            return Ok(counted_page(&all.items, from, limit));
        }
        self.inner.undelivered(partition, from, limit).await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        let now = if self.has(Defect::SweepsEverything) { Timestamp::MAX } else { now };
        let next = self.inner.sweep(partition, now, from).await?;
        Ok(next.filter(|_| !self.has(Defect::SweepsOnce)))
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let tenure = &self.present(tenure);
        if self.has(Defect::DeletesTheOutbox) {
            let all = self.inner.undelivered(tenure.partition, None, usize::MAX).await?.items;
            let all: Vec<_> =
                all.iter().map(|entry| Delivered { epoch: entry.epoch, n: entry.n }).collect();
            self.inner.commit(tenure, &[], &all).await?;
        }
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
        if self.has(Defect::ListsWhoNeverWrote) {
            let items = self.remember(|memory| memory.loaded.clone());
            return Ok(Page { items, next: None });
        }
        self.inner.actors(partition, from, limit).await
    }
}

impl Broken {
    fn remember<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.lock().unwrap())
    }

    /// The tenure that is checked: the caller's, unless nobody looks at that.
    fn present(&self, tenure: &Tenure) -> Tenure {
        if self.has(Defect::ChecksNoEpoch) || self.has(Defect::RepeatsEpochs) {
            let last = self.remember(|memory| memory.granted.get(&tenure.partition).cloned());
            return last.unwrap_or_else(|| tenure.clone());
        }
        tenure.clone()
    }

    /// The turn, as it is written.
    async fn garbled(&self, turn: &Turn) -> Result<Turn, PortError> {
        let mut turn = turn.clone();
        if self.has(Defect::SendsNothing) {
            turn.outbox.clear();
        }
        if self.has(Defect::TrimsAnything) && !turn.snapshot {
            turn.trim_before = None;
        }
        if self.has(Defect::ClearsNothing) {
            turn.timers.retain(|change| matches!(change, TimerChange::Set(..)));
        }
        if let Some(Seq(count)) = turn.trim_before
            && self.has(Defect::TrimsByCount)
        {
            let left = self.inner.read(&turn.actor, Seq::EMPTY, 1).await?.items;
            let trimmed = left.first().map_or(0, |first| first.seq.0 - 1);
            // Past the last snapshot it would be refused, and could not do its harm.
            let end = if turn.snapshot { turn.expected.seq.next() } else { turn.expected.seq };
            turn.trim_before = Some(Seq((trimmed + count).min(end.0)));
        }
        if let Some(mark) = &turn.handled
            && (self.has(Defect::MarksBeforeItCommits) || self.has(Defect::KeepsDeletedMarks))
        {
            let place = (turn.actor.clone(), mark.key.clone());
            self.remember(|memory| memory.marked.insert(place, mark.handled.clone()));
        }
        Ok(turn)
    }

    fn garbled_delivered(&self, tenure: &Tenure, delivered: &[Delivered]) -> Vec<Delivered> {
        match self.defect {
            Some(Defect::ForgetsNothing) => Vec::new(),
            Some(Defect::ForgetsByNumber) => (0..=tenure.epoch.0)
                .flat_map(|epoch| delivered.iter().map(move |one| (epoch, one.n)))
                .map(|(epoch, n)| Delivered { epoch: Epoch(epoch), n })
                .collect(),
            _ => delivered.to_vec(),
        }
    }

    async fn garbled_outcome(
        &self,
        tenure: &Tenure,
        turn: Turn,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, PortError> {
        match outcome {
            CommitOutcome::Conflict { head } if self.has(Defect::ChecksNoSequence) => {
                let turn = Turn { expected: head, ..turn };
                Ok(self.inner.commit(tenure, &[turn], &[]).await?[0])
            }
            CommitOutcome::Already if self.has(Defect::KnowsNoCommitIds) => {
                Ok(CommitOutcome::Conflict { head: turn.expected.next() })
            }
            outcome => Ok(outcome),
        }
    }
}
