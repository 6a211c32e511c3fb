//! What a supervisor can do with a child, be it an actor or another supervisor.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::Volatile;
use super::super::context::Context;
use super::super::life::{self, Witness};
use super::super::mailbox::Mailbox;
use super::super::stop::StopReason;
use super::super::system::{SpawnError, VolatileSystem};
use super::plan::{Event, Terms};

/// Each request returns at once; what comes of it is posted.
pub(super) trait Member: Send + Sync {
    fn name(&self) -> &str;
    fn terms(&self) -> Terms;

    /// Takes the names. What was taken before an error is freed by [`Member::release`].
    fn enter(&self, system: &VolatileSystem) -> Result<(), SpawnError>;

    /// Begins an incarnation. The one before must have exited.
    fn start(&self, system: &VolatileSystem, post: Post);
    fn stop(&self);
    fn pause(&self);
    fn kill(&self);

    /// Closes for good what outlives the incarnations: mailboxes, names, watches.
    fn release(&self, system: &VolatileSystem, reason: &StopReason);
}

/// How a child reports to its supervisor.
pub(super) struct Post {
    child: usize,
    events: mpsc::Sender<Event>,
}

/// An actor that is made anew for each incarnation.
pub(super) struct Worker<A: Volatile, F> {
    mailbox: Arc<Mailbox<A::Message>>,
    terms: Terms,
    make: Arc<F>,
}

/// A child reports twice per incarnation at most, and the next one begins after both were read.
pub(super) fn post_office(children: usize) -> (mpsc::Sender<Event>, mpsc::Receiver<Event>) {
    mpsc::channel(2 * children.max(1))
}

impl Post {
    pub(super) fn new(child: usize, events: mpsc::Sender<Event>) -> Self {
        Self { child, events }
    }

    pub(super) fn started(&self) {
        self.send(Event::Started(self.child));
    }

    pub(super) fn ended(&self, reason: StopReason) {
        self.send(Event::Exited(self.child, reason));
    }

    fn send(&self, event: Event) {
        // There is room for every report; a supervisor that is gone needs none.
        drop(self.events.try_send(event));
    }
}

impl<M> Witness<M> for Post {
    fn started(&self) {
        Self::started(self);
    }

    fn ended(self, _: &Context<M>, reason: StopReason) {
        Self::ended(&self, reason);
    }
}

impl<A: Volatile, F> Worker<A, F> {
    pub(super) fn new(mailbox: Arc<Mailbox<A::Message>>, terms: Terms, make: F) -> Self {
        Self { mailbox, terms, make: Arc::new(make) }
    }
}

impl<A, F> Member for Worker<A, F>
where
    A: Volatile,
    F: Fn() -> A + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        self.mailbox.name().unwrap_or_default()
    }

    fn terms(&self) -> Terms {
        Terms { over: self.mailbox.is_over(), ..self.terms }
    }

    fn enter(&self, system: &VolatileSystem) -> Result<(), SpawnError> {
        if system.shared.registry.enter(self.name(), &self.mailbox) {
            Ok(())
        } else {
            Err(SpawnError::NameTaken(self.name().into()))
        }
    }

    fn start(&self, system: &VolatileSystem, post: Post) {
        self.mailbox.reopen();
        let make = Arc::clone(&self.make);
        let life = life::live(Arc::clone(&self.mailbox), system.clone(), move || make(), post);
        self.mailbox.runs_as(system.shared.runtime.spawn(life).abort_handle());
    }

    fn stop(&self) {
        self.mailbox.close();
    }

    fn pause(&self) {
        self.mailbox.interrupt();
    }

    fn kill(&self) {
        self.mailbox.kill();
    }

    fn release(&self, system: &VolatileSystem, reason: &StopReason) {
        let unhandled = self.mailbox.retire();
        system.forget(&self.mailbox);
        self.mailbox.bury(reason);
        drop(unhandled);
    }
}
