//! One incarnation of an actor, from its making to its end.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;

use super::Volatile;
use super::address::Address;
use super::context::Context;
use super::mailbox::{Mailbox, Receiver};
use super::stop::StopReason;
use super::system::VolatileSystem;

/// Is told about an incarnation, whatever ends it.
pub(super) trait Witness: Send + 'static {
    /// The `started` hook is done and messages are handled.
    fn started(&mut self);

    /// The incarnation is gone, and so is its hold on the mailbox.
    fn ended(&mut self, reason: StopReason);
}

/// Reports the end also when the task is dropped in the middle.
struct Life<M, W: Witness> {
    receiver: Option<Receiver<M>>,
    reason: StopReason,
    witness: W,
}

impl<M, W: Witness> Drop for Life<M, W> {
    fn drop(&mut self) {
        // The next incarnation may begin as soon as the end is known.
        drop(self.receiver.take());
        self.witness.ended(self.reason.clone());
    }
}

/// Runs the actor that `make` gives until it stops, fails, panics, or the future is dropped.
pub(super) async fn live<A, W, F>(
    mailbox: Arc<Mailbox<A::Message>>,
    system: VolatileSystem,
    make: F,
    witness: W,
) where
    A: Volatile,
    W: Witness,
    F: FnOnce() -> A + Send,
{
    let address = Address { mailbox: Arc::clone(&mailbox) };
    let receiver = Some(Receiver::new(mailbox));
    let mut life = Life { receiver, reason: StopReason::Killed, witness };
    let Life { receiver: Some(receiver), witness, .. } = &mut life else { return };
    let work = work(make, receiver, witness, Context { address, system });
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    life.reason = outcome.unwrap_or_else(|payload| StopReason::panicked(&*payload));
}

async fn work<A: Volatile>(
    make: impl FnOnce() -> A + Send,
    receiver: &mut Receiver<A::Message>,
    witness: &mut impl Witness,
    mut cx: Context<A::Message>,
) -> StopReason {
    let mut actor = make();
    if let Err(failure) = actor.started(&mut cx).await {
        return failure.into();
    }
    witness.started();
    let reason = handle_all(&mut actor, receiver, &mut cx).await;
    actor.stopped(&reason).await;
    reason
}

async fn handle_all<A: Volatile>(
    actor: &mut A,
    receiver: &mut Receiver<A::Message>,
    cx: &mut Context<A::Message>,
) -> StopReason {
    while let Some(message) = receiver.next().await {
        if let Err(failure) = actor.handle(message, cx).await {
            return failure.into();
        }
    }
    StopReason::Stopped
}
