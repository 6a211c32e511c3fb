//! The ports of one deployment, together.

use std::sync::Arc;

use crate::{
    BlobStore, Coordination, IdempotencyStore, JournalStore, LockManager, MessageQueue, StateStore,
};

/// The stores of a deployment, each in its role.
///
/// An adapter that has every port converts into this; a deployment over several backends puts
/// it together.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The authority.
    pub journal: Arc<dyn JournalStore>,
    /// The carrier.
    pub queue: Arc<dyn MessageQueue>,
    /// The projection.
    pub state: Arc<dyn StateStore>,
    /// Payloads.
    pub blobs: Arc<dyn BlobStore>,
    /// Locks for users.
    pub locks: Arc<dyn LockManager>,
    /// Once-only execution for users.
    pub idempotency: Arc<dyn IdempotencyStore>,
    /// Membership.
    pub coordination: Arc<dyn Coordination>,
}
