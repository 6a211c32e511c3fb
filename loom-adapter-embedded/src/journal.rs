//! [`JournalStore`] over rows.

mod actor;
mod commit;
mod deletion;
mod load;
mod mark;
mod record;
mod tenure;
mod timer;

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

pub(crate) use actor::Actors;
pub(crate) use tenure::Tenures;

use crate::stores::Core;

/// The largest turn. What is larger would fill the engine's buffer on its own.
const TURN_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Journals in a directory. Tenures outlive a restart; leases end with it.
#[derive(Debug)]
pub(crate) struct EmbeddedJournal {
    core: Arc<Core>,
}

impl EmbeddedJournal {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl JournalStore for EmbeddedJournal {
    fn capabilities(&self) -> JournalCapabilities {
        JournalCapabilities {
            turn_bytes_max: TURN_BYTES_MAX,
            durability: self.core.durability().name(),
        }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        let (host, dead) = (host.clone(), dead.cloned());
        self.core
            .write("claim", move |view| {
                tenure::claim(view, partition, (host, dead.as_ref()), lease, now)
            })
            .await
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        let tenures = tenures.to_vec();
        self.core
            .write("renew", move |view| {
                tenures.iter().map(|tenure| tenure::renew(view, tenure, lease, now)).collect()
            })
            .await
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        let tenure = tenure.clone();
        self.core.write("release", move |view| tenure::release(view, &tenure)).await
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        let (tenure, actor, cause) = (tenure.clone(), actor.clone(), cause.cloned());
        self.core.write("load", move |view| load::load(view, &tenure, &actor, cause.as_ref())).await
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let count = turns.len();
        let (tenure, turns, delivered) = (tenure.clone(), turns.to_vec(), delivered.to_vec());
        let outcome = self
            .core
            .write("commit", move |view| commit::commit(view, &tenure, turns, &delivered))
            .await;
        match outcome {
            Err(error) if error.kind() == ErrorKind::Indeterminate => {
                Ok(vec![CommitOutcome::Unknown; count])
            }
            outcome => outcome,
        }
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        let (tenure, actor) = (tenure.clone(), actor.clone());
        self.core
            .write("resolve", move |view| commit::resolve(view, &tenure, &actor, expected, commit))
            .await
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.core.read("handled", |rows| mark::handled(rows, actor, key, now))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        self.core.write("due", move |view| timer::due(view, partition, until, limit)).await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let from = from.cloned();
        self.core
            .write("undelivered", move |view| {
                commit::undelivered(view, partition, from.as_ref(), limit)
            })
            .await
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        let from = from.cloned();
        self.core.write("sweep", move |view| mark::sweep(view, partition, now, from.as_ref())).await
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let (tenure, actor) = (tenure.clone(), actor.clone());
        let outcome = self
            .core
            .write("delete", move |view| deletion::delete(view, &tenure, &actor, expected))
            .await;
        match outcome {
            Err(error) if error.kind() == ErrorKind::Indeterminate => Ok(CommitOutcome::Unknown),
            outcome => outcome,
        }
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.core.read("read", |rows| record::read(rows, actor, from, limit))
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.core.read("actors", |rows| actor::list(rows, partition, from, limit))
    }
}
