//! Pending timers, and what one fire of them comes to.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{LateFire, Method, OneShot, Payload, Seq, StepId, TimerName, Timestamp};

/// Which timer of an actor.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum TimerKey {
    /// Set by a handler.
    Named(TimerName),
    /// Ends a sleep, or a wait that has a limit.
    Step(StepId),
    /// Drives on an invocation that waits for nothing, in case its host died or it stalled.
    Drive(Seq),
}

impl fmt::Display for TimerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Step(step) => write!(f, "step {}.{}", step.began, step.position),
            Self::Drive(began) => write!(f, "drive {began}"),
        }
    }
}

/// A pending timer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Timer {
    /// When it is due.
    pub at: Timestamp,
    /// What to run. `None` for timers of invocations.
    pub run: Option<TimerRun>,
}

/// What a named timer runs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TimerRun {
    /// The handler.
    pub method: Method,
    /// Its arguments.
    pub args: Payload,
    /// Milliseconds from one fire to the next. `None` fires once.
    pub every_ms: Option<NonZeroU64>,
    /// What to do about fires that were missed.
    pub late: LateFire,
}

/// How late a fire may be for which [`LateFire::Skip`] still runs its handler.
pub const SKIP_GRACE: Duration = Duration::from_secs(1);

impl Timer {
    /// What one fire, handled `now`, comes to: whether the handler runs, and when the timer is
    /// due next.
    ///
    /// Each missed fire that the policy keeps is a fire, and a turn, of its own.
    #[must_use]
    pub fn fire(&self, now: Timestamp) -> (bool, Option<Timestamp>) {
        // Once due, a timer stays due, whatever the clock is set to.
        let now = now.max(self.at);
        let Some(run) = &self.run else { return (true, None) };
        let Some(every_ms) = run.every_ms else {
            return (run.late.due_once(self.at, now, SKIP_GRACE) == OneShot::Fire, None);
        };
        let fires = run.late.due(self.at, every_ms, now, SKIP_GRACE);
        (fires.count > 0, Some(fires.occurrences().nth(1).unwrap_or(fires.next_due)))
    }
}

#[cfg(test)]
mod tests;
