//! Fires timers when they are due.
//!
//! What is due is read from the journal, never remembered: this only knows, for each
//! partition, when to look next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::{ActorId, Body, Delivery, Message, MessageId, PartitionId, TimerKey, Timestamp};
use loom_ports::DueTimer;
use tokio::sync::Notify;

use crate::envelope::Origin;
use crate::host::Shared;

const PAGE: usize = 256;
/// How long to wait before looking again at timers that could not be delivered.
const RETRY: Duration = Duration::from_millis(50);

/// When to look at the timers of each partition.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    look_at: BTreeMap<PartitionId, Timestamp>,
    in_flight: BTreeSet<(ActorId, TimerKey, Timestamp)>,
}

impl Timers {
    /// Says that a timer of the partition is due then.
    pub(crate) fn hint(&self, partition: PartitionId, due: Timestamp) {
        let mut inner = self.lock();
        let earliest = inner.look_at.values().min().copied();
        let look_at = inner.look_at.entry(partition).or_insert(due);
        *look_at = due.min(*look_at);
        if earliest.is_none_or(|earliest| due < earliest) {
            self.changed.notify_one();
        }
    }

    /// Says that a fire was handled, or came back to be fired again.
    pub(crate) fn settled(&self, timer: DueTimer) {
        self.lock().in_flight.remove(&(timer.actor, timer.key, timer.at));
    }

    fn due_partitions(&self, now: Timestamp) -> Vec<PartitionId> {
        let mut inner = self.lock();
        let due = inner.look_at.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        inner.look_at.retain(|_, at| *at > now);
        due
    }

    fn next_look(&self) -> Timestamp {
        self.lock().look_at.values().min().copied().unwrap_or(Timestamp::MAX)
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fires timers for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    loop {
        let now = host.clock.now();
        for partition in host.timers.due_partitions(now) {
            // Whoever claims it looks at all of its timers.
            if host.owns(partition) {
                fire(&host, partition, now).await;
            } else {
                host.outages.due_timers.forget(&partition);
            }
        }
        let next = host.timers.next_look();
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.timers.changed.notified() => {}
            () = host.clock.sleep_until(next) => {
                let now = host.clock.now();
                if now < next {
                    // The clock was set back: when to try again was said by the one of before.
                    host.owned().into_iter().for_each(|id| host.timers.hint(id, now));
                }
            }
        }
    }
}

async fn fire(host: &Arc<Shared>, partition: PartitionId, now: Timestamp) {
    let in_flight = host.timers.lock().in_flight.len();
    // Fires in flight are due too until their turns commit.
    let due = match host.stores.journal.due(partition, now, in_flight + PAGE).await {
        Ok(due) => due,
        Err(error) => {
            let pause = host.outages.due_timers.failed(partition, &error);
            return host.timers.hint(partition, now.saturating_add(pause));
        }
    };
    host.outages.due_timers.worked(&partition);
    let mut look_again = due.next;
    for timer in due.timers {
        let key = (timer.actor.clone(), timer.key.clone(), timer.at);
        if !host.timers.lock().in_flight.insert(key.clone()) {
            continue;
        }
        let origin = Origin::Timer(timer.clone());
        if host.deliver(message(timer, now), origin).is_err() {
            host.timers.lock().in_flight.remove(&key);
            look_again = Some(now.saturating_add(RETRY));
        }
    }
    if let Some(at) = look_again {
        host.timers.hint(partition, at.max(now.saturating_add(Duration::from_millis(1))));
    }
}

fn message(DueTimer { actor, key, at }: DueTimer, now: Timestamp) -> Delivery {
    let name = format!("{actor}!{key}@{}", at.as_millis());
    let id = MessageId::parse(&name).expect("an actor id, a timer and a number fit in an id");
    let body = Body::Fire { timer: key, at, run: None };
    let message = Message { id, to: actor, body, key: None, cause: None, sent_at: now };
    Delivery { message, stamp: None }
}
