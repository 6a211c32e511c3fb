//! A sender that waits for room.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{Gate, Mailbox};

/// Resolves once the message is in the queue, or gives it back when the actor stops first.
///
/// The receiver itself moves the message into the queue, so senders are served in the order in
/// which they came, and a sender that is dropped while it waits takes its message with it.
pub(in super::super) struct Admission<'a, M> {
    mailbox: &'a Mailbox<M>,
    stage: Stage<M>,
}

/// Senders waiting for room, each with its message, oldest first.
pub(super) struct Line<M> {
    /// Never given out twice: a sender that was served knows it by its ticket being gone.
    next_ticket: u64,
    waiting: VecDeque<Waiting<M>>,
}

pub(super) struct Waiting<M> {
    ticket: u64,
    pub(super) message: M,
    pub(super) sender: Waker,
}

enum Stage<M> {
    New(M),
    Waiting(u64),
    Done,
}

impl<'a, M> Admission<'a, M> {
    pub(super) fn new(mailbox: &'a Mailbox<M>, message: M) -> Self {
        Self { mailbox, stage: Stage::New(message) }
    }
}

impl<M> Unpin for Admission<'_, M> {}

impl<M> Future for Admission<'_, M> {
    type Output = Result<(), M>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mailbox = self.mailbox;
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::New(message) => {
                let mut inner = mailbox.lock();
                if inner.gate != Gate::Open {
                    return Poll::Ready(Err(message));
                }
                if inner.has_room(mailbox.capacity) {
                    let receiver = inner.accept(message);
                    drop(inner);
                    receiver.into_iter().for_each(Waker::wake);
                    return Poll::Ready(Ok(()));
                }
                let ticket = inner.line.get_or_insert_default().add(message, context.waker());
                drop(inner);
                self.stage = Stage::Waiting(ticket);
                Poll::Pending
            }
            Stage::Waiting(ticket) => {
                let mut inner = mailbox.lock();
                let is_open = inner.gate == Gate::Open;
                let Some(line) = &mut inner.line else { return Poll::Ready(Ok(())) };
                if !is_open {
                    return Poll::Ready(match line.remove(ticket) {
                        Some(waiting) => Err(waiting.message),
                        None => Ok(()),
                    });
                }
                let Some(waiting) = line.find(ticket) else { return Poll::Ready(Ok(())) };
                waiting.sender.clone_from(context.waker());
                self.stage = Stage::Waiting(ticket);
                Poll::Pending
            }
            Stage::Done => unreachable!("polled after it was ready"),
        }
    }
}

impl<M> Drop for Admission<'_, M> {
    fn drop(&mut self) {
        if let Stage::Waiting(ticket) = self.stage {
            let mut inner = self.mailbox.lock();
            let given_up = inner.line.as_mut().and_then(|line| line.remove(ticket));
            // The message may run code of the user's when it is dropped.
            drop(inner);
            drop(given_up);
        }
    }
}

impl<M> Line<M> {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Waiting<M>> {
        self.waiting.pop_front()
    }

    pub(super) fn senders(&self) -> impl Iterator<Item = Waker> {
        self.waiting.iter().map(|waiting| waiting.sender.clone())
    }

    fn add(&mut self, message: M, sender: &Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Waiting { ticket, message, sender: sender.clone() });
        ticket
    }

    fn find(&mut self, ticket: u64) -> Option<&mut Waiting<M>> {
        let place = self.place(ticket)?;
        self.waiting.get_mut(place)
    }

    fn remove(&mut self, ticket: u64) -> Option<Waiting<M>> {
        let place = self.place(ticket)?;
        self.waiting.remove(place)
    }

    fn place(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |waiting| waiting.ticket).ok()
    }
}

impl<M> Default for Line<M> {
    fn default() -> Self {
        Self { next_ticket: 0, waiting: VecDeque::new() }
    }
}
