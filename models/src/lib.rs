//! A model of the commit protocol: tenure, epoch, commit, resolve and relay.
//!
//! Senders in one partition handle keyed requests, and each turn sends a message to a receiver
//! in another. Hosts pause, die and take over; commits and their answers are lost, late and
//! repeated. [`Protocol`] says which steps are possible in a [`World`] and where each leads;
//! [`promises`] says what must hold in every world. `examples/explore` visits all of them.
//!
//! Epochs, places, commit ids, stamps and the answers of the journal are those of the kernel
//! and its ports. Left out are state, timers, invocations, snapshots, carriers between hosts and
//! passing time: a lease has ended as soon as its host is paused or dead, and the two partitions
//! go to the same host.
//!
//! Two rules matter only to a store at which a commit can still arrive after its host went on: a
//! host that stops asking about an unknown turn ends its tenure (without it:
//! [`Bug::CarryOnAfterGivingUp`]), and what was built on a lost turn is not sent any more
//! (without it: [`Bug::SendAfterLoss`]).

mod action;
mod host;
mod possible;
mod promise;
mod scenario;
mod steps;
mod store;
mod world;

pub use action::{Action, HostNo};
pub use host::Actor;
pub use promise::{Kind, Promise, promises};
pub use scenario::{Budget, Bug, Protocol, Scenario};
pub use world::World;
