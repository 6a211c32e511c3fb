//! Names and times that no other case or run has used, so that cases can share one backend.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use loom_core::Timestamp;

/// Makes `name` unlike every other. What it returns is a word, if `name` is one.
pub(crate) fn unique(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}-{}-{}-{next}", std::process::id(), now().as_millis())
}

/// The time at which a case begins. Stores that also forget by a clock of their own see the
/// times of the cases lie ahead of it.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::EPOCH.saturating_add(since_epoch)
}

/// Long enough that no store's own clock ends it while a case runs.
pub(crate) const MINUTE: Duration = Duration::from_mins(1);

/// The shortest time that a [`Timestamp`] tells apart.
pub(crate) const MOMENT: Duration = Duration::from_millis(1);
