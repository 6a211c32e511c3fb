//! Times on their way to scripts and back. `clock.lua` is the other half.

use std::time::Duration;

use loom_core::Timestamp;

/// The greatest number that a script can tell from those around it. Stands for "never".
const FOREVER: u64 = (1 << 53) - 1;

/// A time as an argument. Only the latest of all is "never".
pub(crate) fn millis(at: Timestamp) -> u64 {
    if at == Timestamp::MAX { FOREVER } else { at.as_millis().min(FOREVER - 1) }
}

/// A length of time as an argument.
pub(crate) fn duration(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX).min(FOREVER)
}

/// A time that a script told.
pub(crate) fn timestamp(millis: u64) -> Timestamp {
    if millis >= FOREVER { Timestamp::MAX } else { Timestamp::from_millis(millis) }
}
