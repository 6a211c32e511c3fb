//! The bounded queue between many senders and one actor.
//!
//! Senders and the receiver meet under one short lock. The receiver takes everything that waits
//! in one swap and hands room back in portions, so that both sides pay for one lock per message
//! at most and for far fewer when messages arrive in bursts.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::task::AbortHandle;

use self::admission::Line;
use super::obituary::{Obituary, Watch};
use super::stop::StopReason;

mod admission;
mod receiver;

pub(super) use admission::Admission;
pub(super) use receiver::Receiver;

/// Room is handed back after this many messages at most.
const PORTION_MAX: u32 = 64;

/// What senders, the running actor and its supervisor share about one actor.
pub(super) struct Mailbox<M> {
    /// Set while the actor is to return at the next message boundary and leave the rest.
    interrupted: AtomicBool,
    capacity: usize,
    /// Room is handed back after so many messages.
    portion: u32,
    number: u64,
    name: Option<Box<str>>,
    inner: Mutex<Inner<M>>,
}

/// Why a message was not accepted, with the message.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Refused<M> {
    Full(M),
    Closed(M),
}

struct Inner<M> {
    queue: VecDeque<M>,
    /// Messages that were accepted and whose room was not handed back.
    held: usize,
    gate: Gate,
    killed: bool,
    /// Once somebody had to wait for room.
    line: Option<Box<Line<M>>>,
    receiver: Option<Waker>,
    task: Option<AbortHandle>,
    obituary: Obituary,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Gate {
    Open,
    /// Nothing more is accepted, what was accepted is still to be handled.
    Draining,
    /// Everything accepted was handled. Only a supervisor opens the gate again.
    Drained,
    /// The actor is gone for good.
    Over,
}

/// Numbers tell apart actors that have the same name, one after the other.
pub(super) fn new_number() -> u64 {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

impl<M> Mailbox<M> {
    pub(super) fn new(name: Option<Box<str>>, capacity: NonZeroUsize) -> Self {
        let capacity = capacity.get();
        let inner = Inner {
            queue: VecDeque::new(),
            held: 0,
            gate: Gate::Open,
            killed: false,
            line: None,
            receiver: None,
            task: None,
            obituary: Obituary::default(),
        };
        Self {
            interrupted: AtomicBool::new(false),
            capacity,
            // A small mailbox is exact; a large one may refuse a sixteenth early.
            portion: u32::try_from(capacity / 16).unwrap_or(u32::MAX).clamp(1, PORTION_MAX),
            number: new_number(),
            name,
            inner: Mutex::new(inner),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Accepts `message` if there is room and nobody waits for it already.
    pub(super) fn offer(&self, message: M) -> Result<(), Refused<M>> {
        let mut inner = self.lock();
        if inner.gate != Gate::Open {
            return Err(Refused::Closed(message));
        }
        if !inner.has_room(self.capacity) {
            return Err(Refused::Full(message));
        }
        let receiver = inner.accept(message);
        drop(inner);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
        Ok(())
    }

    /// Accepts `message` as soon as there is room, in the order of asking.
    pub(super) fn admit(&self, message: M) -> Admission<'_, M> {
        Admission::new(self, message)
    }

    /// Refuses what comes from now on; what was accepted will still be handled.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        if inner.gate == Gate::Open {
            inner.gate = Gate::Draining;
        }
        let woken: Vec<Waker> =
            inner.receiver.take().into_iter().chain(inner.waiting_wakers()).collect();
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Makes the actor return at the next message boundary. The rest stays in the mailbox.
    pub(super) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::SeqCst);
        let receiver = self.lock().receiver.take();
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Drops the running actor at its next await.
    pub(super) fn kill(&self) {
        let mut inner = self.lock();
        inner.killed = true;
        let task = inner.task.take();
        drop(inner);
        if let Some(task) = task {
            task.abort();
        }
    }

    /// Makes the mailbox ready for another incarnation, unless it is over.
    pub(super) fn reopen(&self) {
        self.interrupted.store(false, Ordering::SeqCst);
        let mut inner = self.lock();
        inner.killed = false;
        if inner.gate == Gate::Drained {
            inner.gate = Gate::Open;
        }
        let woken = inner.admit_waiting(self.capacity);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Remembers the task to drop on [`Mailbox::kill`].
    pub(super) fn runs_as(&self, task: AbortHandle) {
        let mut inner = self.lock();
        if inner.killed {
            drop(inner);
            task.abort();
        } else {
            inner.task = Some(task);
        }
    }

    /// Gives the messages that will never be handled. From now on the mailbox refuses everything.
    pub(super) fn retire(&self) -> VecDeque<M> {
        let mut inner = self.lock();
        inner.gate = Gate::Over;
        inner.task = None;
        let left = std::mem::take(&mut inner.queue);
        let woken: Vec<Waker> = inner.waiting_wakers().collect();
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
        left
    }

    /// Tells every watcher, once the actor is gone and its name is free.
    pub(super) fn bury(&self, reason: &StopReason) {
        let watchers = self.lock().obituary.write(reason);
        if let Some(watchers) = watchers {
            watchers.tell(reason);
        }
    }

    pub(super) fn watch(&self) -> Watch {
        self.lock().obituary.watch()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().gate != Gate::Open
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().gate == Gate::Over
    }

    /// Messages accepted and not yet taken up by the actor, to within one portion.
    pub(super) fn len(&self) -> usize {
        self.lock().held
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// No user code runs under the lock, so a poisoned one is still consistent.
    fn lock(&self) -> MutexGuard<'_, Inner<M>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M> Inner<M> {
    /// A sender that waits already goes first.
    fn has_room(&self, capacity: usize) -> bool {
        self.held < capacity && self.line.as_ref().is_none_or(|line| line.is_empty())
    }

    /// Gives the receiver to wake once the lock is released.
    fn accept(&mut self, message: M) -> Option<Waker> {
        // Most actors have one message at a time, or none.
        if self.queue.capacity() == 0 {
            self.queue.reserve_exact(1);
        }
        self.queue.push_back(message);
        self.held += 1;
        self.receiver.take()
    }

    /// Hands back the room of so many messages.
    fn release(&mut self, messages: u32) {
        self.held -= usize::try_from(messages).expect("a portion is small");
    }

    /// Moves waiting senders' messages into the queue while there is room.
    fn admit_waiting(&mut self, capacity: usize) -> Vec<Waker> {
        let mut woken = Vec::new();
        let Some(line) = &mut self.line else { return woken };
        while self.gate == Gate::Open && self.held < capacity {
            let Some(waiting) = line.pop() else { break };
            self.queue.push_back(waiting.message);
            self.held += 1;
            woken.push(waiting.sender);
        }
        woken
    }

    fn waiting_wakers(&self) -> impl Iterator<Item = Waker> {
        self.line.iter().flat_map(|line| line.senders())
    }
}

#[cfg(test)]
mod tests;
