//! The actor's end of the mailbox.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use super::{Gate, Mailbox};

/// Messages handled in one go before other tasks of the runtime get their turn.
const TURN_MESSAGES_MAX: u32 = 128;

/// A buffer larger than this is given back when the actor goes idle.
const IDLE_BUFFER_MESSAGES_MAX: usize = 64;

/// Takes messages out of one mailbox, one incarnation of the actor at a time.
pub(in super::super) struct Receiver<M> {
    batch: VecDeque<M>,
    /// Messages taken up since room was last handed back.
    taken: u32,
    turn_left: u32,
}

impl<M> Receiver<M> {
    pub(in super::super) fn new() -> Self {
        Self { batch: VecDeque::new(), taken: 0, turn_left: TURN_MESSAGES_MAX }
    }

    /// The next message, or `None` when the actor is to stop here.
    pub(in super::super) fn poll_next(
        &mut self,
        mailbox: &Mailbox<M>,
        context: &mut Context<'_>,
    ) -> Poll<Option<M>> {
        if mailbox.is_interrupted() {
            return Poll::Ready(None);
        }
        if self.turn_left == 0 {
            self.turn_left = TURN_MESSAGES_MAX;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.batch.is_empty() && !self.refill(mailbox, context) {
            self.turn_left = TURN_MESSAGES_MAX;
            return Poll::Pending;
        }
        self.turn_left -= 1;
        let Some(message) = self.batch.pop_front() else { return Poll::Ready(None) };
        self.taken += 1;
        if self.taken >= mailbox.portion {
            self.hand_back(mailbox);
        }
        Poll::Ready(Some(message))
    }

    /// Takes everything that waits. False means wait; true with an empty batch means stop.
    fn refill(&mut self, mailbox: &Mailbox<M>, context: &Context<'_>) -> bool {
        let mut inner = mailbox.lock();
        inner.release(std::mem::take(&mut self.taken));
        let woken = inner.admit_waiting(mailbox.capacity);
        std::mem::swap(&mut inner.queue, &mut self.batch);
        let settled = if !self.batch.is_empty() {
            true
        } else if inner.gate == Gate::Open {
            inner.receiver = Some(context.waker().clone());
            if self.batch.capacity() > IDLE_BUFFER_MESSAGES_MAX {
                self.batch = VecDeque::new();
            }
            if inner.queue.capacity() > IDLE_BUFFER_MESSAGES_MAX {
                inner.queue = VecDeque::new();
            }
            // An interruption that came before the waker was in place has woken nobody.
            mailbox.is_interrupted()
        } else {
            inner.gate = if inner.gate == Gate::Draining { Gate::Drained } else { inner.gate };
            true
        };
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
        settled
    }

    fn hand_back(&mut self, mailbox: &Mailbox<M>) {
        let mut inner = mailbox.lock();
        inner.release(std::mem::take(&mut self.taken));
        let woken = inner.admit_waiting(mailbox.capacity);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    /// Puts what was taken and not handled back in front, so that the next incarnation goes on
    /// behind the message that failed.
    pub(in super::super) fn put_back(mut self, mailbox: &Mailbox<M>) {
        let mut inner = mailbox.lock();
        inner.release(std::mem::take(&mut self.taken));
        self.batch.append(&mut inner.queue);
        std::mem::swap(&mut inner.queue, &mut self.batch);
        inner.receiver = None;
        let woken = inner.admit_waiting(mailbox.capacity);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }
}
