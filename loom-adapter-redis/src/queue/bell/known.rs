//! What is known of queues: which may have something, and which will when.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{QueueName, Timestamp};
use redis::RedisError;
use tokio::sync::Notify;
use tokio::time::Instant;

/// So many queues are remembered before it is looked which may be forgotten.
const QUEUES_MIN: usize = 64;

/// What is known of the queues that were looked at lately. Any other may have something.
#[derive(Debug)]
pub(super) struct Known {
    queues: HashMap<Box<str>, Queue>,
    look_every: Duration,
    forget_at_len: usize,
    /// Why nothing is heard.
    deaf: Option<RedisError>,
}

#[derive(Debug)]
struct Queue {
    /// Something may have become visible since the last look began.
    rung: bool,
    due: Option<Due>,
    looked: Instant,
    waiters: Vec<Arc<Notify>>,
}

/// When the next hidden message becomes visible, on the clock of those who ask, which may be
/// set, and on our own.
#[derive(Clone, Copy, Debug)]
pub(in crate::queue) struct Due {
    told: Timestamp,
    here: Instant,
}

/// What time it is, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) told: Timestamp,
    pub(super) here: Instant,
}

impl Due {
    /// A time of those who ask, for whom it is `now`. `None` if nobody lives to see it.
    pub(in crate::queue) fn new(told: Timestamp, now: Timestamp) -> Option<Self> {
        Some(Self { told, here: Instant::now().checked_add(told.since(now))? })
    }

    fn is_past(self, now: Now) -> bool {
        self.told <= now.told || self.here <= now.here
    }

    fn first(self, other: Self) -> Self {
        Self { told: self.told.min(other.told), here: self.here.min(other.here) }
    }
}

impl Known {
    /// After `look_every` a queue may have something that nobody has heard of.
    pub(super) fn new(look_every: Duration) -> Self {
        Self { queues: HashMap::new(), look_every, forget_at_len: QUEUES_MIN, deaf: None }
    }

    pub(super) fn begin_look(&mut self, queue: &QueueName, now: Instant) {
        if let Some(known) = self.queues.get_mut(queue.as_str()) {
            (known.rung, known.due, known.looked) = (false, None, now);
            return;
        }
        self.forget(now);
        let known = Queue { rung: false, due: None, looked: now, waiters: Vec::new() };
        self.queues.insert(queue.as_str().into(), known);
    }

    /// A look found the queue exhausted. Another may have begun meanwhile and say otherwise.
    pub(super) fn end_look(&mut self, queue: &QueueName, due: Option<Due>) {
        if let (Some(known), Some(due)) = (self.queues.get_mut(queue.as_str()), due) {
            known.due = Some(known.due.map_or(due, |other| due.first(other)));
            known.wake();
        }
    }

    /// Something of a queue may be visible.
    pub(super) fn ring(&mut self, queue: &str) {
        if let Some(known) = self.queues.get_mut(queue) {
            known.rung = true;
            known.wake();
        }
    }

    /// From now on everything is heard; what was published before may not have been.
    pub(super) fn hear(&mut self) {
        self.deaf = None;
        for known in self.queues.values_mut() {
            known.rung = true;
            known.wake();
        }
    }

    /// From now on nothing is heard.
    pub(super) fn deafen(&mut self, why: RedisError) {
        self.deaf = Some(why);
        self.queues.values().for_each(Queue::wake);
    }

    /// Why nothing is heard, if it is so.
    pub(super) fn deafness(&self) -> Option<&RedisError> {
        self.deaf.as_ref()
    }

    /// How long nothing will become visible in any of `queues` without a ring, or as an error
    /// those that may have something.
    pub(super) fn ready(&self, queues: &[QueueName], now: Now) -> Result<Duration, Vec<QueueName>> {
        let mut pause = self.look_every;
        let mut visible = Vec::new();
        for queue in queues {
            match self.queues.get(queue.as_str()).and_then(|known| self.pause(known, now)) {
                Some(of_it) => pause = pause.min(of_it),
                None => visible.push(queue.clone()),
            }
        }
        if visible.is_empty() { Ok(pause) } else { Err(visible) }
    }

    /// How long a queue has nothing without a ring. `None` if it may have something now.
    fn pause(&self, known: &Queue, now: Now) -> Option<Duration> {
        let is_due = known.due.is_some_and(|due| due.is_past(now));
        let until_look = (known.looked + self.look_every).saturating_duration_since(now.here);
        if known.rung || is_due || until_look.is_zero() {
            return None;
        }
        let until_due = known.due.map_or(Duration::MAX, |due| {
            due.told.since(now.told).min(due.here.saturating_duration_since(now.here))
        });
        Some(until_look.min(until_due))
    }

    /// `wake` is told when something changes in one of `queues`, all of them known.
    pub(super) fn add_waiter(&mut self, queues: &[QueueName], wake: &Arc<Notify>) {
        for queue in queues {
            if let Some(known) = self.queues.get_mut(queue.as_str()) {
                known.waiters.push(Arc::clone(wake));
            }
        }
    }

    pub(super) fn remove_waiter(&mut self, queues: &[QueueName], wake: &Arc<Notify>) {
        for queue in queues {
            if let Some(known) = self.queues.get_mut(queue.as_str()) {
                known.waiters.retain(|other| !Arc::ptr_eq(other, wake));
            }
        }
    }

    /// Forgets queues of which no more is known than of any other.
    fn forget(&mut self, now: Instant) {
        if self.queues.len() < self.forget_at_len {
            return;
        }
        let look_every = self.look_every;
        self.queues.retain(|_, known| {
            !known.waiters.is_empty() || (!known.rung && known.looked + look_every > now)
        });
        self.forget_at_len = QUEUES_MIN.max(2 * self.queues.len());
    }
}

impl Queue {
    fn wake(&self) {
        self.waiters.iter().for_each(|waiter| waiter.notify_one());
    }
}

#[cfg(test)]
mod tests;
