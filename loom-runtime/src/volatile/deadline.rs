//! The one place where volatile actors meet the clock.
#![allow(clippy::disallowed_methods, reason = "volatile actors keep no journal to replay")]

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

/// The answer of `work`, unless `limit` passes first.
///
/// Most work is done when everyone else had their turn once. Only then is it worth a timer, which
/// costs more than a question to an actor does.
pub(super) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    let mut work = pin!(work);
    match next_turn(work.as_mut()).await {
        Some(answer) => Some(answer),
        None => tokio::time::timeout(limit, work).await.ok(),
    }
}

/// The answer of `work`, if it has one now or when the task comes up again.
async fn next_turn<F: Future>(mut work: Pin<&mut F>) -> Option<F::Output> {
    let mut turns = 0;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if turns == 1 => Poll::Ready(None),
        Poll::Pending => {
            turns += 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// Resolves at `due`, or never.
pub(super) async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

pub(super) fn now() -> Instant {
    Instant::now()
}
