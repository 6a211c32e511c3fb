//! What a planted bug knows of the run it is planted in: it outlives hosts and openings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loom_core::{
    ActorId, Epoch, Handled, Head, HostId, IdempotencyKey, MessageId, PartitionCount, PartitionId,
    QueueName, TimerKey, Timestamp,
};
use loom_ports::{Delivered, Loaded, Tenure};

use super::Planted;
use crate::sim::chance::Chance;
use crate::sim::world::World;

pub(super) struct Grounds {
    pub(super) planted: Planted,
    pub(super) world: Arc<World>,
    pub(super) partitions: PartitionCount,
    seen: Mutex<Seen>,
}

/// What was seen so far, as far as some bug needs it.
pub(super) struct Seen {
    pub(super) chance: Chance,
    /// The present tenure of each partition, and in which step it was granted.
    pub(super) tenures: BTreeMap<PartitionId, (Tenure, u64)>,
    /// Until when the lease of a tenure lasts.
    pub(super) leases: BTreeMap<(PartitionId, Epoch), Timestamp>,
    /// The epochs that were told in place of others.
    pub(super) renamed: BTreeMap<(PartitionId, Epoch), Tenure>,
    /// The actor that was written last, and where it ends.
    pub(super) last: BTreeMap<PartitionId, (ActorId, Head)>,
    /// What was lost.
    pub(super) lost: BTreeMap<ActorId, Head>,
    /// Marks, whether or not they were committed.
    pub(super) marks: BTreeMap<ActorId, BTreeMap<IdempotencyKey, Handled>>,
    /// What committed turns sent, until it is said to have arrived.
    pub(super) sent: BTreeMap<PartitionId, Vec<Delivered>>,
    /// What was found once in the tenure of this epoch.
    pub(super) found: BTreeMap<(PartitionId, Epoch), BTreeSet<(Epoch, u64)>>,
    /// Partitions that nobody claimed since an older copy took over.
    pub(super) taken_over: BTreeSet<PartitionId>,
    /// What the journals were known to hold.
    pub(super) known: BTreeMap<ActorId, Loaded>,
    /// Actors whose journals held less when they were read again.
    pub(super) cut_off: BTreeSet<ActorId>,
    pub(super) fired: BTreeSet<(ActorId, TimerKey, Timestamp)>,
    /// In which step a message was put in its queue, and its ordering key.
    pub(super) enqueued: BTreeMap<MessageId, (u64, Option<u64>)>,
}

impl Grounds {
    pub(super) fn new(planted: Planted, world: &Arc<World>, partitions: PartitionCount) -> Self {
        let seen = Seen {
            chance: world.chance("planted"),
            tenures: BTreeMap::new(),
            leases: BTreeMap::new(),
            renamed: BTreeMap::new(),
            last: BTreeMap::new(),
            lost: BTreeMap::new(),
            marks: BTreeMap::new(),
            sent: BTreeMap::new(),
            found: BTreeMap::new(),
            taken_over: BTreeSet::new(),
            known: BTreeMap::new(),
            cut_off: BTreeSet::new(),
            fired: BTreeSet::new(),
            enqueued: BTreeMap::new(),
        };
        Self { planted, world: Arc::clone(world), partitions, seen: Mutex::new(seen) }
    }

    pub(super) fn is(&self, planted: Planted) -> bool {
        self.planted == planted
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An older copy of the stores took over.
    pub(super) fn failed_over(&self) {
        let mut seen = self.seen();
        let all: Vec<_> = seen.tenures.keys().copied().collect();
        seen.taken_over.extend(all);
    }

    /// The host that owns the partition of a queue.
    pub(super) fn owner_of(&self, queue: &QueueName) -> Option<HostId> {
        let number = queue.as_str().strip_prefix("actors/")?.parse().ok()?;
        let seen = self.seen();
        seen.tenures.get(&PartitionId(number)).map(|(tenure, _)| tenure.host.clone())
    }

    /// Once in so many times.
    pub(super) fn now_and_then(&self, times: u64) -> bool {
        self.seen().chance.one_in(times)
    }
}

impl fmt::Debug for Grounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grounds").field("planted", &self.planted).finish_non_exhaustive()
    }
}
