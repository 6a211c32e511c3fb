//! The journal, judged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq, Timestamp, Turn,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, ErrorKind, Handled, JournalCapabilities, JournalStore,
    Load, Page, PortError, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Undelivered,
};
use tokio::sync::Mutex as Turnstile;

use super::picture::Picture;
use super::turn::Bench;
use super::{Audit, Kept};

/// The journal as one opening has it.
#[derive(Debug)]
pub(super) struct Audited {
    audit: Arc<Audit>,
    inner: Arc<dyn JournalStore>,
    opening: u64,
    turn_bytes_max: usize,
    /// Changes of a partition reach the store one after another, so that it is known in which
    /// order it made them.
    order: Mutex<BTreeMap<PartitionId, Arc<Turnstile<()>>>>,
}

impl Audited {
    pub(super) fn new(audit: &Arc<Audit>, opening: u64, inner: Arc<dyn JournalStore>) -> Self {
        let turn_bytes_max = inner.capabilities().turn_bytes_max;
        let (audit, order) = (Arc::clone(audit), Mutex::default());
        Self { audit, inner, opening, turn_bytes_max, order }
    }

    fn bench(&self) -> Bench<'_> {
        Bench { laws: &self.audit.laws, turn_bytes_max: self.turn_bytes_max }
    }

    fn order(&self, partition: PartitionId) -> Arc<Turnstile<()>> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(order.entry(partition).or_default())
    }

    fn check_open(&self, operation: &'static str) -> Result<(), PortError> {
        if self.audit.is_open(self.opening) {
            return Ok(());
        }
        Err(PortError::new(ErrorKind::Indeterminate, operation))
    }

    /// Makes one change of some partitions, and judges its answer unless power was lost meanwhile.
    async fn change<T>(
        &self,
        partitions: &[PartitionId],
        operation: &'static str,
        change: impl Future<Output = Result<T, PortError>>,
        judge: impl FnOnce(&mut Picture, &Result<T, PortError>) -> Kept,
    ) -> Result<T, PortError> {
        self.check_open(operation)?;
        for partition in partitions {
            self.audit.picture().begin_change(*partition);
        }
        let answer = change.await;
        if self.audit.is_open(self.opening) {
            self.audit.judge(|picture| {
                for partition in partitions {
                    picture.end_change(*partition);
                }
                judge(picture, &answer)
            });
        }
        answer
    }

    /// Reads, and judges the answer unless something was changed meanwhile.
    async fn look<T>(
        &self,
        partition: Option<PartitionId>,
        operation: &'static str,
        read: impl Future<Output = Result<T, PortError>>,
        judge: impl FnOnce(&mut Picture, &T) -> Kept,
    ) -> Result<T, PortError> {
        self.check_open(operation)?;
        let quiet = |audit: &Audit| audit.picture().quiet(partition);
        let before = quiet(&self.audit);
        let answer = read.await;
        if let Ok(answer) = &answer
            && before.is_some()
            && before == quiet(&self.audit)
            && self.audit.is_open(self.opening)
        {
            self.audit.judge(|picture| judge(picture, answer));
        }
        answer
    }

    fn partition_of(&self, actor: &ActorId) -> Option<PartitionId> {
        self.audit.picture().actors.get(actor).map(|actor| actor.partition)
    }

    async fn reconcile(&self, actor: &ActorId) {
        self.audit.reconcile((self.opening, &*self.inner), &self.bench(), actor).await;
    }
}

