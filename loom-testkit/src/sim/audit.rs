//! The judge of a simulation: a picture of its own of what the stores must hold, kept beside them.
//!
//! It sits between the networks of the hosts and the stores, so that it sees each request when
//! a store applies it, once for each time. It trusts neither side: what a host asks for must be
//! what a sound runtime may ask for, and what a store answers must be what the picture says.

mod actors;
mod bodies;
mod commits;
mod failover;
mod finish;
mod flow;
mod journal;
mod laws;
mod letters;
mod look;
mod marks;
mod outbox;
mod pending;
mod picture;
mod queue;
mod queues;
mod reads;
mod received;
mod reopen;
mod replies;
mod state;
mod steps;
mod tenures;
mod timers;
mod turn;
mod witness;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_ports::{JournalStore, Stores};

use super::violation::Promise;
use super::world::World;

pub(super) use laws::Laws;

use picture::Picture;

/// The judge of one simulation.
pub(super) struct Audit {
    world: Arc<World>,
    laws: Laws,
    picture: Mutex<Picture>,
    /// How often the stores were opened. Requests to stores of an earlier opening reach nothing.
    opening: AtomicU64,
    stores: Mutex<Option<Stores>>,
}

/// A promise that was broken, by its number, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Broken(u8, String);

type Kept<T = ()> = Result<T, Broken>;

fn broken<T>(promise: u8, what: impl Into<String>) -> Kept<T> {
    Err(Broken(promise, what.into()))
}

impl Audit {
    pub(super) fn new(world: &Arc<World>, laws: Laws) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            laws,
            picture: Mutex::default(),
            opening: AtomicU64::new(0),
            stores: Mutex::new(None),
        })
    }

    /// The stores, judged. Called again whenever they were opened again after a loss of power:
    /// what was answered before must still be there. Then [`Audit::take_stock`] comes next, before
    /// anybody uses them.
    pub(super) fn around(self: &Arc<Self>, stores: Stores) -> Stores {
        let opening = self.opening.fetch_add(1, Ordering::Relaxed) + 1;
        self.picture().reopened();
        *self.stores.lock().unwrap_or_else(PoisonError::into_inner) = Some(stores.clone());
        Stores {
            journal: Arc::new(journal::Audited::new(self, opening, stores.journal)),
            queue: Arc::new(queue::Audited::new(self, opening, stores.queue)),
            state: Arc::new(state::Audited::new(self, opening, stores.state)),
            ..stores
        }
    }

    /// The journal as one host reaches it, with an eye on what the host makes of the answers.
    pub(super) fn witness(
        self: &Arc<Self>,
        journal: Arc<dyn JournalStore>,
    ) -> Arc<dyn JournalStore> {
        Arc::new(witness::Witness::new(self, journal))
    }

    /// Whether stores of this opening are still the ones in use.
    fn is_open(&self, opening: u64) -> bool {
        self.opening.load(Ordering::Relaxed) == opening
    }

    /// Judges with the picture, which is worth nothing once a promise was broken.
    fn judge<T>(&self, look: impl FnOnce(&mut Picture) -> Kept<T>) -> Option<T> {
        let kept = look(&mut self.picture());
        self.rule(kept)
    }

    fn rule<T>(&self, kept: Kept<T>) -> Option<T> {
        kept.map_err(|Broken(number, what)| self.world.violate(Promise::Number(number), what)).ok()
    }

    /// How far the clock of any host was ever ahead.
    fn ahead_max(&self) -> Duration {
        self.world.time.ahead_max()
    }

    fn picture(&self) -> MutexGuard<'_, Picture> {
        self.picture.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("world", &self.world).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
