use std::collections::VecDeque;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::{Admission, Mailbox, Refused};

/// The actor's end, for as long as one incarnation lives.
struct Receiver {
    mailbox: Arc<Mailbox<u32>>,
    end: Option<super::Receiver<u32>>,
}

impl Receiver {
    fn new(mailbox: Arc<Mailbox<u32>>) -> Self {
        Self { mailbox, end: Some(super::Receiver::new()) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.end.take().unwrap().put_back(&self.mailbox);
    }
}

fn mailbox(capacity: usize) -> Arc<Mailbox<u32>> {
    Arc::new(Mailbox::new(None, NonZeroUsize::new(capacity).unwrap()))
}

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn next(Receiver { mailbox, end }: &mut Receiver) -> Poll<Option<u32>> {
    end.as_mut().unwrap().poll_next(mailbox, &mut Context::from_waker(Waker::noop()))
}

#[test]
fn the_capacity_is_a_bound() {
    let mailbox = mailbox(2);
    assert_eq!(mailbox.offer(1), Ok(()));
    assert_eq!(mailbox.offer(2), Ok(()));
    assert_eq!(mailbox.offer(3), Err(Refused::Full(3)));

    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(1)));
    assert_eq!(mailbox.offer(3), Ok(()));
    assert_eq!(mailbox.offer(4), Err(Refused::Full(4)));
}

#[test]
fn a_large_mailbox_keeps_at_most_a_sixteenth_back() {
    let mailbox = mailbox(1024);
    for message in 0..1024 {
        assert_eq!(mailbox.offer(message), Ok(()));
    }
    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    for message in 0..100 {
        assert_eq!(next(&mut receiver), Poll::Ready(Some(message)));
    }
    let accepted = (0..1024).take_while(|message| mailbox.offer(*message).is_ok()).count();
    assert!((36..=100).contains(&accepted), "{accepted}");
}

#[test]
fn senders_that_wait_are_served_in_the_order_of_asking_and_before_new_ones() {
    let mailbox = mailbox(1);
    assert_eq!(mailbox.offer(1), Ok(()));
    let (mut second, mut third) = (mailbox.admit(2), mailbox.admit(3));
    assert!(poll(&mut second).is_pending());
    assert!(poll(&mut third).is_pending());

    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(1)));
    assert_eq!(poll(&mut second), Poll::Ready(Ok(())));
    assert!(poll(&mut third).is_pending());
    assert_eq!(mailbox.offer(4), Err(Refused::Full(4)));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(2)));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(3)));
}

#[test]
fn a_sender_that_gives_up_takes_its_message_with_it() {
    let mailbox = mailbox(1);
    assert_eq!(mailbox.offer(1), Ok(()));
    let (mut second, mut third) = (mailbox.admit(2), mailbox.admit(3));
    assert!(poll(&mut second).is_pending());
    assert!(poll(&mut third).is_pending());
    drop(second);

    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(1)));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(3)));
}

#[test]
fn a_closed_mailbox_gives_messages_back_and_drains_the_rest() {
    let mailbox = mailbox(1);
    assert_eq!(mailbox.offer(1), Ok(()));
    let mut second = mailbox.admit(2);
    assert!(poll(&mut second).is_pending());
    mailbox.close();

    assert_eq!(poll(&mut second), Poll::Ready(Err(2)));
    assert_eq!(mailbox.offer(3), Err(Refused::Closed(3)));
    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(1)));
    assert_eq!(next(&mut receiver), Poll::Ready(None));
}

#[test]
fn what_a_receiver_has_not_handled_goes_to_the_next_one_in_order() {
    let mailbox = mailbox(8);
    for message in 1..=3 {
        assert_eq!(mailbox.offer(message), Ok(()));
    }
    let mut failed = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut failed), Poll::Ready(Some(1)));
    assert_eq!(mailbox.offer(4), Ok(()));
    drop(failed);

    let mut receiver = Receiver::new(mailbox);
    for message in 2..=4 {
        assert_eq!(next(&mut receiver), Poll::Ready(Some(message)));
    }
}

#[test]
fn an_interrupted_receiver_leaves_the_rest_in_the_mailbox() {
    let mailbox = mailbox(8);
    for message in 1..=3 {
        assert_eq!(mailbox.offer(message), Ok(()));
    }
    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    assert_eq!(next(&mut receiver), Poll::Ready(Some(1)));
    mailbox.interrupt();
    assert_eq!(next(&mut receiver), Poll::Ready(None));
    drop(receiver);
    mailbox.reopen();
    assert_eq!(next(&mut Receiver::new(mailbox)), Poll::Ready(Some(2)));
}

