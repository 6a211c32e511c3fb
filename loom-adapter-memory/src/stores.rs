//! Every port at once.

use std::sync::Arc;

use loom_ports::Stores;

use crate::{
    MemoryBlob, MemoryCoordination, MemoryIdempotency, MemoryJournal, MemoryLocks, MemoryQueue,
    MemoryState,
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
