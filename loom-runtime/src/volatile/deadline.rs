//! The one place where volatile actors meet the clock.
#![allow(clippy::disallowed_methods, reason = "volatile actors keep no journal to replay")]

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// The answer of `work`, unless `limit` passes first.
pub(super) async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    tokio::time::timeout(limit, work).await.ok()
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
