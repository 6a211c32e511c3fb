//! One incarnation of an actor, from its making to its end.

use std::future::{Future, poll_fn};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use futures::FutureExt;

use super::Volatile;
use super::address::Address;
use super::context::Context;
use super::mailbox::{Mailbox, Receiver};
use super::stop::StopReason;
use super::system::VolatileSystem;

/// Is told about an incarnation, whatever ends it.
pub(super) trait Witness<M>: Send + 'static {
    /// The `started` hook is done and messages are handled.
    fn started(&self);

    /// The incarnation is gone, and so is its hold on the mailbox.
    fn ended(self, cx: &Context<M>, reason: StopReason);
}

/// All that an incarnation has. Reports the end also when its task is dropped before that.
struct Life<A: Volatile, W: Witness<A::Message>, F> {
    being: Being<A, F>,
    receiver: Option<Receiver<A::Message>>,
    cx: Context<A::Message>,
    /// Until the end.
    witness: Option<W>,
}

/// An actor, or how it is made: at no time both, since they may be equally large.
enum Being<A, F> {
    Unmade(F),
    Made(A),
    Gone,
}

/// Runs the actor that `make` gives until it stops, fails, panics, or the future is dropped.
pub(super) fn live<A, W, F>(
    mailbox: Arc<Mailbox<A::Message>>,
    system: VolatileSystem,
    make: F,
    witness: W,
) -> impl Future<Output = ()> + Send + use<A, W, F>
where
    A: Volatile,
    W: Witness<A::Message>,
    F: FnOnce() -> A + Send,
{
    let address = Address { mailbox };
    let mut life = Life {
        being: Being::Unmade(make),
        receiver: Some(Receiver::new()),
        cx: Context { address, system },
        witness: Some(witness),
    };
    // Not an `async fn`: see `Life::work`.
    async move {
        let outcome = AssertUnwindSafe(life.work()).catch_unwind().await;
        life.end(outcome.unwrap_or_else(|payload| StopReason::panicked(&*payload)));
    }
}

impl<A, W, F> Life<A, W, F>
where
    A: Volatile,
    W: Witness<A::Message>,
    F: FnOnce() -> A + Send,
{
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn has room for each argument twice, for as long as the actor lives"
    )]
    fn work(&mut self) -> impl Future<Output = StopReason> + Send {
        async move {
            self.being.begin();
            if let Err(failure) = self.being.actor().started(&mut self.cx).await {
                self.being = Being::Gone;
                return failure.into();
            }
            if let Some(witness) = &self.witness {
                witness.started();
            }
            let reason = loop {
                let next = poll_fn(|context| match &mut self.receiver {
                    Some(receiver) => receiver.poll_next(&self.cx.address.mailbox, context),
                    None => Poll::Ready(None),
                });
                let Some(message) = next.await else { break StopReason::Stopped };
                if let Err(failure) = self.being.actor().handle(message, &mut self.cx).await {
                    break failure.into();
                }
            };
            self.being.actor().stopped(&reason).await;
            self.being = Being::Gone;
            reason
        }
    }
}

impl<A: Volatile, W: Witness<A::Message>, F> Life<A, W, F> {
    fn end(&mut self, reason: StopReason) {
        let Some(witness) = self.witness.take() else { return };
        // Whatever the actor does when it is dropped, somebody waits for the report.
        let being = mem::replace(&mut self.being, Being::Gone);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(being)));
        // The next incarnation may begin as soon as the end is known.
        if let Some(receiver) = self.receiver.take() {
            receiver.put_back(&self.cx.address.mailbox);
        }
        witness.ended(&self.cx, reason);
    }
}

impl<A: Volatile, W: Witness<A::Message>, F> Drop for Life<A, W, F> {
    fn drop(&mut self) {
        self.end(StopReason::Killed);
    }
}

impl<A, F: FnOnce() -> A> Being<A, F> {
    fn begin(&mut self) {
        if let Self::Unmade(make) = mem::replace(self, Self::Gone) {
            *self = Self::Made(make());
        }
    }

    fn actor(&mut self) -> &mut A {
        match self {
            Self::Made(actor) => actor,
            Self::Unmade(_) | Self::Gone => unreachable!("it is asked between beginning and end"),
        }
    }
}
