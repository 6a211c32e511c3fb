//! [`JournalStore`] over maps.

mod actor;
mod commit;
mod partition;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, Incarnation, MessageId, PartitionId,
    Seq, Timestamp,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, ErrorKind, Fenced, Handled, JournalCapabilities,
    JournalStore, Load, Loaded, Page, PortError, Renewal, Resolution, StoredRecord, Tenure,
    TenureClaim, Turn, Undelivered,
};

use self::actor::Actor;
use self::partition::Partition;
use crate::shared::Shared;

const TURN_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Journals that live as long as the last clone of this handle.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    journals: Shared<Journals>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Journals {
    partitions: BTreeMap<PartitionId, Partition>,
    // Apart from the partitions, because people read a journal by the actor's name alone.
    actors: BTreeMap<ActorId, Actor>,
    /// How often something was forgotten.
    failovers: u64,
}

/// After so many deletions within one past, an incarnation would be taken for one of the next.
const DELETIONS_MAX_LOG2: u32 = 32;

#[async_trait]
impl JournalStore for MemoryJournal {
    fn capabilities(&self) -> JournalCapabilities {
        JournalCapabilities { turn_bytes_max: TURN_BYTES_MAX, durability: "memory" }
    }

    async fn claim(
        &self,
        partition: PartitionId,
        host: &HostId,
        lease: Duration,
        now: Timestamp,
        dead: Option<&HostId>,
    ) -> Result<TenureClaim, PortError> {
        let mut journals = self.journals.lock();
        let claimed = journals.partitions.entry(partition).or_default();
        Ok(claimed.claim(partition, (host, dead), now.saturating_add(lease), now))
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
        let until = now.saturating_add(lease);
        let mut journals = self.journals.lock();
        let renewal = |tenure: &Tenure| match journals.owned(tenure) {
            Ok(owned) => {
                owned.renew(until);
                Renewal::Renewed { until }
            }
            Err(fenced) => Renewal::Lost(fenced),
        };
        Ok(tenures.iter().map(renewal).collect())
    }

    async fn release(&self, tenure: &Tenure) -> Result<(), PortError> {
        if let Ok(owned) = self.journals.lock().owned(tenure) {
            owned.release();
        }
        Ok(())
    }

    async fn load(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        cause: Option<&MessageId>,
    ) -> Result<Load, PortError> {
        let mut journals = self.journals.lock();
        if let Err(fenced) = journals.owned(tenure) {
            return Ok(Load::Fenced(fenced));
        }
        let attempts = cause.map_or(0, |cause| journals.actor(actor).note(cause));
        Ok(Load::Loaded(Loaded { attempts, ..journals.known(actor).load() }))
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        self.journals.lock().commit(tenure, turns, delivered)
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        let mut journals = self.journals.lock();
        if let Err(fenced) = journals.owned(tenure) {
            return Ok(Resolution::Fenced(fenced));
        }
        let known = journals.known(actor);
        let (head, found) = (known.head(), known.commit_at(expected.next().seq));
        Ok(match found {
            Some(found) if found == commit => Resolution::Committed,
            // Neither a journal that is still short of the place, nor one that ends just
            // before it, rules out that the turn arrives.
            _ if expected >= head => Resolution::Absent,
            _ => Resolution::Superseded { head },
        })
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        Ok(self.journals.lock().actors.get(actor).and_then(|actor| actor.handled(key, now)))
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        let journals = self.journals.lock();
        Ok(journals.partitions.get(&partition).map(|p| p.due(until, limit)).unwrap_or_default())
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
        let from = from.map_or(Ok((Epoch(0), 0)), partition::outbox_place)?;
        let journals = self.journals.lock();
        let page = journals.partitions.get(&partition).map(|p| p.undelivered(from, limit));
        Ok(page.unwrap_or_default())
    }

    async fn sweep(
        &self,
        partition: PartitionId,
        now: Timestamp,
        _from: Option<&Cursor>,
    ) -> Result<Option<Cursor>, PortError> {
        let Journals { partitions, actors, .. } = &mut *self.journals.lock();
        let Some(swept) = partitions.get_mut(&partition) else { return Ok(None) };
        for (actor, key) in swept.take_expired(now) {
            if let Some(actor) = actors.get_mut(&actor) {
                actor.forget_handled(&key);
            }
        }
        // What was swept is gone, so the rest always begins at the beginning.
        Ok(swept.has_expired(now).then(|| Cursor(Bytes::new())))
    }

    async fn delete(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
    ) -> Result<CommitOutcome, PortError> {
        let mut journals = self.journals.lock();
        if let Err(fenced) = journals.owned(tenure) {
            return Ok(CommitOutcome::Fenced(fenced));
        }
        let deleted = journals.actor(actor);
        if deleted.head() != expected {
            return Ok(CommitOutcome::Conflict { head: deleted.head() });
        }
        let (timers, marks) = deleted.delete();
        if let Ok(owned) = journals.owned(tenure) {
            owned.remove_actor(actor, timers, marks);
        }
        Ok(CommitOutcome::Committed)
    }

    async fn read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
    ) -> Result<Page<StoredRecord>, PortError> {
        let journals = self.journals.lock();
        Ok(journals.actors.get(actor).map(|actor| actor.read(from, limit)).unwrap_or_default())
    }

    async fn actors(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ActorId>, PortError> {
        let start = partition::first_actor(from)?;
        let journals = self.journals.lock();
        let page = journals.partitions.get(&partition).map(|p| p.actors(start, limit));
        Ok(page.unwrap_or_default())
    }
}

impl MemoryJournal {
    pub(crate) fn copy(&self) -> Journals {
        self.journals.copy()
    }

    /// Goes on from a copy. Every tenure has ended, epochs rise from where they were, and every
    /// actor is in another incarnation, this one at the least.
    pub(crate) fn continue_from(&self, copy: Journals) -> Incarnation {
        let mut journals = self.journals.lock();
        let lost = std::mem::replace(&mut *journals, copy);
        journals.failovers = lost.failovers + 1;
        let incarnation = journals.incarnation_min();
        journals.actors.values_mut().for_each(|actor| actor.move_to(incarnation));
        for (id, lost) in lost.partitions {
            journals.partitions.entry(id).or_default().succeed(&lost);
        }
        incarnation
    }
}

impl Journals {
    /// The partition, if `tenure` is its present one.
    fn owned(&mut self, tenure: &Tenure) -> Result<&mut Partition, Fenced> {
        match self.partitions.get_mut(&tenure.partition) {
            Some(partition) => partition.owned(tenure.epoch),
            None => Err(Fenced { epoch: Epoch::default() }),
        }
    }

    fn actor(&mut self, actor: &ActorId) -> &mut Actor {
        let incarnation = self.incarnation_min();
        self.actors.entry(actor.clone()).or_insert_with(|| Actor::of(incarnation))
    }

    /// As [`actor`](Self::actor), to look at.
    fn known(&self, actor: &ActorId) -> Cow<'_, Actor> {
        let known = self.actors.get(actor).map(Cow::Borrowed);
        known.unwrap_or_else(|| Cow::Owned(Actor::of(self.incarnation_min())))
    }

    fn incarnation_min(&self) -> Incarnation {
        Incarnation(self.failovers << DELETIONS_MAX_LOG2)
    }
}

/// A request that breaks a rule the port documents.
fn invalid(operation: &'static str, rule: &'static str) -> PortError {
    PortError::new(ErrorKind::Invalid, operation).with_source(rule)
}