#[test]
fn a_buffer_that_grew_in_a_burst_is_given_back_when_idle() {
    let mailbox = mailbox(1024);
    let mut receiver = Receiver::new(Arc::clone(&mailbox));
    for round in 0..3 {
        for message in 0..1000 {
            assert_eq!(mailbox.offer(message), Ok(()), "round {round}");
        }
        let mut polls = (0..).map(|_| next(&mut receiver)).filter(Poll::is_ready);
        assert!(polls.by_ref().take(1000).all(|taken| taken != Poll::Ready(None)));
        assert!(next(&mut receiver).is_pending());
        assert!(mailbox.lock().queue.capacity() <= 64);
    }
}

/// What may happen to a mailbox, one thing at a time.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Offer,
    Admit,
    GiveUp(usize),
    PollSender(usize),
    Take,
    Restart,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Offer),
        2 => Just(Happening::Admit),
        1 => (0..4_usize).prop_map(Happening::GiveUp),
        1 => (0..4_usize).prop_map(Happening::PollSender),
        4 => Just(Happening::Take),
        1 => Just(Happening::Restart),
    ]
}

/// A mailbox beside the plainest description of one: what is accepted, and who waits.
struct Pair<'a> {
    mailbox: &'a Arc<Mailbox<u32>>,
    receiver: Receiver,
    accepted: VecDeque<u32>,
    waiting: VecDeque<(u32, Admission<'a, u32>)>,
}

impl Pair<'_> {
    fn room(&self) -> bool {
        self.accepted.len() < self.mailbox.capacity && self.waiting.is_empty()
    }

    fn admit_waiting(&mut self) {
        while self.accepted.len() < self.mailbox.capacity {
            let Some((message, mut sender)) = self.waiting.pop_front() else { break };
            assert_eq!(poll(&mut sender), Poll::Ready(Ok(())));
            self.accepted.push_back(message);
        }
    }

    fn happens(&mut self, message: u32, happening: Happening) {
        match happening {
            Happening::Offer if self.room() => {
                assert_eq!(self.mailbox.offer(message), Ok(()));
                self.accepted.push_back(message);
            }
            Happening::Offer => {
                assert_eq!(self.mailbox.offer(message), Err(Refused::Full(message)));
            }
            Happening::Admit => {
                let room = self.room();
                let mut sender = self.mailbox.admit(message);
                let answer = poll(&mut sender);
                if room {
                    assert_eq!(answer, Poll::Ready(Ok(())));
                    self.accepted.push_back(message);
                } else {
                    assert!(answer.is_pending());
                    self.waiting.push_back((message, sender));
                }
            }
            Happening::GiveUp(place) => drop(self.waiting.remove(place)),
            Happening::PollSender(place) => {
                if let Some((_, sender)) = self.waiting.get_mut(place) {
                    assert!(poll(sender).is_pending());
                }
            }
            Happening::Take => {
                let taken = next(&mut self.receiver);
                // The turn of the receiver may be over; then it asks to be polled again.
                if taken.is_ready() || self.accepted.is_empty() {
                    let expected = self.accepted.pop_front();
                    assert_eq!(taken, expected.map_or(Poll::Pending, |m| Poll::Ready(Some(m))));
                }
                self.admit_waiting();
            }
            Happening::Restart => {
                self.receiver = Receiver::new(Arc::clone(self.mailbox));
                self.admit_waiting();
            }
        }
    }
}

#[test]
fn a_mailbox_is_a_bounded_queue_with_a_line_before_it() {
    let config = Config { cases: 500, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let happenings = proptest::collection::vec(happening(), 1..200);
    // Below a capacity of 32 every message hands its room back at once.
    TestRunner::new_with_rng(config, rng)
        .run(&(1..10_usize, happenings), |(capacity, happenings)| {
            let mailbox = mailbox(capacity);
            let receiver = Receiver::new(Arc::clone(&mailbox));
            let (accepted, waiting) = (VecDeque::new(), VecDeque::new());
            let mut pair = Pair { mailbox: &mailbox, receiver, accepted, waiting };
            for (message, happening) in (0..).zip(happenings) {
                pair.happens(message, happening);
            }
            Ok(())
        })
        .unwrap();
}
