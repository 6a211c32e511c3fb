//! Every port at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use loom_core::Incarnation;
use loom_ports::{RowStore, Stores};
use loom_rows::SmallStores;

use crate::journal::Journals;
use crate::queue::Queues;
use crate::state::Stored;
use crate::{
    MemoryBlob, MemoryCoordination, MemoryIdempotency, MemoryJournal, MemoryLocks, MemoryQueue,
    MemoryRows, MemoryState,
};

/// Every store a deployment needs, gone with the last clone of this handle. Hosts that are
/// given clones of one share it, as hosts of one cluster do.
#[derive(Clone, Debug, Default)]
pub struct MemoryStores {
    /// The authority.
    pub journal: MemoryJournal,
    /// The carrier.
    pub queue: MemoryQueue,
    /// The projection.
    pub state: MemoryState,
    /// Payloads.
    pub blobs: MemoryBlob,
    /// Locks for users.
    pub locks: MemoryLocks,
    /// Once-only execution for users.
    pub idempotency: MemoryIdempotency,
    /// Membership.
    pub coordination: MemoryCoordination,
    /// Sorted rows, of which the small stores are made.
    pub rows: MemoryRows,
}

/// What [`MemoryStores`] held at one moment.
#[derive(Clone, Debug)]
pub struct Replica {
    journals: Journals,
    queues: Queues,
    states: BTreeMap<String, Stored>,
}

impl MemoryStores {
    /// A copy of the journals, the queues and the states, as of now.
    #[must_use]
    pub fn replica(&self) -> Replica {
        let Self { journal, queue, state, .. } = self;
        Replica { journals: journal.copy(), queues: queue.copy(), states: state.copy() }
    }

    /// Goes on from an older copy, as a server does whose replica takes over before it was told
    /// everything. What was written since is gone. Every tenure has ended, no epoch comes back, and
    /// every actor is in an incarnation that never was before: that much a store must remember
    /// whatever it forgets.
    ///
    /// Returns the least incarnation.
    #[must_use = "whoever compares journals must know it"]
    pub fn fail_over(&self, to: Replica) -> Incarnation {
        self.queue.continue_from(to.queues);
        self.state.continue_from(to.states);
        self.journal.continue_from(to.journals)
    }
}

impl From<MemoryStores> for Stores {
    fn from(stores: MemoryStores) -> Self {
        Self {
            journal: Arc::new(stores.journal),
            queue: Arc::new(stores.queue),
            state: Arc::new(stores.state),
            blobs: Arc::new(stores.blobs),
            locks: Arc::new(stores.locks),
            idempotency: Arc::new(stores.idempotency),
            coordination: Arc::new(stores.coordination),
        }
    }
}

impl SmallStores for MemoryStores {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(self.rows.clone())
    }
}
