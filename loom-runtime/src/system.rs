//! The machine's clock and randomness, for hosts outside simulations.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{Clock, IdSource};

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

    #[expect(clippy::disallowed_methods, reason = "this is where waiting comes in")]
    async fn sleep_until(&self, at: Timestamp) {
        // The machine's clock may be set while this waits, so the wait is in parts.
        const PART_MAX: Duration = Duration::from_mins(1);
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(PART_MAX)).await;
        }
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
