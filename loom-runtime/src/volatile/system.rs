//! Where volatile actors run.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Volatile;
use super::address::Address;
use super::context::Context;
use super::deadline;
use super::life::{self, Witness};
use super::mailbox::Mailbox;
use super::registry::Registry;
use super::roster::Roster;
use super::stop::StopReason;

/// Spawns actors, knows them by name, and stops them all. Cheap to clone.
#[derive(Clone)]
pub struct VolatileSystem {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) runtime: Handle,
    pub(super) registry: Registry,
    pub(super) roster: Roster,
}

/// How an actor is spawned: with a name or without, and with room for how many messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spawn {
    pub(super) name: Option<Box<str>>,
    pub(super) capacity: NonZeroUsize,
}

/// Why an actor was not spawned. Nothing has changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SpawnError {
    /// A living actor has this name.
    #[error("the name {0:?} is taken")]
    NameTaken(Box<str>),
    /// The system takes nobody in any more.
    #[error("the system shuts down")]
    ShuttingDown,
}

/// How a shutdown ended.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "it names the actors that had to be killed"]
pub enum Shutdown {
    /// Every actor handled what it had accepted, and stopped.
    Clean,
    /// These actors and supervisors were still there at the deadline, and were killed.
    Overdue(Vec<String>),
}

impl Spawn {
    /// Room for messages unless another capacity is given.
    pub const CAPACITY_MESSAGES: NonZeroUsize = NonZeroUsize::new(1024).expect("more than zero");

    /// Without a name.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { name: None, capacity: Self::CAPACITY_MESSAGES }
    }

    /// With a name that no living actor of the system has.
    #[must_use]
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: Some(name.into()), capacity: Self::CAPACITY_MESSAGES }
    }

    /// Sets how many accepted messages may wait. The one being handled does not count.
    #[must_use]
    pub fn capacity(self, capacity: NonZeroUsize) -> Self {
        Self { capacity, ..self }
    }
}

impl VolatileSystem {
    /// A system on the current Tokio runtime.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Handle::current())
    }

    /// A system on this Tokio runtime.
    #[must_use]
    pub fn on(runtime: Handle) -> Self {
        let shared = Shared { runtime, registry: Registry::new(), roster: Roster::new() };
        Self { shared: Arc::new(shared) }
    }

    /// Starts `actor` without a name and with the usual capacity.
    ///
    /// It lives until it stops, fails or is killed, whether or not anyone keeps its address.
    ///
    /// # Errors
    ///
    /// [`SpawnError::ShuttingDown`].
    pub fn spawn<A: Volatile>(&self, actor: A) -> Result<Address<A::Message>, SpawnError> {
        self.spawn_with(Spawn::anonymous(), actor)
    }

    /// Starts `actor` as `spawn` says.
    ///
    /// # Errors
    ///
    /// When the name is taken or the system shuts down; `actor` is dropped.
    pub fn spawn_with<A: Volatile>(
        &self,
        spawn: Spawn,
        actor: A,
    ) -> Result<Address<A::Message>, SpawnError> {
        let Shared { runtime, registry, roster, .. } = &*self.shared;
        let Spawn { name, capacity } = spawn;
        let mailbox = Arc::new(Mailbox::new(name, capacity));
        if let Some(name) = mailbox.name()
            && !registry.enter(name, &mailbox)
        {
            return Err(SpawnError::NameTaken(name.into()));
        }
        if !roster.enter(mailbox.number(), Arc::clone(&mailbox) as _) {
            if let Some(name) = mailbox.name() {
                registry.remove(name, mailbox.number());
            }
            return Err(SpawnError::ShuttingDown);
        }
        let life = life::live(Arc::clone(&mailbox), self.clone(), || actor, Alone);
        mailbox.runs_as(runtime.spawn(life).abort_handle());
        Ok(Address { mailbox })
    }

    /// The living actor of this name, if it takes messages of type `M`.
    #[must_use]
    pub fn lookup<M: Send + 'static>(&self, name: &str) -> Option<Address<M>> {
        self.shared.registry.find(name)
    }

    /// Actors and supervisors that are nobody's children.
    #[must_use]
    pub fn roots(&self) -> usize {
        self.shared.roster.alive()
    }

    /// Stops everyone: all are asked at once, supervisors stop their children in reverse order,
    /// and who is not gone by the deadline is killed and reported.
    ///
    /// From the first moment nothing can be spawned any more.
    pub async fn shutdown(&self, deadline: Duration) -> Shutdown {
        let roster = &self.shared.roster;
        for root in roster.close() {
            root.stop();
        }
        if deadline::within(deadline, roster.emptied()).await.is_some() {
            return Shutdown::Clean;
        }
        let overdue = roster.close();
        for root in &overdue {
            root.kill();
        }
        let mut labels: Vec<String> = overdue.iter().map(|root| root.label()).collect();
        labels.sort_unstable();
        if labels.is_empty() { Shutdown::Clean } else { Shutdown::Overdue(labels) }
    }
}

impl Default for Spawn {
    fn default() -> Self {
        Self::anonymous()
    }
}

impl Default for VolatileSystem {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for VolatileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VolatileSystem").field("roots", &self.roots()).finish_non_exhaustive()
    }
}

/// Cleans up behind an actor that has no supervisor.
struct Alone;

impl<M: Send + 'static> Witness<M> for Alone {
    fn started(&self) {}

    fn ended(self, cx: &Context<M>, reason: StopReason) {
        let Context { address: Address { mailbox }, system } = cx;
        let unhandled = mailbox.retire();
        system.forget(mailbox);
        mailbox.bury(&reason);
        system.shared.roster.remove(mailbox.number());
        drop(unhandled);
    }
}

impl VolatileSystem {
    /// Frees the name, unless a successor has it already.
    pub(super) fn forget<M>(&self, mailbox: &Mailbox<M>) {
        if let Some(name) = mailbox.name() {
            self.shared.registry.remove(name, mailbox.number());
        }
    }
}

#[cfg(test)]
mod tests;
