//! Doing what the plan says.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::super::deadline;
use super::super::obituary::{Obituary, Watch};
use super::super::roster::Root;
use super::super::stop::StopReason;
use super::super::system::{SpawnError, VolatileSystem};
use super::member::{Member, Post, post_office};
use super::plan::{Action, Ending, Event, Plan, Rules, Terms};

/// A supervisor and its children, with what outlives their incarnations.
pub(super) struct Tree {
    pub(super) name: Box<str>,
    pub(super) terms: Terms,
    pub(super) rules: Rules,
    pub(super) members: Vec<Arc<dyn Member>>,
    pub(super) orders: Orders,
    over: AtomicBool,
    obituary: Mutex<Obituary>,
}

/// What a supervisor was told from outside. Later orders only ever ask for more.
#[derive(Default)]
pub(super) struct Orders {
    highest: AtomicU8,
    raised: Notify,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub(super) enum Order {
    None,
    Pause,
    Stop,
    Kill,
}

impl Tree {
    pub(super) fn new(
        name: Box<str>,
        terms: Terms,
        rules: Rules,
        members: Vec<Arc<dyn Member>>,
    ) -> Self {
        Self {
            name,
            terms,
            rules,
            members,
            orders: Orders::default(),
            over: AtomicBool::new(false),
            obituary: Mutex::default(),
        }
    }

    pub(super) fn watch(&self) -> Watch {
        self.obituary.lock().unwrap_or_else(PoisonError::into_inner).watch()
    }

    /// Runs the children until they have all ended, and says when all are up. Never dropped
    /// halfway but with the runtime.
    pub(super) async fn run(&self, system: &VolatileSystem, mut up: impl FnMut()) -> Ending {
        let begun = deadline::now();
        let (post, mut events) = post_office(self.members.len());
        let mut plan = Plan::new(self.rules, self.members.iter().map(|member| member.terms()));
        let mut heeded = Order::None;
        let mut event = Event::Begun;
        loop {
            for action in plan.step(event, deadline::now() - begun) {
                match action {
                    Action::Start(child) => {
                        self.members[child].start(system, Post::new(child, post.clone()));
                    }
                    Action::Stop(child) => self.members[child].stop(),
                    Action::Pause(child) => self.members[child].pause(),
                    Action::Kill(child) => self.members[child].kill(),
                    Action::Ready => up(),
                    Action::Release(child, reason) => self.members[child].release(system, &reason),
                    Action::End(ending) => return ending,
                }
            }
            let due = plan.wake_at().and_then(|wake_at| begun.checked_add(wake_at));
            event = tokio::select! {
                biased;
                event = self.orders.beyond(&mut heeded) => event,
                Some(event) = events.recv() => event,
                () = deadline::reached(due) => Event::Elapsed,
            };
        }
    }

    /// The reason in words for people and for the supervisor above.
    pub(super) fn reason(&self, ending: Ending) -> StopReason {
        match ending {
            Ending::Stopped | Ending::Paused => StopReason::Stopped,
            Ending::Killed => StopReason::Killed,
            Ending::GaveUp { child, restarts, last } => {
                let Self { name, rules, members, .. } = self;
                let child = members[child].name();
                let window = rules.intensity.window;
                let text = format!(
                    "`{name}` gave up after {restarts} restarts within {window:?}: `{child}` {last}"
                );
                StopReason::Failed(text.into())
            }
        }
    }
}

impl Orders {
    pub(super) fn raise(&self, order: Order) {
        self.highest.fetch_max(order as u8, Ordering::SeqCst);
        self.raised.notify_one();
    }

    fn reset(&self) {
        self.highest.store(Order::None as u8, Ordering::SeqCst);
    }

    /// Waits for an order that asks for more than the last one heeded.
    async fn beyond(&self, heeded: &mut Order) -> Event {
        loop {
            let (order, event) = match self.highest.load(Ordering::SeqCst) {
                highest if highest >= Order::Kill as u8 => (Order::Kill, Event::Kill),
                highest if highest == Order::Stop as u8 => (Order::Stop, Event::Stop),
                highest if highest == Order::Pause as u8 => (Order::Pause, Event::Pause),
                _ => (Order::None, Event::Elapsed),
            };
            if order > *heeded {
                *heeded = order;
                return event;
            }
            self.raised.notified().await;
        }
    }
}

/// Reports the end of a nested supervisor even when the runtime goes down.
struct Nested {
    post: Post,
    reason: StopReason,
}

impl Nested {
    fn close(mut self, reason: StopReason) {
        self.reason = reason;
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        self.post.ended(self.reason.clone());
    }
}

impl Member for Arc<Tree> {
    fn name(&self) -> &str {
        &self.name
    }

    fn terms(&self) -> Terms {
        Terms { over: self.over.load(Ordering::SeqCst), ..self.terms }
    }

    fn enter(&self, system: &VolatileSystem) -> Result<(), SpawnError> {
        self.members.iter().try_for_each(|member| member.enter(system))
    }

    fn start(&self, system: &VolatileSystem, post: Post) {
        self.orders.reset();
        let tree = Self::clone(self);
        let system = system.clone();
        let runtime = system.shared.runtime.clone();
        let nested = Nested { post, reason: StopReason::Killed };
        runtime.spawn(async move {
            let ending = tree.run(&system, || nested.post.started()).await;
            nested.close(tree.reason(ending));
        });
    }

    fn stop(&self) {
        self.orders.raise(Order::Stop);
    }

    fn pause(&self) {
        self.orders.raise(Order::Pause);
    }

    fn kill(&self) {
        self.orders.raise(Order::Kill);
    }

    fn release(&self, system: &VolatileSystem, reason: &StopReason) {
        self.over.store(true, Ordering::SeqCst);
        for member in self.members.iter().rev() {
            member.release(system, reason);
        }
        let watchers = self.obituary.lock().unwrap_or_else(PoisonError::into_inner).write(reason);
        if let Some(watchers) = watchers {
            watchers.tell(reason);
        }
    }
}

impl Root for Tree {
    fn stop(&self) {
        self.orders.raise(Order::Stop);
    }

    fn kill(&self) {
        self.orders.raise(Order::Kill);
    }

    fn label(&self) -> String {
        self.name.to_string()
    }
}
