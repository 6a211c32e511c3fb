//! A journal store behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq, Timestamp,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, ErrorKind, Handled, JournalCapabilities, JournalStore,
    Load, Page, PortError, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Turn,
    Undelivered,
};

use super::FaultPlan;

/// Wraps a journal store and fails its calls as planned.
///
/// An indeterminate commit is answered `Unknown`, as the port promises.
#[derive(Debug)]
pub struct FaultyJournal {
    inner: Arc<dyn JournalStore>,
    plan: FaultPlan,
}

impl FaultyJournal {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn JournalStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

fn unknown<T>(answer: Result<T, PortError>, unknown: T) -> Result<T, PortError> {
    match answer {
        Err(error) if error.kind() == ErrorKind::Indeterminate => Ok(unknown),
        answer => answer,
    }
}

#[async_trait]
impl JournalStore for FaultyJournal {
    fn capabilities(&self) -> JournalCapabilities {
        self.inner.capabilities()
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
    ) -> Result<TenureClaim, PortError> {
        self.plan.call("claim", || self.inner.claim(partition, host, lease, now)).await
    }

    async fn renew(
        &self,
        tenure: &Tenure,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Renewal, PortError> {
        self.plan.call("renew", || self.inner.renew(tenure, lease, now)).await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        self.plan.call("release", || self.inner.release(tenure)).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.plan.call("load", || self.inner.load(tenure, actor, cause)).await
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let answer = self.plan.call("commit", || self.inner.commit(tenure, turns, delivered)).await;
        unknown(answer, vec![CommitOutcome::Unknown; turns.len()])
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        self.plan.call("resolve", || self.inner.resolve(tenure, actor, expected, commit)).await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.plan.call("handled", || self.inner.handled(actor, key, now)).await
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        self.plan.call("due", || self.inner.due(partition, until, limit)).await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        self.plan.call("undelivered", || self.inner.undelivered(partition, from, limit)).await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        self.plan.call("sweep", || self.inner.sweep(partition, now, from)).await
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let answer = self.plan.call("delete", || self.inner.delete(tenure, actor, expected)).await;
        unknown(answer, CommitOutcome::Unknown)
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.plan.call("read", || self.inner.read(actor, from, limit)).await
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.plan.call("actors", || self.inner.actors(partition, from, limit)).await
    }
}
