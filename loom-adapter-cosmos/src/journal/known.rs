//! What is known of a partition since it was last written or read.
//!
//! Every write replaces the tenure's document of the version it was read in, and changes its version:
//! as long as it has that version, nothing of the partition has changed. What is remembered may
//! so be built upon without reading it again: if it is not true any more, nothing is written.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use azure_core::http::Etag;
use loom_core::{ActorId, Epoch};
use loom_ports::Fenced;

use super::document::Held;
use super::end::End;
use crate::connection::Answer;

/// Of how many actors of a partition it is remembered where their journals end.
const ENDS_MAX: usize = 1024;

/// The tenure's document as it was in one version.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) version: Etag,
    pub(super) held: Held,
}

/// What is known of a partition.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Held by whoever writes.
    pub(super) writing: tokio::sync::Mutex<()>,
    remembered: Mutex<Option<Remembered>>,
}

#[derive(Debug)]
struct Remembered {
    seen: Arc<Seen>,
    ends: HashMap<ActorId, Arc<End>>,
}

impl Seen {
    /// Whether the tenure of this epoch is the present one.
    pub(super) fn check(&self, epoch: Epoch) -> Answer<Result<(), Fenced>> {
        let greatest = self.held.epoch()?;
        let is_present = self.held.is_owned && greatest == epoch;
        Ok(if is_present { Ok(()) } else { Err(Fenced { epoch: greatest }) })
    }
}

impl Known {
    pub(super) fn seen(&self) -> Option<Arc<Seen>> {
        self.lock().as_ref().map(|remembered| remembered.seen.clone())
    }

    /// The document was read in another version than that which was known `before` it was read.
    pub(super) fn read(&self, before: Option<&Arc<Seen>>, seen: Arc<Seen>) {
        let mut remembered = self.lock();
        let version = remembered.as_ref().map(|remembered| &remembered.seen.version);
        // A write of ours may have been answered meanwhile, and what was read be older.
        if version == before.map(|before| &before.version) && version != Some(&seen.version) {
            *remembered = Some(Remembered { seen, ends: HashMap::new() });
        }
    }

    /// What was known in `before` has been written, with these ends.
    pub(super) fn written(
        &self,
        before: Option<&Seen>,
        seen: Seen,
        ends: impl IntoIterator<Item = (ActorId, End)>,
    ) -> Arc<Seen> {
        let mut remembered = self.lock();
        let version = remembered.as_ref().map(|remembered| &remembered.seen.version);
        let goes_on =
            version == before.map(|before| &before.version) || version == Some(&seen.version);
        let old = remembered.take().filter(|_| goes_on);
        let mut all = old.map(|old| old.ends).unwrap_or_default();
        if all.len() > ENDS_MAX {
            all.clear();
        }
        all.extend(ends.into_iter().map(|(actor, end)| (actor, Arc::new(end))));
        let seen = Arc::new(seen);
        *remembered = Some(Remembered { seen: seen.clone(), ends: all });
        seen
    }

    pub(super) fn forget(&self) {
        *self.lock() = None;
    }

    /// Where a journal ended in this version, if it is remembered.
    pub(super) fn end(&self, version: &Etag, actor: &ActorId) -> Option<Arc<End>> {
        let remembered = self.lock();
        let remembered = remembered.as_ref().filter(|known| known.seen.version == *version)?;
        remembered.ends.get(actor).cloned()
    }

    /// A journal was read while the partition was in this version or a later one.
    pub(super) fn remember(&self, version: &Etag, actor: &ActorId, end: Arc<End>) {
        if let Some(remembered) = &mut *self.lock()
            && remembered.seen.version == *version
            && remembered.ends.len() < ENDS_MAX
        {
            remembered.ends.insert(actor.clone(), end);
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Option<Remembered>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
