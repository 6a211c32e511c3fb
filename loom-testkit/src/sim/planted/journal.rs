//! The journal with a planted bug.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Handled, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq,
    Timestamp, Turn,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, JournalCapabilities, JournalStore, Load, MessageQueue,
    Page, PortError, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Undelivered,
};

use super::grounds::Grounds;
use super::{Planted as Bug, load};

/// A journal, as it is reached through the bug.
#[derive(Debug)]
pub(super) struct Planted {
    pub(super) grounds: Arc<Grounds>,
    pub(super) inner: Arc<dyn JournalStore>,
    pub(super) queue: Arc<dyn MessageQueue>,
    /// Who asks, once it has claimed something.
    host: Arc<OnceLock<HostId>>,
    /// Of the host's code.
    version: u32,
}

impl Planted {
    pub(super) fn new(
        grounds: &Arc<Grounds>,
        inner: Arc<dyn JournalStore>,
        queue: Arc<dyn MessageQueue>,
        (host, version): (Arc<OnceLock<HostId>>, u32),
    ) -> Self {
        Self { grounds: Arc::clone(grounds), inner, queue, host, version }
    }
}

#[async_trait]
impl JournalStore for Planted {
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
        let _ = self.host.set(host.clone());
        let claim = self.inner.claim(partition, host, lease, now, dead).await?;
        Ok(match claim {
            TenureClaim::Granted(tenure) => TenureClaim::Granted(self.granted(tenure, lease)),
            held @ TenureClaim::Held { .. } => held,
        })
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        let real: Vec<_> = tenures.iter().map(|tenure| self.real(tenure)).collect();
        let renewals = self.inner.renew(&real, lease, now).await?;
        for (tenure, renewal) in tenures.iter().zip(&renewals) {
            if let Renewal::Renewed { .. } = renewal {
                self.lasts(tenure, lease);
            }
        }
        Ok(renewals)
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        self.grounds.seen().leases.remove(&(tenure.partition, tenure.epoch));
        self.inner.release(&self.real(tenure)).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        let answer = self.inner.load(&self.real(tenure), actor, cause).await;
        match answer {
            Ok(Load::Loaded(mut loaded)) => {
                load::spoil(&self.grounds, self.version, actor, &mut loaded);
                Ok(Load::Loaded(loaded))
            }
            answer => self.or_empty(answer, || Load::Loaded(load::nothing())),
        }
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        self.commit_somehow(&self.real(tenure), turns, delivered).await
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        match self.inner.resolve(&self.real(tenure), actor, expected, commit).await? {
            Resolution::Committed if self.grounds.is(Bug::LostUpdate) => Ok(Resolution::Absent),
            resolution => Ok(resolution),
        }
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        let handled = self.inner.handled(actor, key, now).await?;
        Ok(self.handled_instead(actor, key, handled))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        let answer = self.inner.due(partition, until, limit).await;
        let mut due = self.or_empty(answer, Due::default)?;
        if self.grounds.is(Bug::TimerGoneEarly) {
            let mut seen = self.grounds.seen();
            due.timers.retain(|timer| {
                seen.fired.insert((timer.actor.clone(), timer.key.clone(), timer.at))
            });
        }
        Ok(due)
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let answer = self.inner.undelivered(partition, from, limit).await;
        let mut page = self.or_empty(answer, Page::default)?;
        if self.grounds.is(Bug::OneShotRecovery) {
            let mut seen = self.grounds.seen();
            let epoch =
                seen.tenures.get(&partition).map_or_else(Default::default, |(t, _)| t.epoch);
            let found = seen.found.entry((partition, epoch)).or_default();
            page.items.retain(|entry| found.insert((entry.epoch, entry.n)));
        }
        Ok(page)
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
        self.inner.delete(&self.real(tenure), actor, expected).await
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        let mut page = self.inner.read(actor, from, limit).await?;
        if let Some(lost) = self.grounds.seen().lost.get(actor) {
            page.items.retain(|record| record.seq != lost.seq);
        }
        Ok(page)
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
