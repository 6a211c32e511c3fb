//! An actor in memory, and its mailbox.
//!
//! An actor with nothing to do is a few hundred bytes and no task. Its first message starts a
//! task that handles messages until there are none.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use loom_core::{ActorId, Head, IdempotencyKey, Kernel, Seq, Timestamp};
use tokio::sync::Notify;

use crate::actor::{Activated, KindEntry};
use crate::envelope::{Caller, Envelope};

/// An actor in memory.
#[derive(Debug)]
pub(crate) struct Activation {
    pub(crate) id: ActorId,
    inner: Mutex<Inner>,
    /// Told when a turn of this actor is settled.
    settled: Notify,
}

#[derive(Debug)]
struct Inner {
    mailbox: VecDeque<Envelope>,
    phase: Phase,
    view: Option<View>,
    held: usize,
    uncommitted: usize,
    uncommitted_keys: Vec<IdempotencyKey>,
    used_at: Timestamp,
}

#[derive(Debug)]
enum Phase {
    /// No task. The body is there once the actor was loaded.
    Idle(Option<Box<Body>>),
    /// A task handles its messages.
    Running,
    /// Given up, but another activation may only take its place once its messages went back
    /// and its turns are settled: else it would be sent what comes after them.
    Closing { emptied: bool },
    /// Given up; another activation may take its place.
    Closed,
}

/// What the journal holds of an actor, as last committed.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) head: Head,
    pub(crate) state: Bytes,
    pub(crate) version: u32,
}

/// The part of an actor that only its task touches.
pub(crate) struct Body {
    pub(crate) entry: Option<Arc<KindEntry>>,
    pub(crate) kernel: Kernel,
    /// The state with its type. Absent when it must be read from the kernel first.
    pub(crate) typed: Option<Box<dyn Activated>>,
    /// Messages that wait for the open invocation to end.
    pub(crate) held: VecDeque<Envelope>,
    /// Callers that wait for the open invocation.
    pub(crate) waiting: Vec<Caller>,
    pub(crate) since_snapshot: SinceSnapshot,
    /// Attempts of earlier processes at the message that is next.
    pub(crate) noted_attempts: u32,
    /// Whether its last handler wants it out of memory once it has nothing to do.
    pub(crate) passivates: bool,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("kernel", &self.kernel).finish_non_exhaustive()
    }
}

/// What has been written since the last snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SinceSnapshot {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) snapshot_bytes: u64,
    pub(crate) snapshot: Option<Seq>,
}

/// What became of a message that was put in a mailbox.
pub(crate) enum Pushed {
    /// It waits, and a task will come to it.
    Queued,
    /// It waits, and the caller must start the task.
    Start(Option<Box<Body>>),
    /// The mailbox is full.
    Full(Envelope),
    /// The activation is being given up.
    Closing(Envelope),
    /// The activation was given up, and another may take its place.
    Closed(Envelope),
}

/// What a task does next.
pub(crate) enum Next {
    /// Handles this.
    Message(Box<Envelope>, Box<Body>),
    /// Nothing: it ends.
    Idle,
    /// Nothing, and the actor leaves memory.
    Left,
    /// Gives back what it has.
    Closing(Box<Body>),
}

/// What giving an activation up found.
#[derive(Debug)]
pub(crate) enum Closed {
    /// No task runs. The body is there if the actor was loaded.
    Idle(Option<Box<Body>>),
    /// A task runs, and will give back what it has; or somebody gave the activation up before.
    Running,
}

impl Inner {
    fn is_given_up(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. } | Phase::Closed)
    }

    /// Whether nothing would be missed if the actor were not in memory.
    fn is_at_rest(&self) -> bool {
        let Phase::Idle(body) = &self.phase else { return false };
        self.uncommitted == 0
            && self.mailbox.is_empty()
            && self.held == 0
            && body.as_ref().is_none_or(|body| body.waiting.is_empty())
    }

    /// Closes the activation if it is at rest and was to leave memory then.
    fn passivates(&mut self) -> bool {
        let leaves = matches!(&self.phase, Phase::Idle(Some(body)) if body.passivates);
        let leaves = leaves && self.is_at_rest();
        if leaves {
            self.phase = Phase::Closed;
        }
        leaves
    }

    /// Ends giving the activation up if nothing is left of it.
    fn ends(&mut self) -> bool {
        let ends = matches!(self.phase, Phase::Closing { emptied: true }) && self.uncommitted == 0;
        if ends {
            self.phase = Phase::Closed;
        }
        ends
    }
}

impl Activation {
    pub(crate) fn new(id: ActorId, now: Timestamp) -> Self {
        let inner = Inner {
            mailbox: VecDeque::new(),
            phase: Phase::Idle(None),
            view: None,
            held: 0,
            uncommitted: 0,
            uncommitted_keys: Vec::new(),
            used_at: now,
        };
        Self { id, inner: Mutex::new(inner), settled: Notify::new() }
    }

    pub(crate) fn push(&self, envelope: Envelope, mailbox_max: usize, now: Timestamp) -> Pushed {
        let mut inner = self.lock();
        inner.used_at = now;
        match inner.phase {
            Phase::Closed => return Pushed::Closed(envelope),
            Phase::Closing { .. } => return Pushed::Closing(envelope),
            Phase::Idle(_) | Phase::Running => {}
        }
        // What an invocation waits for must get past the messages that wait for it.
        let urgent = !matches!(envelope.delivery.message.body, loom_core::Body::Invoke { .. });
        if !urgent && inner.mailbox.len() + inner.held >= mailbox_max {
            return Pushed::Full(envelope);
        }
        if inner.mailbox.capacity() == 0 {
            inner.mailbox.reserve_exact(1);
        }
        inner.mailbox.push_back(envelope);
        match std::mem::replace(&mut inner.phase, Phase::Running) {
            Phase::Idle(body) => Pushed::Start(body),
            _ => Pushed::Queued,
        }
    }

