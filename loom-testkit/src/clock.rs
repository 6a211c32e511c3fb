//! Time and ids for tests.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{Clock, IdSource};
use tokio::time::{Duration, Instant};

/// The time of the tokio runtime that it was made on, counted from a fixed date.
///
/// On a runtime whose time is paused, waiting takes no time, and nothing depends on how fast
/// the machine is.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    started: Instant,
}

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

impl TokioClock {
    /// A clock that shows 2026-01-01T00:00:00Z now.
    ///
    /// Hosts that are to agree on the time must share one clock, or copies of it.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        START.saturating_add(self.started.elapsed())
    }

    async fn sleep_until(&self, at: Timestamp) {
        // Far enough for any test, and within what the runtime's timer takes.
        const FAR: Duration = Duration::from_hours(365 * 24);
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(FAR)).await;
        }
    }
}

/// Ids that are the same in every run.
#[derive(Debug, Default)]
pub struct CountedIds {
    host: u64,
    next: AtomicU64,
}

impl CountedIds {
    /// Ids for one of several hosts: no two give the same.
    #[must_use]
    pub fn of_host(host: u64) -> Self {
        Self { host, next: AtomicU64::new(0) }
    }
}

impl IdSource for CountedIds {
    fn next(&self) -> u128 {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        u128::from(self.host) << 64 | u128::from(next)
    }
}
