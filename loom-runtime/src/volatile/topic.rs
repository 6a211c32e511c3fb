//! Volatile publish and subscribe.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::address::{Address, TryTellError};

/// Passes every published message on to whoever subscribes at that moment. Cheap to clone.
///
/// The publisher never waits: a subscriber with a full mailbox misses the message, which the
/// answer counts. Subscribers that have stopped are removed when a message or a new subscription
/// comes by, so the topic never holds more than twice as many as are alive.
pub struct Topic<M> {
    subscribers: Arc<Mutex<Subscribers<M>>>,
}

/// Names one subscription of one topic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subscription(u64);

/// What became of one published message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Published {
    /// Subscribers that accepted the message.
    pub accepted: usize,
    /// Subscribers whose mailbox was full, or that were about to stop. They stay subscribed.
    pub refused: usize,
    /// Subscribers that were gone for good. They are subscribed no longer.
    pub stopped: usize,
}

struct Subscribers<M> {
    next: u64,
    list: Vec<(Subscription, Box<dyn Subscriber<M>>)>,
}

enum Offered {
    Accepted,
    Refused,
    Gone,
}

trait Subscriber<M>: Send {
    fn offer(&self, message: M) -> Offered;
    fn is_gone(&self) -> bool;
}

impl<M: Clone + Send + 'static> Topic<M> {
    /// A topic without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self { subscribers: Arc::new(Mutex::new(Subscribers { next: 0, list: Vec::new() })) }
    }

    /// Passes messages on to `address`. Subscribed twice, an actor gets each message twice.
    pub fn subscribe(&self, address: Address<M>) -> Subscription {
        self.subscribe_as(address, std::convert::identity)
    }

    /// Passes messages on to an actor of another message type, wrapped by `wrap`, which runs
    /// while the topic is locked and must not use it.
    pub fn subscribe_as<N, F>(&self, address: Address<N>, wrap: F) -> Subscription
    where
        N: Send + 'static,
        F: Fn(M) -> N + Send + 'static,
    {
        let mut subscribers = self.lock();
        if subscribers.list.len() == subscribers.list.capacity() {
            subscribers.list.retain(|(_, subscriber)| !subscriber.is_gone());
        }
        let subscription = Subscription(subscribers.next);
        subscribers.next += 1;
        subscribers.list.push((subscription, Box::new(Wrapped { address, wrap })));
        subscription
    }

    /// Ends a subscription. False if it had ended.
    #[allow(clippy::must_use_candidate, reason = "it is done either way")]
    pub fn unsubscribe(&self, subscription: Subscription) -> bool {
        let mut subscribers = self.lock();
        let place = subscribers.list.iter().position(|(known, _)| *known == subscription);
        place.map(|place| subscribers.list.remove(place)).is_some()
    }

    /// Offers `message` to every subscriber, in the order of subscription.
    pub fn publish(&self, message: &M) -> Published {
        let mut published = Published::default();
        self.lock().list.retain(|(_, subscriber)| {
            let (count, stays) = match subscriber.offer(message.clone()) {
                Offered::Accepted => (&mut published.accepted, true),
                Offered::Refused => (&mut published.refused, true),
                Offered::Gone => (&mut published.stopped, false),
            };
            *count += 1;
            stays
        });
        published
    }

    /// Subscriptions, including those of stopped actors that were not noticed yet.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.lock().list.len()
    }

    fn lock(&self) -> MutexGuard<'_, Subscribers<M>> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Clone + Send + 'static> Default for Topic<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for Topic<M> {
    fn clone(&self) -> Self {
        Self { subscribers: Arc::clone(&self.subscribers) }
    }
}

impl<M> fmt::Debug for Topic<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").finish_non_exhaustive()
    }
}

struct Wrapped<N, F> {
    address: Address<N>,
    wrap: F,
}

impl<M, N, F> Subscriber<M> for Wrapped<N, F>
where
    N: Send + 'static,
    F: Fn(M) -> N + Send,
{
    fn offer(&self, message: M) -> Offered {
        match self.address.try_tell((self.wrap)(message)) {
            Ok(()) => Offered::Accepted,
            // A supervised child that was stopped may come back.
            Err(TryTellError::Stopped(_)) if self.is_gone() => Offered::Gone,
            Err(_) => Offered::Refused,
        }
    }

    fn is_gone(&self) -> bool {
        self.address.mailbox.is_over()
    }
}

#[cfg(test)]
mod tests;
