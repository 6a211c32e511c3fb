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

use super::{FaultPlan, carried};

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
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        carried!(self.claim(val partition, &host, val lease, val now, opt dead))
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        carried!(self.renew(&tenures, val lease, val now))
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        carried!(self.release(&tenure))
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        carried!(self.load(&tenure, &actor, opt cause))
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let answer = carried!(self.commit(&tenure, &turns, &delivered));
        unknown(answer, vec![CommitOutcome::Unknown; turns.len()])
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        carried!(self.resolve(&tenure, &actor, val expected, val commit))
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        carried!(self.handled(&actor, &key, val now))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        carried!(self.due(val partition, val until, val limit))
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        carried!(self.undelivered(val partition, opt from, val limit))
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        carried!(self.sweep(val partition, val now, opt from))
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let answer = carried!(self.delete(&tenure, &actor, val expected));
        unknown(answer, CommitOutcome::Unknown)
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        carried!(self.read(&actor, val from, val limit))
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        carried!(self.actors(val partition, opt from, val limit))
    }
}