#[async_trait]
impl JournalStore for Audited {
    fn capabilities(&self) -> JournalCapabilities {
        self.inner.capabilities()
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        let order = self.order(partition);
        let _turn = order.lock().await;
        let claim = self.inner.claim(partition, host, lease, now, dead);
        let world = &self.audit.world;
        self.change(&[partition], "claim", claim, |picture, answer| {
            let tenure = match answer {
                Ok(TenureClaim::Granted(tenure)) => tenure,
                Ok(TenureClaim::Held { by, until }) => {
                    return picture.held((partition, host, dead), (by, *until), now);
                }
                Err(_) => {
                    picture.tenure_unknown(partition);
                    return Ok(());
                }
            };
            let Tenure { epoch, .. } = tenure;
            world.note(&[b"claim", &partition.0.to_le_bytes(), &epoch.0.to_le_bytes()]);
            world.tell(|| format!("partition {partition} granted to {host} with epoch {epoch}"));
            picture.granted(partition, host, (tenure, now.saturating_add(lease)))
        })
        .await
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        let mut partitions: Vec<_> = tenures.iter().map(|tenure| tenure.partition).collect();
        // In one order, so that no two wait for each other.
        partitions.sort_unstable();
        let order: Vec<_> = partitions.iter().map(|partition| self.order(*partition)).collect();
        let mut turns = Vec::new();
        for turnstile in &order {
            turns.push(turnstile.lock().await);
        }
        let renew = self.inner.renew(tenures, lease, now);
        self.change(&partitions, "renew", renew, |picture, answer| {
            let Ok(renewals) = answer else {
                for partition in &partitions {
                    picture.tenure_unknown(*partition);
                }
                return Ok(());
            };
            tenures.iter().zip(renewals).try_for_each(|(tenure, renewal)| match renewal {
                Renewal::Renewed { until } => picture.renewed(tenure, *until),
                Renewal::Lost(fenced) => picture.fenced(tenure, *fenced),
            })
        })
        .await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        let order = self.order(tenure.partition);
        let _turn = order.lock().await;
        let (partition, world) = (tenure.partition, &self.audit.world);
        self.change(&[partition], "release", self.inner.release(tenure), |picture, answer| {
            if answer.is_ok() {
                world.tell(|| format!("partition {partition} released by epoch {}", tenure.epoch));
                picture.released(tenure);
            } else {
                picture.tenure_unknown(partition);
            }
            Ok(())
        })
        .await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.check_open("load")?;
        self.reconcile(actor).await;
        let load = self.inner.load(tenure, actor, cause);
        self.look(Some(tenure.partition), "load", load, |picture, load| {
            picture.saw_load(tenure, actor, load)
        })
        .await
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let order = self.order(tenure.partition);
        let _turn = order.lock().await;
        self.check_open("commit")?;
        for turn in turns {
            self.reconcile(&turn.actor).await;
        }
        self.audit.picture().begin_commit(tenure, turns, delivered);
        let commit = self.inner.commit(tenure, turns, delivered);
        let answer = self.change(&[tenure.partition], "commit", commit, |_, _| Ok(())).await;
        if !self.audit.is_open(self.opening) {
            return answer;
        }
        self.audit.judge_commit(&self.bench(), (tenure, turns, delivered), &answer);
        if let Ok(outcomes) = &answer {
            let committed = turns.iter().zip(outcomes);
            let committed = committed.filter(|(_, outcome)| **outcome == CommitOutcome::Committed);
            let committed: Vec<_> = committed.map(|(turn, _)| turn).collect();
            if !committed.is_empty() {
                self.audit.look_at_turns((self.opening, &*self.inner), tenure, &committed).await;
            }
        }
        answer
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        self.check_open("resolve")?;
        self.reconcile(actor).await;
        let resolve = self.inner.resolve(tenure, actor, expected, commit);
        self.look(Some(tenure.partition), "resolve", resolve, |picture, resolution| {
            picture.saw_resolution(tenure, actor, (expected, commit), *resolution)
        })
        .await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.check_open("handled")?;
        self.reconcile(actor).await;
        let handled = self.inner.handled(actor, key, now);
        self.look(self.partition_of(actor), "handled", handled, |picture, handled| {
            picture.saw_handled(actor, key, now, handled.as_ref())
        })
        .await
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        let (now, ahead) = (self.audit.world.now(), self.audit.ahead_max());
        self.audit.judge(|picture| picture.asked_for_timers(partition, until, now, ahead));
        let due = self.inner.due(partition, until, limit);
        self.look(Some(partition), "due", due, |picture, due| {
            picture.saw_due(partition, until, limit, due)
        })
        .await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let undelivered = self.inner.undelivered(partition, from, limit);
        self.look(Some(partition), "undelivered", undelivered, |picture, page| {
            picture.saw_undelivered(partition, from, page)
        })
        .await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        let order = self.order(partition);
        let _turn = order.lock().await;
        {
            let mut picture = self.audit.picture();
            let until = picture.swept_until.entry(partition).or_default();
            *until = now.max(*until);
        }
        let sweep = self.inner.sweep(partition, now, from);
        self.change(&[partition], "sweep", sweep, |_, _| Ok(())).await
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let order = self.order(tenure.partition);
        let _turn = order.lock().await;
        self.check_open("delete")?;
        self.reconcile(actor).await;
        let delete = self.inner.delete(tenure, actor, expected);
        self.change(&[tenure.partition], "delete", delete, |picture, answer| match answer {
            Ok(CommitOutcome::Committed) => picture.deleted(tenure, actor, expected),
            Ok(CommitOutcome::Fenced(fenced)) => picture.fenced(tenure, *fenced),
            Ok(CommitOutcome::Conflict { head }) => {
                picture.conflicts(actor, expected, (*head, false))
            }
            _ => Ok(()),
        })
        .await
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.check_open("read")?;
        self.reconcile(actor).await;
        let read = self.inner.read(actor, from, limit);
        self.look(self.partition_of(actor), "read", read, |picture, page| {
            picture.saw_read(actor, from, limit, page)
        })
        .await
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.check_open("actors")?;
        self.inner.actors(partition, from, limit).await
    }
}
