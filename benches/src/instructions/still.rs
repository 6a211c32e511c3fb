//! A world in which nothing happens by itself.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use loom_core::Timestamp;
use loom_ports::{Clock, IdSource};

/// A clock that stands still, so that no lease, timer or idle actor comes up.
#[derive(Debug)]
pub(crate) struct StillClock;

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    async fn sleep_until(&self, at: Timestamp) {
        if at > self.now() {
            std::future::pending::<()>().await;
        }
    }
}

/// Ids that are the same in every run.
#[derive(Debug, Default)]
pub(crate) struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next(&self) -> u128 {
        self.0.fetch_add(1, Ordering::Relaxed).into()
    }
}
