//! A sender that waits for room.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{Gate, Inner, Mailbox};

/// Resolves once the message is in the queue, or gives it back when the actor stops first.
///
/// The receiver itself moves the message into the queue, so senders are served in the order in
/// which they came, and a sender that is dropped while it waits takes its message with it.
pub(in super::super) struct Admission<'a, M> {
    mailbox: &'a Mailbox<M>,
    stage: Stage<M>,
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
                let ticket = inner.enqueue(message, context.waker().clone());
                drop(inner);
                self.stage = Stage::Waiting(ticket);
                Poll::Pending
            }
            Stage::Waiting(ticket) => {
                let mut inner = mailbox.lock();
                let Some(place) = inner.place(ticket) else { return Poll::Ready(Ok(())) };
                if inner.gate == Gate::Open {
                    inner.waiting[place].sender.clone_from(context.waker());
                    self.stage = Stage::Waiting(ticket);
                    return Poll::Pending;
                }
                let waiting = inner.waiting.remove(place).expect("the place was just found");
                Poll::Ready(Err(waiting.message))
            }
            Stage::Done => unreachable!("polled after it was ready"),
        }
    }
}

impl<M> Drop for Admission<'_, M> {
    fn drop(&mut self) {
        if let Stage::Waiting(ticket) = self.stage {
            let mut inner = self.mailbox.lock();
            let given_up = inner.place(ticket).and_then(|place| inner.waiting.remove(place));
            // The message may run code of the user's when it is dropped.
            drop(inner);
            drop(given_up);
        }
    }
}

impl<M> Inner<M> {
    fn enqueue(&mut self, message: M, sender: Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Waiting { ticket, message, sender });
        ticket
    }

    fn place(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |waiting| waiting.ticket).ok()
    }
}
