//! What a handler knows about its surroundings.

use super::address::Address;
use super::system::VolatileSystem;

/// Given to every hook of an actor that takes messages of type `M`.
#[derive(Debug)]
pub struct Context<M> {
    pub(super) address: Address<M>,
    pub(super) system: VolatileSystem,
}

impl<M: Send + 'static> Context<M> {
    /// The actor's own address.
    #[must_use]
    pub fn address(&self) -> &Address<M> {
        &self.address
    }

    /// Where the actor runs, to spawn and to look up others.
    #[must_use]
    pub fn system(&self) -> &VolatileSystem {
        &self.system
    }

    /// Stops the actor once it has handled what it accepted before.
    pub fn stop(&self) {
        self.address.stop();
    }
}
