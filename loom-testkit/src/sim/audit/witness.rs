//! Promise 10: an unknown outcome is resolved before anything else of its partition is
//! committed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, MessageId, PartitionId, Seq, Timestamp,
    Turn,
};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, Due, Handled, JournalCapabilities, JournalStore, Load, Page,
    PortError, Renewal, Resolution, Retry, StoredRecord, Tenure, TenureClaim, Undelivered,
};

use super::{Audit, Kept, broken};

type Name = (ActorId, Head, CommitId);

/// The journal as one host sees it.
#[derive(Debug)]
pub(super) struct Witness {
    audit: Arc<Audit>,
    inner: Arc<dyn JournalStore>,
    /// Of each tenure, the turns whose outcome the host does not know.
    unknown: Mutex<BTreeMap<(PartitionId, Epoch), Vec<Name>>>,
}

fn name(turn: &Turn) -> Name {
    (turn.actor.clone(), turn.expected, turn.commit)
}

fn is_refused(outcome: &CommitOutcome) -> bool {
    !matches!(outcome, CommitOutcome::Committed | CommitOutcome::Already | CommitOutcome::Unknown)
}

/// What was built on a lost turn can never be committed, and is not asked about.
fn settle_built_on(unknown: &mut Vec<Name>, actor: &ActorId, lost: Head) {
    unknown.retain(|(its, expected, _)| its != actor || *expected <= lost);
}

impl Witness {
    pub(super) fn new(audit: &Arc<Audit>, inner: Arc<dyn JournalStore>) -> Self {
        Self { audit: Arc::clone(audit), inner, unknown: Mutex::default() }
    }

    fn of<T>(&self, tenure: &Tenure, look: impl FnOnce(&mut Vec<Name>) -> T) -> T {
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        look(unknown.entry((tenure.partition, tenure.epoch)).or_default())
    }

    fn check(&self, tenure: &Tenure, turns: &[Turn]) -> Kept {
        self.of(tenure, |unknown| {
            let Some((actor, expected, _)) = unknown.first() else { return Ok(()) };
            let Some(new) = turns.iter().find(|turn| !unknown.contains(&name(turn))) else {
                return Ok(());
            };
            let (place, new_place) = (expected.next().seq, new.expected.next().seq);
            let what = format!(
                "{}#{new_place} was to be committed while it was unknown whether {actor}#{place} was",
                new.actor
            );
            broken(10, what)
        })
    }
}

#[async_trait]
impl JournalStore for Witness {
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
        self.inner.claim(partition, host, lease, now, dead).await
    }

    async fn renew(
        &self,
        tenures: &[Tenure],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Renewal>, PortError> {
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
        self.inner.load(tenure, actor, cause).await
    }

    async fn commit(
        &self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        self.audit.rule(self.check(tenure, turns));
        let answer = self.inner.commit(tenure, turns, delivered).await;
        self.of(tenure, |unknown| {
            let lost =
                answer.as_ref().is_err_and(|error| error.kind().retry() == Retry::IfIdempotent);
            for (at, turn) in turns.iter().enumerate() {
                if let Ok(outcomes) = &answer
                    && outcomes.get(at).is_some_and(is_refused)
                {
                    settle_built_on(unknown, &turn.actor, turn.expected);
                }
                let is_unknown = match &answer {
                    Ok(outcomes) => outcomes.get(at) == Some(&CommitOutcome::Unknown),
                    // Nothing was written now, which says nothing of an earlier time.
                    Err(_) if !lost => continue,
                    Err(_) => true,
                };
                let name = name(turn);
                unknown.retain(|known| *known != name);
                if is_unknown {
                    let (actor, expected, _) = &name;
                    let (host, seq) = (&tenure.host, expected.next().seq);
                    let line =
                        || format!("{host} does not know whether {actor}#{seq} is committed");
                    self.audit.world.tell(line);
                    unknown.push(name);
                }
            }
        });
        answer
    }

    async fn resolve(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        expected: Head,
        commit: CommitId,
    ) -> Result<Resolution, PortError> {
        let answer = self.inner.resolve(tenure, actor, expected, commit).await;
        if let Ok(Resolution::Committed | Resolution::Superseded { .. } | Resolution::Fenced(_)) =
            answer
        {
            let name = (actor.clone(), expected, commit);
            self.of(tenure, |unknown| {
                unknown.retain(|known| *known != name);
                if !matches!(answer, Ok(Resolution::Committed)) {
                    settle_built_on(unknown, actor, expected);
                }
            });
        }
        answer
    }

    async fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Handled>, PortError> {
        self.inner.handled(actor, key, now).await
    }

    async fn due(
        &self,
        partition: PartitionId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Due, PortError> {
        self.inner.due(partition, until, limit).await
    }

    async fn undelivered(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Undelivered>, PortError> {
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
