//! Counting what was handled, outside of the actors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Published messages on their way at any moment, so that no mailbox overflows.
pub(super) const IN_FLIGHT: u32 = 256;

/// How many messages were handled, by all actors together.
#[derive(Clone, Default)]
pub(super) struct Receipts(Arc<AtomicU32>);

impl Receipts {
    /// One more.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until there are `expected`, and fails if there are more.
    pub(super) async fn reach(&self, expected: usize) {
        let expected = u32::try_from(expected).expect("the runs are short");
        loop {
            match self.0.load(Ordering::Relaxed) {
                handled if handled < expected => tokio::task::yield_now().await,
                handled => return assert_eq!(handled, expected),
            }
        }
    }
}
