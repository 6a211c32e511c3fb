//! Actors whose next commit somebody waits for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loom_core::ActorId;
use tokio::sync::Notify;

/// Actors whose next commit somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// How many there are, so that commits of actors that nobody watches look at nothing else.
    count: AtomicUsize,
    actors: Mutex<BTreeMap<ActorId, Vec<Waiting>>>,
}

/// Whether a state is one that is waited for.
pub(crate) type Wanted = fn(&[u8]) -> bool;

#[derive(Debug)]
struct Waiting {
    wanted: Wanted,
    committed: Arc<Notify>,
}

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Watcher<'a> {
    watched: &'a Watched,
    actor: &'a ActorId,
    pub(crate) committed: Arc<Notify>,
}

impl Watched {
    /// Has the watcher told of states that are wanted.
    pub(crate) fn watch<'a>(&'a self, actor: &'a ActorId, wanted: Wanted) -> Watcher<'a> {
        let mut actors = self.lock();
        let committed = Arc::<Notify>::default();
        let waiting = Waiting { wanted, committed: Arc::clone(&committed) };
        actors.entry(actor.clone()).or_default().push(waiting);
        self.count.store(actors.len(), Ordering::Release);
        Watcher { watched: self, actor, committed }
    }

    /// A turn of the actor was committed, with this state.
    pub(crate) fn committed(&self, actor: &ActorId, state: &[u8]) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        for waiting in self.lock().get(actor).into_iter().flatten() {
            if (waiting.wanted)(state) {
                waiting.committed.notify_waiters();
            }
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ActorId, Vec<Waiting>>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        let mut actors = self.watched.lock();
        if let Some(waiting) = actors.get_mut(self.actor) {
            waiting.retain(|waiting| !Arc::ptr_eq(&waiting.committed, &self.committed));
            if waiting.is_empty() {
                actors.remove(self.actor);
            }
        }
        self.watched.count.store(actors.len(), Ordering::Release);
    }
}
