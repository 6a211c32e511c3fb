//! Port: the time.

use std::fmt::Debug;

use async_trait::async_trait;
use loom_core::Timestamp;

/// Tells the time and waits for it. The only way to either in the runtime.
///
/// The time may jump, backwards too: it serves progress and people, never safety.
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Returns once [`now`](Self::now) is at least `at`. Dropping the future cancels the wait.
    async fn sleep_until(&self, at: Timestamp);
}

const _: fn(&dyn Clock) = |_| {};
