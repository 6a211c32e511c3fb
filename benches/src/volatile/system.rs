//! What every entrant must be able to do, so that all get the same work.

use tokio::runtime::Runtime;

use super::receipts::Member;
use crate::line::Role;

/// An implementation of actors. Its actor counts what it is told, and has mailboxes for
/// [`CAPACITY`](super::CAPACITY) messages where it can bound them.
pub(super) trait System: Send + Sync + Sized + 'static {
    /// Who it is.
    const NAME: &'static str;

    /// What it is to us.
    const ROLE: Role = Role::Peer;

    /// Messages published and not yet handled at any moment, so that none is dropped.
    const IN_FLIGHT: u32 = 256;

    /// An actor, as those know it who send it messages.
    type Actor: Send + Sync + 'static;

    /// What passes messages on to many.
    type Topic: Send + Sync + 'static;

    /// A system without actors, where work is run.
    fn new() -> Self;

    /// Starts an actor.
    fn start(&self, member: Member) -> impl Future<Output = Self::Actor> + Send;

    /// Has 1 added to its count.
    fn tell(actor: &Self::Actor) -> impl Future<Output = ()> + Send;

    /// Asks for its count.
    fn ask(actor: &Self::Actor) -> impl Future<Output = u32> + Send;

    /// Sends a message whose handling is counted by the actor's [`Member`].
    fn nudge(actor: &Self::Actor) -> impl Future<Output = ()> + Send;

    /// Has it stop, and forgets it. It has nothing left to handle.
    fn stop(actor: Self::Actor) -> impl Future<Output = ()> + Send;

    /// A topic of these actors.
    fn topic(actors: &[Self::Actor]) -> Self::Topic;

    /// As [`nudge`](Self::nudge), to all of a topic.
    fn publish(topic: &Self::Topic);

    /// Runs work where its actors live: on two threads, on one of which the work is too, as in
    /// real programs.
    fn run<T: Send + 'static>(
        runtime: &Runtime,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        runtime.block_on(runtime.spawn(work)).expect("the work asserts that it was done")
    }
}
