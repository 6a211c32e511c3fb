//! The state store, judged: a copy is one of a committed state.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{ActorId, Head, state_hash};
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
}

impl Picture {
    /// Whether a state was ever committed.
    pub(super) fn had_state(&self, actor: &ActorId, head: Head, hash: u64) -> bool {
        let has = |picture: &Self| {
            picture.actors.get(actor).and_then(|it| it.states.get(&head)) == Some(&hash)
        };
        has(self) || self.was(has)
    }

    /// A state is on its way to the state store.
    fn begin_copy(&mut self, row: &StateRow) -> Kept {
        let StateRow { actor, head, state, .. } = row;
        let begun = self.copies_begun.entry(actor.clone()).or_default();
        *begun = (*head).max(*begun);
        let hash = state_hash(&state.0);
        if self.had_state(actor, *head, hash) {
            return Ok(());
        }
        broken(2, format!("a state of {actor}#{} was copied that was not committed", head.seq))
    }

    fn copied(&mut self, row: &StateRow, save: Save) -> Kept {
        let copied = self.copied.entry(row.actor.clone()).or_default();
        let begun = self.copies_begun.get(&row.actor).copied().unwrap_or_default();
        let there = match save {
            Save::Older { stored } if stored < row.head || stored > begun => {
                let what =
                    format!("the copy of {} is said to be of another record than it is", row.actor);
                return broken(5, what);
            }
            // A copy that was not answered may be there.
            Save::Older { stored } => stored,
            Save::Saved => row.head,
        };
        *copied = there.max(*copied);
        Ok(())
    }
}

#[async_trait]
impl StateStore for Audited {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        if !self.audit.is_open(self.opening) {
            return Err(PortError::new(ErrorKind::Indeterminate, "save_if_newer"));
        }
        self.audit.judge(|picture| picture.begin_copy(row));
        let save = self.inner.save_if_newer(row).await;
        if let Ok(save) = save
            && self.audit.is_open(self.opening)
        {
            let StateRow { actor, head, .. } = row;
            self.audit.world.tell(|| format!("the state of {actor}#{} is copied", head.seq));
            self.audit.judge(|picture| picture.copied(row, save));
        }
        save
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        self.inner.load(actor).await
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        self.inner.delete(actor, head).await
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
