//! Describing a tree of supervisors and running it.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::super::Volatile;
use super::super::address::Address;
use super::super::mailbox::{Mailbox, new_number};
use super::super::obituary::Watch;
use super::super::stop::StopReason;
use super::super::system::{Spawn, SpawnError, VolatileSystem};
use super::member::{Member, Worker};
use super::overseer::{Order, Tree};
use super::plan::{Rules, Terms};
use super::policy::{Backoff, Intensity, Restart, Strategy};

/// Children in the order in which they start, and the rules for starting them again.
///
/// It does nothing until [`VolatileSystem::supervise`] runs it. Messages sent before that wait in
/// the mailboxes.
pub struct Supervisor {
    rules: Rules,
    members: Vec<Arc<dyn Member>>,
}

/// What a supervisor needs to know about one child.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Child {
    name: Box<str>,
    capacity: NonZeroUsize,
    restart: Restart,
    stop_within: Option<Duration>,
}

/// A running supervisor that is nobody's child.
#[derive(Clone)]
pub struct Supervised {
    tree: Arc<Tree>,
}

impl Child {
    /// How long an actor may take to stop, unless another limit is given.
    pub const STOP_WITHIN: Duration = Duration::from_secs(5);

    /// A child with this name, which is also its name in the system's registry.
    ///
    /// A nested supervisor is not in the registry, its children are.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>, restart: Restart) -> Self {
        let name = name.into();
        Self { name, capacity: Spawn::CAPACITY_MESSAGES, restart, stop_within: None }
    }

    /// Sets how many accepted messages of an actor may wait.
    #[must_use]
    pub fn capacity(self, capacity: NonZeroUsize) -> Self {
        Self { capacity, ..self }
    }

    /// Sets after what time a stop becomes a kill. Without it an actor has
    /// [`Child::STOP_WITHIN`], and a nested supervisor as long as its children need.
    #[must_use]
    pub fn stop_within(self, limit: Duration) -> Self {
        Self { stop_within: Some(limit), ..self }
    }

    fn terms(&self) -> Terms {
        Terms { restart: self.restart, stop_within: self.stop_within, over: false }
    }
}

impl Supervisor {
    /// A supervisor without children, with the default [`Intensity`] and [`Backoff`].
    #[must_use]
    pub fn new(strategy: Strategy) -> Self {
        let rules =
            Rules { strategy, intensity: Intensity::default(), backoff: Backoff::default() };
        Self { rules, members: Vec::new() }
    }

    /// Sets how many restarts are too many.
    #[must_use]
    pub fn intensity(mut self, intensity: Intensity) -> Self {
        self.rules.intensity = intensity;
        self
    }

    /// Sets how long a failing child waits.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.rules.backoff = backoff;
        self
    }

    /// Adds an actor that `make` makes anew for every start.
    ///
    /// The address is valid for as long as the supervisor runs; messages that come while the
    /// child is down wait in its mailbox.
    pub fn child<A, F>(&mut self, child: Child, make: F) -> Address<A::Message>
    where
        A: Volatile,
        F: Fn() -> A + Send + Sync + 'static,
    {
        let mut terms = child.terms();
        terms.stop_within.get_or_insert(Child::STOP_WITHIN);
        let mailbox = Arc::new(Mailbox::new(Some(child.name), child.capacity));
        self.members.push(Arc::new(Worker::<A, F>::new(Arc::clone(&mailbox), terms, make)));
        Address { mailbox }
    }

    /// Adds another supervisor. It is up when all its children are.
    pub fn supervisor(&mut self, child: Child, nested: Self) {
        let terms = child.terms();
        let Self { rules, members } = nested;
        self.members.push(Arc::new(Arc::new(Tree::new(child.name, terms, rules, members))));
    }
}

impl VolatileSystem {
    /// Runs `supervisor` under a name that is used in messages for people.
    ///
    /// # Errors
    ///
    /// When a child's name is taken or the system shuts down. Then no child has started, and the
    /// children's addresses are dead.
    pub fn supervise(
        &self,
        name: impl Into<Box<str>>,
        supervisor: Supervisor,
    ) -> Result<Supervised, SpawnError> {
        let terms = Terms { restart: Restart::Temporary, stop_within: None, over: false };
        let Supervisor { rules, members } = supervisor;
        let tree = Arc::new(Tree::new(name.into(), terms, rules, members));
        let number = new_number();
        let entered = tree.enter(self).and_then(|()| {
            let entered = self.shared.roster.enter(number, Arc::clone(&tree) as _);
            if entered { Ok(()) } else { Err(SpawnError::ShuttingDown) }
        });
        let reason = StopReason::Killed;
        let top = Top { tree: Arc::clone(&tree), system: self.clone(), number, reason };
        entered?;
        self.shared.runtime.spawn(async move {
            let (tree, system) = (Arc::clone(&top.tree), top.system.clone());
            let ending = tree.run(&system, || {}).await;
            top.close(tree.reason(ending));
        });
        Ok(Supervised { tree })
    }
}

impl Supervised {
    /// Stops the children in reverse order, each within its limit. Returns at once.
    pub fn stop(&self) {
        self.tree.orders.raise(Order::Stop);
    }

    /// Drops all children at their next await. Returns at once.
    pub fn kill(&self) {
        self.tree.orders.raise(Order::Kill);
    }

    /// Resolves when the supervisor and its children are gone:
    /// [`StopReason::Failed`] if it gave up.
    pub fn watch(&self) -> Watch {
        self.tree.watch()
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children: Vec<_> = self.members.iter().map(|member| member.name()).collect();
        f.debug_struct("Supervisor")
            .field("rules", &self.rules)
            .field("children", &children)
            .finish()
    }
}

impl fmt::Debug for Supervised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Supervised({})", self.tree.name)
    }
}

/// Cleans up behind a supervisor that is nobody's child.
struct Top {
    tree: Arc<Tree>,
    system: VolatileSystem,
    number: u64,
    reason: StopReason,
}

impl Top {
    fn close(mut self, reason: StopReason) {
        self.reason = reason;
    }
}

impl Drop for Top {
    fn drop(&mut self) {
        self.tree.release(&self.system, &self.reason);
        self.system.shared.roster.remove(self.number);
    }
}
