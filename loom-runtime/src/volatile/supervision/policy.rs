//! When and how children are started again.

use std::time::Duration;

/// Which children are started again together with the one that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strategy {
    /// Nobody else.
    OneForOne,
    /// All of them.
    OneForAll,
    /// Those that were started after it.
    RestForOne,
}

/// Whether a child is started again when it ends on its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Restart {
    /// Always.
    Permanent,
    /// When it failed, panicked or was killed.
    Transient,
    /// Never, not even together with others.
    Temporary,
}

/// How many restarts a supervisor makes before it gives up.
///
/// A supervisor that gives up stops its children and fails; its own supervisor, if it has one,
/// handles that like the failure of any child.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Intensity {
    /// Restarts of all children together within the window. One more is too many.
    pub restarts_max: u32,
    /// How far back restarts are counted.
    pub window: Duration,
}

/// How long a child that keeps failing waits before it is started again.
///
/// The wait doubles with each failure of that child within the window of the [`Intensity`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// No wait is longer.
    pub max: Duration,
}

impl Backoff {
    /// Starts again at once.
    pub const NONE: Self = Self { first: Duration::ZERO, max: Duration::ZERO };

    /// The wait after `failures` in a row.
    #[must_use]
    pub fn wait(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.max)
    }
}

impl Default for Intensity {
    fn default() -> Self {
        Self { restarts_max: 5, window: Duration::from_mins(1) }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(100), max: Duration::from_secs(10) }
    }
}
