//! A journal asked through two handles in turns, so that neither knows what the other did.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq, Timestamp,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, Handled, JournalCapabilities, JournalStore, Load, Page,
    PortError, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Turn, Undelivered,
};

/// Asks one and then the other.
#[derive(Debug)]
pub struct Alternating {
    handles: [Arc<dyn JournalStore>; 2],
    asked: AtomicUsize,
}

impl Alternating {
    /// A journal over two handles of the same storage.
    #[must_use]
    pub fn new(handles: [Arc<dyn JournalStore>; 2]) -> Self {
        Self { handles, asked: AtomicUsize::new(0) }
    }

    fn next(&self) -> &dyn JournalStore {
        &*self.handles[self.asked.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

#[async_trait]
impl JournalStore for Alternating {
    fn capabilities(&self) -> JournalCapabilities {
        self.handles[0].capabilities()
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        self.next().claim(partition, host, lease, now, dead).await
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        self.next().renew(tenures, lease, now).await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        self.next().release(tenure).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.next().load(tenure, actor, cause).await
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        self.next().commit(tenure, turns, delivered).await
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        self.next().resolve(tenure, actor, expected, commit).await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.next().handled(actor, key, now).await
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        self.next().due(partition, until, limit).await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        self.next().undelivered(partition, from, limit).await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        self.next().sweep(partition, now, from).await
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        self.next().delete(tenure, actor, expected).await
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.next().read(actor, from, limit).await
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.next().actors(partition, from, limit).await
    }
}
