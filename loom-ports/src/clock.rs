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

    /// Returns once [`now`](Self::now) is at least `at`, and at the latest when as much time has
    /// passed as there was until then when it was called. So a clock that is set back makes no
    /// wait longer, and who waits for a date, not for a time to pass, looks again. Dropping the
    /// future cancels the wait.
    async fn sleep_until(&self, at: Timestamp);
}

const _: fn(&dyn Clock) = |_| {};
