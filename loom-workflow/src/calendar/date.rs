//! Arithmetic of dates.

use super::stamp::{Parts, days_in_month};
use super::{Stamp, TICKS_PER_DAY, TICKS_PER_SECOND};

/// What time is counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    Ticks(i64),
    Months(i64),
}

impl Unit {
    /// The unit of that name, in any case, of one or of several.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.strip_suffix('s').unwrap_or(&name) {
            "second" => Self::Ticks(TICKS_PER_SECOND),
            "minute" => Self::Ticks(60 * TICKS_PER_SECOND),
            "hour" => Self::Ticks(3600 * TICKS_PER_SECOND),
            "day" => Self::Ticks(TICKS_PER_DAY),
            "week" => Self::Ticks(7 * TICKS_PER_DAY),
            "month" => Self::Months(1),
            "year" => Self::Months(12),
            _ => return None,
        })
    }
}

impl Stamp {
    /// So many units later, if that is in the years 1 to 9999. A day which its month does not have
    /// becomes the last one.
    pub(crate) fn plus(self, count: i64, unit: Unit) -> Option<Self> {
        match unit {
            Unit::Ticks(ticks) => {
                Self::new(self.ticks.checked_add(ticks.checked_mul(count)?)?, self.kind)
            }
            Unit::Months(months) => {
                let parts = self.parts();
                let month = parts.year * 12 + parts.month - 1;
                let month = month.checked_add(months.checked_mul(count)?)?;
                let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
                let day = parts.day.min(days_in_month(year, month));
                Self::new(Parts { year, month, day, ..parts }.ticks()?, self.kind)
            }
        }
    }
}

/// The beginning of the day, of the hour or of the month.
pub(crate) fn start_of(stamp: Stamp, unit: Unit) -> Stamp {
    let ticks = match unit {
        Unit::Ticks(ticks) => stamp.ticks - stamp.ticks % ticks,
        Unit::Months(_) => {
            let day = stamp.ticks / TICKS_PER_DAY - (stamp.parts().day - 1);
            day * TICKS_PER_DAY
        }
    };
    Stamp { ticks, ..stamp }
}
