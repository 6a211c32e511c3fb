//! Plain actors in this process: no journal, no serialization, nothing survives it.
//!
//! A volatile actor is a value that handles messages of one type, one after the other, in a task
//! of its own behind a bounded mailbox. [`VolatileSystem`] spawns it and knows it by name,
//! [`Address`] sends to it, [`Topic`] publishes to many, and [`Supervisor`] starts it again when
//! it fails.
//!
//! ```
//! use std::time::Duration;
//!
//! use loom_runtime::volatile::{Context, Failure, Reply, Spawn, Volatile, VolatileSystem};
//!
//! #[derive(Default)]
//! struct Counter {
//!     count: u64,
//! }
//!
//! enum Message {
//!     Add(u64),
//!     Get(Reply<u64>),
//! }
//!
//! impl Volatile for Counter {
//!     type Message = Message;
//!
//!     async fn handle(&mut self, message: Message, _: &mut Context<Message>) -> Result<(), Failure> {
//!         match message {
//!             Message::Add(amount) => self.count += amount,
//!             Message::Get(reply) => reply.send(self.count),
//!         }
//!         Ok(())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let system = VolatileSystem::new();
//! let counter = system.spawn_with(Spawn::named("counter"), Counter::default())?;
//! counter.tell(Message::Add(2)).await?;
//! assert_eq!(counter.ask(Message::Get, Duration::from_secs(1)).await?, 2);
//! # Ok(())
//! # }
//! ```
//!
//! What is promised, and what not: an accepted message is handled once and in order of
//! acceptance, unless its actor fails or is killed first. A message that made its actor fail is
//! not handled again. Everything is gone when the process ends.

use std::future::Future;

mod address;
mod ask;
mod context;
mod deadline;
mod life;
mod mailbox;
mod obituary;
mod registry;
mod roster;
mod stop;
mod supervision;
mod system;
mod topic;

pub use address::{Address, TellError, TryTellError};
pub use ask::{AskError, Reply};
pub use context::Context;
pub use obituary::Watch;
pub use stop::{Failure, StopReason};
pub use supervision::{Backoff, Child, Intensity, Restart, Strategy, Supervised, Supervisor};
pub use system::{Shutdown, Spawn, SpawnError, VolatileSystem};
pub use topic::{Published, Subscription, Topic};

/// An actor without a journal.
///
/// The hooks are ordinary `async fn`s in the implementation. A panic in any of them ends the
/// actor and nothing else.
pub trait Volatile: Send + Sized + 'static {
    /// What it handles. A question carries a [`Reply`].
    type Message: Send + 'static;

    /// Handles one message. The next one waits until this is done.
    ///
    /// A [`Failure`] ends the actor.
    fn handle(
        &mut self,
        message: Self::Message,
        cx: &mut Context<Self::Message>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Runs before the first message. A [`Failure`] ends the actor before it began.
    fn started(
        &mut self,
        cx: &mut Context<Self::Message>,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        let _ = cx;
        async { Ok(()) }
    }

    /// Runs after the last message, unless the actor panicked, was killed or did not start.
    fn stopped(&mut self, reason: &StopReason) -> impl Future<Output = ()> + Send {
        let _ = reason;
        async {}
    }
}
