//! Limits of time and number.

use std::time::Duration;

use crate::Template;

/// How many iterations an Until has, unless it says so.
pub(crate) const UNTIL_COUNT: u32 = 60;

/// The most that it may have.
pub(crate) const UNTIL_COUNT_MAX: i64 = 5_000;

/// How long it takes, unless it says so.
pub(crate) const UNTIL_TIMEOUT: Duration = Duration::from_hours(1);

/// The longest that it may take.
pub(crate) const UNTIL_TIMEOUT_MAX: Duration = Duration::from_hours(30 * 24);

/// What a definition limits: so much, or as much as an expression says when the action begins.
#[derive(Debug)]
pub(crate) enum Limit<T> {
    /// It is written.
    Fixed(T),
    /// It is computed.
    Computed(Template),
}

impl<T: Copy> Limit<T> {
    /// What is written, or else this.
    pub(crate) fn or(&self, otherwise: T) -> T {
        if let Self::Fixed(written) = self { *written } else { otherwise }
    }
}
