//! A date and a time of day, with what is known of its zone.

use super::TICKS_PER_DAY;
use super::moment::{Moment, TICKS_PER_SECOND};

/// What a text said of its zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Nothing.
    Unspecified,
    /// That it is UTC.
    Utc,
    /// An offset. It was converted to UTC and is shown with `+00:00`.
    Offset,
}

/// Ticks since the beginning of the year 1, by the calendar and the clock on the wall.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) ticks: i64,
    pub(crate) kind: Kind,
}

/// The parts of a stamp.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Parts {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// Of 100 ns.
    pub(crate) fraction: i64,
}

impl Stamp {
    /// The stamp with those ticks, if it is in the years 1 to 9999.
    pub(crate) fn new(ticks: i64, kind: Kind) -> Option<Self> {
        Moment::from_ticks(ticks).map(|_| Self { ticks, kind })
    }

    pub(crate) fn utc(moment: Moment) -> Self {
        Self { ticks: moment.ticks(), kind: Kind::Utc }
    }

    pub(crate) fn parts(self) -> Parts {
        let (days, ticks) = (self.ticks / TICKS_PER_DAY, self.ticks % TICKS_PER_DAY);
        let (year, month, day) = date_of(days);
        let seconds = ticks / TICKS_PER_SECOND;
        Parts {
            year,
            month,
            day,
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            fraction: ticks % TICKS_PER_SECOND,
        }
    }

    /// From Sunday, which is 0.
    pub(crate) fn day_of_week(self) -> i64 {
        (self.ticks / TICKS_PER_DAY + 1) % 7
    }

    /// From 1.
    pub(crate) fn day_of_year(self) -> i64 {
        let days = self.ticks / TICKS_PER_DAY;
        let (year, ..) = date_of(days);
        days - days_before(year, 1, 1) + 1
    }
}

impl Parts {
    /// The ticks, if there is such a date and such a time.
    pub(crate) fn ticks(&self) -> Option<i64> {
        let sound = (1..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && (0..24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..60).contains(&self.second)
            && (0..TICKS_PER_SECOND).contains(&self.fraction);
        let days = sound.then(|| days_before(self.year, self.month, self.day))?;
        let seconds = (self.hour * 60 + self.minute) * 60 + self.second;
        Some(days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + self.fraction)
    }
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 0001-01-01 to a date. Years begin in March here, so that a leap day is the last
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
pub(super) fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 306
}

/// The date so many days after 0001-01-01 (the same, `civil_from_days`).
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 306;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}
