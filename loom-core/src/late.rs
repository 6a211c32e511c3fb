//! Late-fire policy: what becomes of the fires of a timer that nobody was there to apply.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The most fires that one call of [`LateFire::due`] hands out, so that a timer that was not
/// looked at for a year does not hold up all others.
pub const FIRES_PER_CALL_MAX: u32 = 1_000;

/// What to do about fires that were missed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LateFire {
    /// Fire once for all that were missed.
    #[default]
    Once,
    /// Fire once for each.
    All,
    /// Do not fire for those that are late by more than a grace.
    Skip,
}

/// Which fires of a periodic timer to apply now.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fires {
    /// When the first of them was due. Means nothing when there are none.
    first: Timestamp,
    /// The time from one to the next.
    period_ms: NonZeroU64,
    /// How many there are, at most [`FIRES_PER_CALL_MAX`].
    pub count: u32,
    /// How many earlier ones were left out by the policy.
    pub left_out: u64,
    /// When the timer is due next. Not in the future if there were more than one call hands
    /// out: ask again.
    pub next_due: Timestamp,
}

/// What to do with a timer that fires once.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OneShot {
    /// It is not due yet.
    Waiting,
    /// Apply it.
    Fire,
    /// It is too late: remove it without applying it.
    Drop,
}

impl LateFire {
    /// Which fires of a timer, due at `first_due` and every `period_ms` after it, to apply now.
    ///
    /// The caller applies them and then keeps [`Fires::next_due`] as the next `first_due`. It
    /// is always a whole number of periods after `first_due`, so the timer keeps its phase
    /// however late it is looked at. Nothing is due before its time. `grace` matters only to
    /// [`LateFire::Skip`], where a fire exactly as late as the grace is still applied.
    pub fn due(
        self,
        first_due: Timestamp,
        period_ms: NonZeroU64,
        now: Timestamp,
        grace: Duration,
    ) -> Fires {
        let nth = |n: u64| {
            first_due.saturating_add(Duration::from_millis(n.saturating_mul(period_ms.get())))
        };
        if now < first_due {
            let (count, left_out, next_due) = (0, 0, first_due);
            return Fires { first: first_due, period_ms, count, left_out, next_due };
        }
        let last = (now.as_millis() - first_due.as_millis()) / period_ms;
        let first = match self {
            Self::Once => last,
            Self::All => 0,
            Self::Skip => {
                let too_late = now.saturating_sub(grace).since(first_due).as_millis();
                let too_late = u64::try_from(too_late).unwrap_or(u64::MAX);
                too_late.div_ceil(period_ms.get())
            }
        };
        // With `Skip`, even the last one may be too late, so that `first` is one more.
        let there = last.saturating_add(1) - first;
        let count = u32::try_from(there).unwrap_or(u32::MAX).min(FIRES_PER_CALL_MAX);
        let next_due = nth(first.saturating_add(u64::from(count)));
        Fires { first: nth(first), period_ms, count, left_out: first, next_due }
    }

    /// What to do with a timer that fires once, at `due`.
    ///
    /// Only [`LateFire::Skip`] ever drops it, when it is late by more than `grace`.
    pub fn due_once(self, due: Timestamp, now: Timestamp, grace: Duration) -> OneShot {
        if now < due {
            OneShot::Waiting
        } else if self == Self::Skip && now.since(due) > grace {
            OneShot::Drop
        } else {
            OneShot::Fire
        }
    }
}

impl Fires {
    /// When each of them was due, in order.
    pub fn occurrences(self) -> impl Iterator<Item = Timestamp> {
        (0..u64::from(self.count)).map(move |n| {
            let after_ms = n.saturating_mul(self.period_ms.get());
            self.first.saturating_add(Duration::from_millis(after_ms))
        })
    }
}

#[cfg(test)]
mod tests;
