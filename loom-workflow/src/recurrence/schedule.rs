//! Certain times of certain days.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday, time};
use loom_core::Timestamp;

use super::{Frequency, Recurrence};

/// Certain times of certain days. Where nothing is listed, the start says it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Schedule {
    /// Hours of the day.
    pub hours: Vec<i8>,
    /// Minutes of the hour.
    pub minutes: Vec<i8>,
    /// Days of the week.
    pub week_days: Vec<Weekday>,
    /// Days of the month; those below zero are counted from its end.
    pub month_days: Vec<i8>,
    /// Weekdays of the month.
    pub occurrences: Vec<Occurrence>,
}

/// The first, second or last such weekday of a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Occurrence {
    /// The weekday.
    pub day: Weekday,
    /// Which one: 1 to 5, or -1 to -5 from the end.
    pub occurrence: i8,
}

/// After so many days without a point there is none.
const DAYS_MAX: u32 = 40 * 366;

impl Recurrence {
    pub(super) fn next_scheduled(
        &self,
        schedule: &Schedule,
        saved_at: Timestamp,
        after: Timestamp,
    ) -> Option<Timestamp> {
        let first = match self.start {
            Some(start) => start,
            None => self.clock(saved_at)?,
        };
        let start = self.instant(first)?;
        let hours = sorted(&schedule.hours, first.hour());
        let minutes = sorted(&schedule.minutes, first.minute());
        // A day before, for what was put off by the clock.
        let now = self.clock(after)?.date().yesterday().unwrap_or(Date::MIN);
        let mut day = now.max(first.date());
        for _ in 0..DAYS_MAX {
            if self.has_day(schedule, first, day) {
                for hour in &hours {
                    for minute in &minutes {
                        let at = day.to_datetime(time(*hour, *minute, 0, 0));
                        let due = self.instant(at)?;
                        if due > after && due >= start {
                            return Some(due);
                        }
                    }
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn has_day(&self, schedule: &Schedule, first: DateTime, day: Date) -> bool {
        let interval = i64::from(self.interval);
        let days =
            |from: Date, to: Date| from.until(to).map_or(0, |span| i64::from(span.get_days()));
        let is_week_day =
            schedule.week_days.is_empty() || schedule.week_days.contains(&day.weekday());
        match self.frequency {
            Frequency::Day => is_week_day && days(first.date(), day) % interval == 0,
            Frequency::Week => {
                let week = |day: Date| {
                    day.checked_sub(i32::from(day.weekday().to_sunday_zero_offset()).days())
                        .unwrap_or(day)
                };
                let is_day = if schedule.week_days.is_empty() {
                    day.weekday() == first.weekday()
                } else {
                    is_week_day
                };
                is_day && days(week(first.date()), week(day)) / 7 % interval == 0
            }
            _ => {
                let months = |year: i16, month: i8| i64::from(year) * 12 + i64::from(month);
                let passed = months(day.year(), day.month()) - months(first.year(), first.month());
                passed % interval == 0 && schedule.has_day_of_month(first, day)
            }
        }
    }
}

impl Schedule {
    fn has_day_of_month(&self, first: DateTime, day: Date) -> bool {
        if self.month_days.is_empty() && self.occurrences.is_empty() {
            return day.day() == first.day().min(day.days_in_month());
        }
        let from_end = day.day() - day.days_in_month() - 1;
        let is_listed = self.month_days.iter().any(|it| *it == day.day() || *it == from_end);
        is_listed
            || self.occurrences.iter().any(|it| {
                let forward = (day.day() - 1) / 7 + 1;
                let backward = from_end.abs().saturating_sub(1) / 7 + 1;
                let which = if it.occurrence < 0 { -backward } else { forward };
                day.weekday() == it.day && which == it.occurrence
            })
    }
}

fn sorted(listed: &[i8], or: i8) -> Vec<i8> {
    let mut listed = if listed.is_empty() { vec![or] } else { listed.to_vec() };
    listed.sort_unstable();
    listed.dedup();
    listed
}