    /// What the task does next. With nothing to do, the body is put back.
    pub(crate) fn next(&self, mut body: Box<Body>) -> Next {
        let mut inner = self.lock();
        if inner.is_given_up() {
            return Next::Closing(body);
        }
        let held = match body.kernel.invocation() {
            None => body.held.pop_front(),
            Some(_) => None,
        };
        let next = held.or_else(|| inner.mailbox.pop_front());
        inner.held = body.held.len();
        if let Some(envelope) = next {
            return Next::Message(Box::new(envelope), body);
        }
        // Most actors are idle most of the time: room for messages is much of what they take.
        inner.mailbox = VecDeque::new();
        body.held.shrink_to_fit();
        inner.phase = Phase::Idle(Some(body));
        if inner.passivates() { Next::Left } else { Next::Idle }
    }

    /// The first message, left in its place, for loading the actor on its behalf.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&Envelope) -> T) -> Option<T> {
        self.lock().mailbox.front().map(look)
    }

    /// Begins to give the activation up. Returns its body if no task has it: the caller must
    /// then give back what it holds. Otherwise the task will.
    pub(crate) fn close(&self) -> Closed {
        let mut inner = self.lock();
        let closing = Phase::Closing { emptied: false };
        let closed = match std::mem::replace(&mut inner.phase, closing) {
            Phase::Idle(body) => Closed::Idle(body),
            Phase::Running => Closed::Running,
            given_up => {
                inner.phase = given_up;
                Closed::Running
            }
        };
        self.settled.notify_waiters();
        closed
    }

    /// Takes the messages that nobody will handle.
    pub(crate) fn drain(&self) -> Vec<Envelope> {
        self.lock().mailbox.drain(..).collect()
    }

    /// Every message of an activation that is being given up went back. `true` if another may
    /// take its place.
    pub(crate) fn emptied(&self) -> bool {
        let mut inner = self.lock();
        inner.phase = Phase::Closing { emptied: true };
        inner.ends()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_given_up()
    }

    /// Waits until the activation is being given up.
    pub(crate) async fn given_up(&self) {
        self.until(Inner::is_given_up).await;
    }

    /// Closes the activation if it has nothing to do and nothing uncommitted.
    pub(crate) fn evict(&self, used_before: Timestamp) -> bool {
        let mut inner = self.lock();
        let evicted = inner.is_at_rest() && inner.used_at < used_before;
        if evicted {
            inner.phase = Phase::Closed;
        }
        evicted
    }

    pub(crate) fn used_at(&self) -> Timestamp {
        self.lock().used_at
    }

    /// Whether no task runs and nothing waits for a commit.
    pub(crate) fn is_quiet(&self) -> bool {
        let inner = self.lock();
        !matches!(inner.phase, Phase::Running) && inner.uncommitted == 0
    }

    pub(crate) fn view(&self) -> Option<View> {
        self.lock().view.clone()
    }

    pub(crate) fn show(&self, view: View) {
        self.lock().view = Some(view);
    }

    pub(crate) fn count_uncommitted(&self, key: Option<IdempotencyKey>) {
        let mut inner = self.lock();
        inner.uncommitted += 1;
        inner.uncommitted_keys.extend(key);
    }

    pub(crate) fn has_uncommitted_key(&self, key: &IdempotencyKey) -> bool {
        self.lock().uncommitted_keys.contains(key)
    }

    /// A turn was committed: `view` is what the journal holds now. `true` if that was what
    /// another activation waited for to take the place of this one, or this one leaves memory.
    pub(crate) fn settle(&self, view: View, key: Option<&IdempotencyKey>) -> bool {
        let mut inner = self.lock();
        inner.uncommitted = inner.uncommitted.saturating_sub(1);
        if let Some(at) = key.and_then(|key| inner.uncommitted_keys.iter().position(|k| k == key)) {
            inner.uncommitted_keys.swap_remove(at);
            if inner.uncommitted_keys.is_empty() {
                inner.uncommitted_keys = Vec::new();
            }
        }
        inner.view = Some(view);
        let ends = inner.ends() || inner.passivates();
        drop(inner);
        self.settled.notify_waiters();
        ends
    }

    /// A turn was not committed, and its message went back. `true` if another activation may
    /// take the place of this one.
    pub(crate) fn lost(&self) -> bool {
        let mut inner = self.lock();
        inner.uncommitted = inner.uncommitted.saturating_sub(1);
        inner.ends()
    }

    /// Waits until fewer than `max` turns wait for their commit, or the activation is given up.
    pub(crate) async fn fewer_uncommitted(&self, max: usize) {
        self.until(|inner| inner.uncommitted < max || inner.is_given_up()).await;
    }

    async fn until(&self, holds: impl Fn(&Inner) -> bool) {
        loop {
            let mut settled = std::pin::pin!(self.settled.notified());
            settled.as_mut().enable();
            if holds(&self.lock()) {
                return;
            }
            settled.await;
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
