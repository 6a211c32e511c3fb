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
    actors: Mutex<BTreeMap<ActorId, (usize, Arc<Notify>)>>,
}

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Watcher<'a> {
    watched: &'a Watched,
    actor: &'a ActorId,
    pub(crate) committed: Arc<Notify>,
}

impl Watched {
    pub(crate) fn watch<'a>(&'a self, actor: &'a ActorId) -> Watcher<'a> {
        let mut actors = self.lock();
        let (watchers, committed) = actors.entry(actor.clone()).or_default();
        *watchers += 1;
        let committed = Arc::clone(committed);
        self.count.store(actors.len(), Ordering::Release);
        Watcher { watched: self, actor, committed }
    }

    /// A turn of the actor was committed.
    pub(crate) fn committed(&self, actor: &ActorId) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if let Some((_, committed)) = self.lock().get(actor) {
            committed.notify_waiters();
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ActorId, (usize, Arc<Notify>)>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        let mut actors = self.watched.lock();
        if let Some((watchers, _)) = actors.get_mut(self.actor) {
            *watchers -= 1;
            if *watchers == 0 {
                actors.remove(self.actor);
            }
        }
        self.watched.count.store(actors.len(), Ordering::Release);
    }
}
