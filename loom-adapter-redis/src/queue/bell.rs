//! How those who wait for messages learn that there may be some.
//!
//! Scripts publish the name of a queue when a message of it becomes visible; each process that
//! waits hears it on a connection of its own, and remembers it until it has looked. Each look also
//! says when the next hidden message will be visible.

mod known;
mod listener;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use loom_core::{QueueName, Timestamp};
use redis::RedisError;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(super) use self::known::Due;
use self::known::{Known, Now};
use self::listener::Listener;
use crate::connection::Connection;
use crate::settings::Topology;

/// How often those who wait look by themselves. A lost connection is noticed; this is for what
/// nobody has thought of.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// The same in a cluster, whose nodes pass on what is published, and may lose it.
const LOOK_EVERY_IN_CLUSTER: Duration = Duration::from_secs(30);
/// The shortest time between two looks.
const LOOK_AFTER: Duration = Duration::from_millis(1);

/// Knows which queues may have something to receive.
#[derive(Debug)]
pub(super) struct Bell {
    known: Shared,
    listener: OnceLock<Listener>,
}

/// What is known, for all that listen and wait.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<Known>>);

/// A look at a queue. Unless it ends with the queue exhausted, the queue is looked at again.
pub(super) struct Look<'a> {
    /// Without a listener nothing is known.
    of: Option<(&'a Bell, &'a QueueName)>,
}

impl Bell {
    pub(super) fn new(topology: &Topology) -> Self {
        let look_every = match topology {
            Topology::Cluster => LOOK_EVERY_IN_CLUSTER,
            Topology::Standalone | Topology::Sentinel { .. } => LOOK_EVERY,
        };
        let known = Shared(Arc::new(Mutex::new(Known::new(look_every))));
        Self { known, listener: OnceLock::new() }
    }

    /// From now on hears what is published on `channel`.
    pub(super) fn listen(&self, connection: &Arc<Connection>, channel: impl FnOnce() -> String) {
        self.listener
            .get_or_init(|| Listener::spawn(Arc::clone(connection), channel(), self.known.clone()));
    }

    /// Begins a look at a queue.
    pub(super) fn look<'a>(&'a self, queue: &'a QueueName) -> Look<'a> {
        if self.listener.get().is_none() {
            return Look { of: None };
        }
        self.known.lock().begin_look(queue, Instant::now());
        Look { of: Some((self, queue)) }
    }

    /// Waits until some of `queues` may have something to receive, and says which: none if the
    /// wait is over. Queues that were never looked at may.
    ///
    /// # Errors
    ///
    /// Nothing is heard at present.
    pub(super) async fn wait(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Vec<QueueName>, RedisError> {
        let started = Instant::now();
        let mut waiter = None;
        loop {
            let passed = started.elapsed();
            let (wake, pause) = {
                let mut known = self.known.lock();
                let now = Now { told: now.saturating_add(passed), here: started + passed };
                let pause = match known.ready(queues, now) {
                    Ok(pause) => pause,
                    Err(visible) => return Ok(visible),
                };
                if let Some(error) = known.deafness() {
                    return Err(error.clone());
                }
                let waiter = waiter.get_or_insert_with(|| {
                    let wake = Arc::new(Notify::new());
                    known.add_waiter(queues, &wake);
                    Waiter { known: &self.known, queues, wake }
                });
                (Arc::clone(&waiter.wake), pause)
            };
            let left = wait.saturating_sub(passed);
            if left.is_zero() {
                return Ok(Vec::new());
            }
            // Either way it is looked what is known by then.
            let _ = tokio::time::timeout(left.min(pause.max(LOOK_AFTER)), wake.notified()).await;
        }
    }
}

impl Look<'_> {
    /// All that was visible was taken, and the next message is visible when it is `due`.
    pub(super) fn exhausted(mut self, due: Option<Due>) {
        if let Some((bell, queue)) = self.of.take() {
            bell.known.lock().end_look(queue, due);
        }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        if let Some((bell, queue)) = self.of {
            bell.known.lock().ring(queue.as_str());
        }
    }
}

/// Somebody who waits, for as long as they do.
struct Waiter<'a> {
    known: &'a Shared,
    queues: &'a [QueueName],
    wake: Arc<Notify>,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.known.lock().remove_waiter(self.queues, &self.wake);
    }
}

impl Shared {
    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
