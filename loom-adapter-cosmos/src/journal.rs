//! [`JournalStore`] over documents, all those of a partition under one key.
//!
//! A commit is one batch: it replaces the document of the tenure, in the version that all was
//! decided on, and creates a document for each turn, which holds everything of it. So the service
//! itself puts the writes of a partition in one order, and whoever is not the owner any more, or
//! does not know of the last write, writes nothing.

mod append;
mod commit;
mod decide;
mod document;
mod end;
mod finding;
mod known;
mod outbox;
mod payload;
mod place;
mod reading;
mod sweep;
mod tenure;
mod turn;
mod write;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, MessageId, PartitionCount, PartitionId, Seq,
    Timestamp, partition_of,
};
use loom_ports::{
    BlobStore, CommitOutcome, Cursor, Delivered, Due, ErrorKind, Fenced, Handled,
    JournalCapabilities, JournalStore, Load, Page, PortError, Renewal, Resolution, StoredRecord,
    Tenure, TenureClaim, Turn, Undelivered,
};

use self::append::{Occasion, end_life};
use self::known::Known;
use self::write::{Outcome, Write, new_id};
use crate::connection::Answer;
use crate::documents::RACES_MAX;
use crate::error::Failure;
use crate::items::Items;
use crate::settings::CosmosSettings;

/// The largest turn in a document, which is a third larger, and has to fit two megabytes with what
/// else it says.
const TURN_BYTES_MAX: usize = 1024 * 1024;
/// The largest turn where large ones are kept apart.
const TURN_BYTES_MAX_APART: usize = 8 * 1024 * 1024;
/// How many documents are read at once.
const READ_AT_ONCE: usize = 16;
const PURPOSE_COMMIT: &str = "commit";

/// Journals in Cosmos DB.
#[derive(Debug)]
pub(crate) struct CosmosJournal {
    items: Items,
    partitions: PartitionCount,
    /// How long a write is tried whose answers do not come.
    patience: Duration,
    durability: &'static str,
    /// Where large turns are kept.
    payloads: Option<Arc<dyn BlobStore>>,
    known: Mutex<HashMap<PartitionId, Arc<Known>>>,
    checks: Checks,
}

/// What a commit checks: everything, but in tests of the tests.
#[derive(Clone, Copy, Debug)]
struct Checks {
    version: bool,
    epoch: bool,
    duplicates: bool,
}

impl CosmosJournal {
    pub(crate) fn new(
        items: Items,
        settings: &CosmosSettings,
        durability: &'static str,
        payloads: Option<Arc<dyn BlobStore>>,
    ) -> Self {
        let CosmosSettings { partitions, response_timeout: patience, .. } = *settings;
        let checks = Checks { version: true, epoch: true, duplicates: true };
        let known = Mutex::default();
        Self { items, partitions, patience, durability, payloads, known, checks }
    }

    fn known(&self, partition: PartitionId) -> Arc<Known> {
        // Nothing panics while it holds the lock.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(partition).or_default().clone()
    }

    /// The partition that an actor belongs to.
    fn home(&self, actor: &ActorId) -> PartitionId {
        partition_of(actor.as_str().as_bytes(), self.partitions)
    }

    async fn try_delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Answer<CommitOutcome> {
        let partition = tenure.partition;
        let known = self.known(partition);
        let _writing = known.writing.lock().await;
        for _ in 0..RACES_MAX {
            let Some(seen) = self.look("delete", partition).await? else {
                return Ok(CommitOutcome::Fenced(Fenced { epoch: loom_core::Epoch::default() }));
            };
            if let Err(fenced) = seen.check(tenure.epoch)? {
                return Ok(CommitOutcome::Fenced(fenced));
            }
            let end = self.end("delete", partition, &seen, actor).await?;
            if end.head != expected {
                return Ok(CommitOutcome::Conflict { head: end.head });
            }
            let held = seen.held.next(&new_id())?;
            let (epoch, write) = (tenure.epoch, held.writes()?);
            let (end, written) = end_life(actor, expected, Occasion { partition, epoch, write });
            let write = Write {
                purpose: "delete",
                seen: Some(&seen),
                held,
                lease: None,
                turns: vec![written],
                ends: vec![(actor.clone(), end)],
            };
            if let Outcome::Done(_) = self.write(partition, write).await? {
                return Ok(CommitOutcome::Committed);
            }
        }
        Err(Failure::Contended)
    }
}

#[async_trait]
impl JournalStore for CosmosJournal {
    fn capabilities(&self) -> JournalCapabilities {
        JournalCapabilities { turn_bytes_max: self.turn_bytes_max(), durability: self.durability }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        let claimed = self.try_claim(partition, (host, dead), lease, now).await;
        claimed.map_err(|failure| failure.at("claim"))
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        self.try_renew(tenures, lease, now).await.map_err(|failure| failure.at("renew"))
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        self.try_release(tenure).await.map_err(|failure| failure.at("release"))
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        self.try_load(tenure, actor, cause).await.map_err(|failure| failure.at("load"))
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        let outcomes = self.try_commit(tenure, turns, delivered).await;
        outcomes.map_err(|failure| failure.at("commit"))
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        let resolved = self.try_resolve(tenure, actor, expected, commit).await;
        resolved.map_err(|failure| failure.at("resolve"))
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.try_handled(actor, key, now).await.map_err(|failure| failure.at("handled"))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        self.try_due(partition, until, limit).await.map_err(|failure| failure.at("due"))
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let found = self.try_undelivered(partition, from, limit).await;
        found.map_err(|failure| failure.at("undelivered"))
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        self.try_sweep(partition, now, from).await.map_err(|failure| failure.at("sweep"))
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        match self.try_delete(tenure, actor, expected).await {
            Err(failure) if failure.kind() == ErrorKind::Indeterminate => {
                Ok(CommitOutcome::Unknown)
            }
            outcome => outcome.map_err(|failure| failure.at("delete")),
        }
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        self.try_read(actor, from, limit).await.map_err(|failure| failure.at("read"))
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        self.try_actors(partition, from, limit).await.map_err(|failure| failure.at("actors"))
    }
}

#[cfg(test)]
mod tests;
