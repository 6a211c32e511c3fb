//! Actors whose next commit somebody waits for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use loom_core::ActorId;
use tokio::sync::watch;

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
    committed: Arc<watch::Sender<Bytes>>,
}

/// Somebody who waits.
#[derive(Debug)]
pub(crate) struct Watcher<'a> {
    watched: &'a Watched,
    actor: &'a ActorId,
    committed: Arc<watch::Sender<Bytes>>,
    states: watch::Receiver<Bytes>,
}

impl Watched {
    /// Has the watcher told of states that are wanted, from now on.
    pub(crate) fn watch<'a>(&'a self, actor: &'a ActorId, wanted: Wanted) -> Watcher<'a> {
        let mut actors = self.lock();
        let (committed, states) = watch::channel(Bytes::new());
        let committed = Arc::new(committed);
        let waiting = Waiting { wanted, committed: Arc::clone(&committed) };
        actors.entry(actor.clone()).or_default().push(waiting);
        self.count.store(actors.len(), Ordering::Release);
        Watcher { watched: self, actor, committed, states }
    }

    /// A turn of the actor was committed, with this state.
    pub(crate) fn committed(&self, actor: &ActorId, state: &Bytes) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        for waiting in self.lock().get(actor).into_iter().flatten() {
            if (waiting.wanted)(state) {
                waiting.committed.send_replace(state.clone());
            }
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ActorId, Vec<Waiting>>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher<'_> {
    /// The latest wanted state that was committed since this was asked last.
    pub(crate) async fn committed(&mut self) -> Bytes {
        // The sender is kept here, so that the wait cannot end otherwise.
        let _ = self.states.changed().await;
        self.states.borrow_and_update().clone()
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
