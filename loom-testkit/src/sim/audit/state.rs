//! The state store, judged: a copy is one of a committed state.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{ActorId, Head, Payload, Seq, state_hash};
use loom_ports::{Cursor, ErrorKind, Page, PortError, Save, StateQuery, StateRow, StateStore};

use super::picture::Picture;
use super::{Audit, Kept, broken};

/// The state store as one opening has it.
#[derive(Debug)]
pub(super) struct Audited {
    audit: Arc<Audit>,
    inner: Arc<dyn StateStore>,
    opening: u64,
}

impl Audited {
    pub(super) fn new(audit: &Arc<Audit>, opening: u64, inner: Arc<dyn StateStore>) -> Self {
        Self { audit: Arc::clone(audit), inner, opening }
    }

    /// Copies a state, which is empty if there is none.
    async fn copy(
        &self,
        actor: &ActorId,
        head: Head,
        state: &Payload,
        copying: impl Future<Output = Result<Save, PortError>>,
    ) -> Result<Save, PortError> {
        if !self.audit.is_open(self.opening) {
            return Err(PortError::new(ErrorKind::Indeterminate, "save_if_newer"));
        }
        self.audit.judge(|picture| picture.begin_copy(actor, head, state));
        let save = copying.await;
        if let Ok(save) = save
            && self.audit.is_open(self.opening)
        {
            self.audit.world.tell(|| format!("the state of {actor}#{} is copied", head.seq));
            self.audit.judge(|picture| picture.copied(actor, head, save));
        }
        save
    }
}

impl Picture {
    /// Whether a state was ever committed.
    pub(super) fn had_state(&self, actor: &ActorId, head: Head, hash: u64) -> bool {
        let has = |picture: &Self| {
            picture.state_at(actor, head) == Some(hash)
                || (head.seq == Seq::EMPTY && hash == state_hash(&[]))
        };
        has(self) || self.was(has)
    }

    /// The hash of the state of an actor at a head. The incarnation may have moved since the
    /// record was committed.
    pub(super) fn state_at(&self, actor: &ActorId, head: Head) -> Option<u64> {
        let mut before = self.actors.get(actor)?.states.range(..=head).rev();
        before.find(|(at, _)| at.seq == head.seq).map(|(_, hash)| *hash)
    }

    /// A state is on its way to the state store.
    fn begin_copy(&mut self, actor: &ActorId, head: Head, state: &Payload) -> Kept {
        let begun = self.copies_begun.entry(actor.clone()).or_default();
        *begun = head.max(*begun);
        let hash = state_hash(&state.0);
        if self.had_state(actor, head, hash) {
            return Ok(());
        }
        broken(2, format!("a state of {actor}#{} was copied that was not committed", head.seq))
    }

    fn copied(&mut self, actor: &ActorId, head: Head, save: Save) -> Kept {
        let copied = self.copied.entry(actor.clone()).or_default();
        let begun = self.copies_begun.get(actor).copied().unwrap_or_default();
        let there = match save {
            Save::Older { stored } if stored < head || stored > begun => {
                let what =
                    format!("the copy of {actor} is said to be of another record than it is");
                return broken(5, what);
            }
            // A copy that was not answered may be there.
            Save::Older { stored } => stored,
            // Saving the same again is no harm.
            Save::Saved if head < *copied => {
                let (its, than) = (head.seq, copied.seq);
                return broken(5, format!("a copy of {actor}#{its} replaced one of #{than}"));
            }
            Save::Saved => head,
        };
        *copied = there.max(*copied);
        Ok(())
    }
}

#[async_trait]
impl StateStore for Audited {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        let StateRow { actor, head, state, .. } = row;
        self.copy(actor, *head, state, self.inner.save_if_newer(row)).await
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        self.inner.load(actor).await
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        let none = Payload(Bytes::new());
        self.copy(actor, head, &none, self.inner.delete(actor, head)).await
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        self.inner.query(query, from, limit).await
    }
}
