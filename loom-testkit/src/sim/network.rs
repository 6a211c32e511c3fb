//! The network between a host and the stores.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loom_ports::{Stores, Task};

use super::chance::Chance;
use super::faults::Faults;
use super::world::World;
use crate::faults::{
    Carrier, Fault, FaultPlan, FaultyBlob, FaultyCoordination, FaultyIdempotency, FaultyJournal,
    FaultyLocks, FaultyQueue, FaultyState, Passage, Trouble,
};

/// How one host reaches the stores.
#[derive(Debug)]
pub(super) struct Link {
    world: Arc<World>,
    name: String,
    faults: Faults,
    chance: Mutex<Chance>,
    is_cut: AtomicBool,
    era: AtomicU64,
}

/// How long a caller waits for an answer that does not come.
const GIVE_UP_AFTER: Duration = Duration::from_secs(2);

impl Link {
    pub(super) fn new(world: &Arc<World>, name: &str, faults: &Faults) -> Arc<Self> {
        let chance = Mutex::new(world.chance(&format!("network of {name}")));
        let (name, faults) = (name.to_owned(), faults.clone());
        let (is_cut, era) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Self { world: Arc::clone(world), name, faults, chance, is_cut, era })
    }

    /// Lets nothing through, or everything again.
    pub(super) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::Relaxed);
    }

    /// Leads to other stores from now on: what is on its way there arrives nowhere.
    pub(super) fn turn(&self) {
        self.era.fetch_add(1, Ordering::Relaxed);
    }

    /// The stores, as they are reached this way.
    pub(super) fn to(self: &Arc<Self>, stores: Stores) -> Stores {
        let plan = || FaultPlan::carried(Arc::<Self>::clone(self));
        Stores {
            journal: Arc::new(FaultyJournal::new(stores.journal, plan())),
            queue: Arc::new(FaultyQueue::new(stores.queue, plan())),
            state: Arc::new(FaultyState::new(stores.state, plan())),
            blobs: Arc::new(FaultyBlob::new(stores.blobs, plan())),
            locks: Arc::new(FaultyLocks::new(stores.locks, plan())),
            idempotency: Arc::new(FaultyIdempotency::new(stores.idempotency, plan())),
            coordination: Arc::new(FaultyCoordination::new(stores.coordination, plan())),
        }
    }

    fn trouble(&self, chance: &mut Chance) -> Trouble {
        let hostile = self.world.is_hostile();
        if !hostile || !chance.one_in(self.faults.calls_one_in) || !self.world.take_trouble() {
            return Trouble::None;
        }
        match chance.below(6) {
            0 => Trouble::Fault(Fault::Refused),
            1 => Trouble::Fault(Fault::RequestLost),
            2 => Trouble::Fault(Fault::ReplyLost),
            3 => Trouble::Fault(Fault::Repeated),
            4 => Trouble::Throttled(Duration::from_millis(chance.between(1, 500))),
            _ => Trouble::Late(Duration::from_millis(chance.between(1, 20_000))),
        }
    }
}

impl Carrier for Link {
    fn passage(&self, operation: &'static str) -> Passage {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        let latency_max = u64::try_from(self.faults.latency_max.as_millis()).unwrap_or(0);
        let mut latency = || Duration::from_millis(chance.below(latency_max + 1));
        let (there, back) = (latency(), latency());
        let trouble = self.trouble(&mut chance);
        if trouble != Trouble::None {
            self.world.tell(|| format!("{}: {operation}: {trouble:?}", self.name));
        }
        match trouble {
            Trouble::Fault(Fault::RequestLost | Fault::ReplyLost) => {
                Passage { there, trouble, back: back + GIVE_UP_AFTER }
            }
            Trouble::Late(_) => Passage { there: there + GIVE_UP_AFTER, trouble, back },
            _ => Passage { there, trouble, back },
        }
    }

    fn send(&self, request: Task) {
        self.world.spawn(request);
    }

    fn pass(&self, time: Duration) -> Task {
        if time.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        Box::pin(self.world.sleep(time))
    }

    fn is_open(&self) -> bool {
        !self.is_cut.load(Ordering::Relaxed)
    }

    fn era(&self) -> u64 {
        self.era.load(Ordering::Relaxed)
    }

    fn is_stale(&self, _operation: &'static str) -> bool {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        self.world.is_hostile() && chance.one_in(self.faults.calls_one_in)
    }
}
