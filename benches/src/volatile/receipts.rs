//! Counting what was handled and who is gone, outside of the actors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What all actors of one piece of work did together.
#[derive(Clone, Default)]
pub(super) struct Receipts(Arc<Counts>);

#[derive(Default)]
struct Counts {
    handled: AtomicU32,
    gone: AtomicU32,
}

/// Part of an actor's state: tells what it handles, and that the state was dropped.
pub(super) struct Member(Arc<Counts>);

impl Receipts {
    /// For one more actor.
    pub(super) fn member(&self) -> Member {
        Member(Arc::clone(&self.0))
    }

    /// Waits until so many messages were handled, and fails if it was more.
    pub(super) async fn handled(&self, expected: usize) {
        reach(&self.0.handled, expected).await;
    }

    /// Waits until so many actors are gone, and fails if it was more.
    pub(super) async fn gone(&self, expected: usize) {
        reach(&self.0.gone, expected).await;
    }
}

impl Member {
    /// One more message was handled.
    pub(super) fn handle(&self) {
        self.0.handled.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.gone.fetch_add(1, Ordering::Relaxed);
    }
}

async fn reach(count: &AtomicU32, expected: usize) {
    let expected = u32::try_from(expected).expect("the runs are short");
    loop {
        match count.load(Ordering::Relaxed) {
            reached if reached < expected => tokio::task::yield_now().await,
            reached => return assert_eq!(reached, expected),
        }
    }
}
