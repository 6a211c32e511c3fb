//! The machine's clock and randomness, for hosts outside simulations.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{Clock, IdSource};
use tokio::time::Instant;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where the time comes in")]
    fn now(&self) -> Timestamp {
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.saturating_add(elapsed)
    }

    async fn sleep_until(&self, at: Timestamp) {
        wait(at, || self.now()).await;
    }
}

/// Waits until `now` says `at`, and not for longer than that is away: leases are kept by waits.
#[expect(clippy::disallowed_methods, reason = "this is where waiting comes in")]
async fn wait(at: Timestamp, now: impl Fn() -> Timestamp) {
    // The machine's clock may be set on while this waits, so the wait is in parts.
    const PART_MAX: Duration = Duration::from_mins(1);
    let (begun, whole) = (Instant::now(), at.since(now()));
    loop {
        let left = at.since(now()).min(whole.saturating_sub(begun.elapsed()));
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(PART_MAX)).await;
    }
}

/// Random ids.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is where chance comes in")]
    fn next(&self) -> u128 {
        rand::random()
    }
}

#[cfg(test)]
mod tests;
