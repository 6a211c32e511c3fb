//! When something recurs.

mod grid;
mod read;
mod schedule;

pub use read::RecurrenceProblem;
pub use schedule::{Occurrence, Schedule};

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use loom_core::Timestamp;

/// When something recurs: every so many units from a start, or at certain times of certain days.
///
/// Points that were missed are not made up for: only the next one is asked for. With a zone,
/// points of days, weeks and months keep their place on the clock when summer time begins and
/// ends; one that falls into the hour that is left out comes an hour later, and one in the hour
/// that is repeated comes once.
#[derive(Clone, Debug)]
pub struct Recurrence {
    /// The unit.
    pub frequency: Frequency,
    /// How many units.
    pub interval: u32,
    /// No point is before it; on the clock of the zone.
    pub start: Option<DateTime>,
    /// No point is after it; on the clock of the zone.
    pub end: Option<DateTime>,
    /// Where the clock is.
    pub zone: TimeZone,
    /// The times of days; for days, weeks and months.
    pub schedule: Option<Schedule>,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Frequency {
    /// A second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A day on the clock.
    Day,
    /// Seven days on the clock.
    Week,
    /// A month of the calendar.
    Month,
}

impl Recurrence {
    /// The first point after `after`. Nothing when there is none.
    ///
    /// `saved_at` is when the definition was put to use: without a start it is the first point, or
    /// what intervals are counted from.
    #[must_use]
    pub fn next_due(&self, saved_at: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let due = match &self.schedule {
            Some(schedule) if self.frequency.is_of_calendar() => {
                self.next_scheduled(schedule, saved_at, after)?
            }
            _ => self.next_on_grid(saved_at, after)?,
        };
        let end = self.end.and_then(|end| self.instant(end));
        (end.is_none_or(|end| due <= end)).then_some(due)
    }

    /// The window that follows one that ended at `previous_end`, or the first one. Windows lie
    /// without gaps, so that none is missed; one is due when it has ended.
    #[must_use]
    pub fn next_window(
        &self,
        saved_at: Timestamp,
        previous_end: Option<Timestamp>,
    ) -> Option<(Timestamp, Timestamp)> {
        let from = match previous_end {
            Some(end) => end,
            None => match self.start {
                Some(start) => self.instant(start)?,
                None => saved_at,
            },
        };
        Some((from, self.next_due(saved_at, from)?))
    }

    /// The point at which the clock of the zone shows `time`.
    fn instant(&self, time: DateTime) -> Option<Timestamp> {
        let zoned = time.to_zoned(self.zone.clone()).ok()?;
        u64::try_from(zoned.timestamp().as_millisecond()).ok().map(Timestamp::from_millis)
    }

    /// What the clock of the zone shows.
    fn clock(&self, time: Timestamp) -> Option<DateTime> {
        let millis = i64::try_from(time.as_millis()).ok()?;
        let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
        Some(self.zone.to_datetime(instant))
    }
}

impl Frequency {
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("Second", Self::Second),
        ("Minute", Self::Minute),
        ("Hour", Self::Hour),
        ("Day", Self::Day),
        ("Week", Self::Week),
        ("Month", Self::Month),
    ];

    /// The unit of this name, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, it)| *it)
    }

    /// How many of them an interval may have.
    #[must_use]
    pub const fn interval_max(self) -> u32 {
        match self {
            Self::Second => 9_999_999,
            Self::Minute => 72_000,
            Self::Hour => 12_000,
            Self::Day => 500,
            Self::Week => 71,
            Self::Month => 16,
        }
    }

    const fn is_of_calendar(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, it)| it == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests;
