//! The stores that the hosts of a simulation share.

use std::fmt::Debug;
use std::sync::Arc;

use loom_adapter_memory::MemoryStores;
use loom_core::Incarnation;
use loom_ports::Stores;

use super::world::World;

/// The stores that the hosts of a simulation share, and what can happen to them.
pub trait Backend: Debug + Send {
    /// The stores, to be used until the next loss of power.
    fn open(&mut self, world: &Arc<World>) -> Stores;

    /// Has the disk fail the next time it is waited for.
    fn fail_disk(&mut self);

    /// Loses power: what was not durable is gone, but for what chance leaves of it. The hosts are
    /// dead, and the stores opened before are not used any more.
    fn lose_power(&mut self, world: &Arc<World>);

    /// A copy of what the stores hold now, for [`IncidentKind::FailOver`]. `None` if they have
    /// no copies.
    ///
    /// [`IncidentKind::FailOver`]: super::IncidentKind::FailOver
    fn copy(&mut self) -> Option<TakeOver>;
}

/// Has the stores that are open go on from an older copy. Every tenure has ended then, no epoch
/// comes back, and no actor is in an incarnation that was before: that much they must remember
/// whatever they forget. Returns the least incarnation.
pub type TakeOver = Box<dyn FnOnce() -> Incarnation + Send>;

/// Stores in memory, which do not need power.
#[derive(Debug, Default)]
pub struct Memory(MemoryStores);

impl Backend for Memory {
    fn open(&mut self, _world: &Arc<World>) -> Stores {
        self.0.clone().into()
    }

    fn fail_disk(&mut self) {}

    fn lose_power(&mut self, _world: &Arc<World>) {}

    fn copy(&mut self) -> Option<TakeOver> {
        let (stores, replica) = (self.0.clone(), self.0.replica());
        Some(Box::new(move || stores.fail_over(replica)))
    }
}
