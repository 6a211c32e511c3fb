//! What is tried again and again, while a store is out of order: when, and what is said of it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::{ActorId, PartitionId};
use loom_ports::PortError;
use tracing::{info, warn};

/// The longest pause: how late, at most, it is found out that a store works again.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);

/// All that a host tries again and again.
#[derive(Debug)]
pub(crate) struct Outages {
    pub(crate) due_timers: Outage<PartitionId>,
    pub(crate) outbox_scans: Outage<PartitionId>,
    pub(crate) forgetting: Outage<PartitionId>,
    pub(crate) renewals: Outage<PartitionId>,
    pub(crate) releases: Outage<PartitionId>,
    pub(crate) queues: Outage<()>,
    pub(crate) watches: Outage<()>,
    pub(crate) copies: Outage<ActorId>,
}

impl Default for Outages {
    fn default() -> Self {
        let millis = Duration::from_millis;
        Self {
            due_timers: Outage::of("timers are read", millis(50)),
            outbox_scans: Outage::of("outboxes are read", millis(5)),
            forgetting: Outage::of("outbox entries are forgotten", millis(50)),
            renewals: Outage::of("tenures are renewed", millis(5)),
            releases: Outage::of("tenures are released", millis(5)),
            queues: Outage::of("queues are read", millis(50)),
            watches: Outage::of("queues are watched", millis(50)),
            copies: Outage::of("states are copied", millis(200)),
        }
    }
}

impl Outages {
    /// Nothing of a partition is tried any more.
    pub(crate) fn forget(&self, partition: PartitionId) {
        for outage in [&self.due_timers, &self.outbox_scans, &self.forgetting, &self.renewals] {
            outage.forget(&partition);
        }
    }
}

/// What fails now, of several things of one sort. The first failure is logged, and the end of
/// the last one: a store out of order is one piece of news, however often it is asked.
#[derive(Debug)]
pub(crate) struct Outage<K> {
    what: &'static str,
    pause_min: Duration,
    failures: Mutex<BTreeMap<K, u32>>,
}

impl<K: Debug + Ord> Outage<K> {
    /// `what` works as a rule, in words. The first pause is `pause_min`; each is twice the last.
    fn of(what: &'static str, pause_min: Duration) -> Self {
        Self { what, pause_min, failures: Mutex::default() }
    }

    /// It failed. Returns how long to wait before it is tried again.
    pub(crate) fn failed(&self, key: K, error: &PortError) -> Duration {
        let mut all = self.lock();
        if all.is_empty() {
            warn!(what = self.what, ?key, %error, "out of order");
        }
        let failures = all.entry(key).or_default();
        let pause = self.pause_min.saturating_mul(1 << (*failures).min(16)).min(PAUSE_MAX);
        *failures = failures.saturating_add(1);
        pause
    }

    /// It worked.
    pub(crate) fn worked(&self, key: &K) {
        let mut all = self.lock();
        if all.remove(key).is_some() && all.is_empty() {
            info!(what = self.what, "works again");
        }
    }

    /// It is not tried any more.
    pub(crate) fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    /// Whether it failed when it was tried last.
    pub(crate) fn fails(&self, key: &K) -> bool {
        self.lock().contains_key(key)
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, u32>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
