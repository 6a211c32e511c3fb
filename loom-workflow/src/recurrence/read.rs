//! A recurrence, as definitions write it.

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

use super::{Frequency, Occurrence, Recurrence, Schedule};
use crate::Value;

/// What is wrong with a recurrence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecurrenceProblem {
    /// The member.
    pub member: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Recurrence {
    /// Reads `{frequency, interval, startTime?, endTime?, timeZone?, schedule?}`. What cannot be
    /// read is told; there is a recurrence when its frequency is known.
    #[must_use]
    pub fn read(value: &Value) -> (Option<Self>, Vec<RecurrenceProblem>) {
        let mut reader = Reader { value, problems: Vec::new() };
        let recurrence = reader.recurrence();
        (recurrence, reader.problems)
    }
}

struct Reader<'a> {
    value: &'a Value,
    problems: Vec<RecurrenceProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, member: &'static str, message: impl Into<String>) {
        self.problems.push(RecurrenceProblem { member, message: message.into() });
    }

    fn recurrence(&mut self) -> Option<Recurrence> {
        let frequency = self.value.property("frequency");
        let name = frequency.as_str().unwrap_or_default();
        let Some(frequency) = Frequency::named(name) else {
            // `Year` is in the schema of the service, and nothing takes it.
            let message =
                format!("'{name}' is not one of Second, Minute, Hour, Day, Week and Month");
            self.problem("frequency", message);
            return None;
        };
        let interval = self.interval(frequency);
        let zone = self.zone();
        let has_zone = !self.value.property("timeZone").is_null();
        let start = self.time("startTime", &zone, has_zone);
        let end = self.time("endTime", &zone, has_zone);
        let schedule = self.schedule(frequency);
        Some(Recurrence { frequency, interval, start, end, zone, schedule })
    }

    fn interval(&mut self, frequency: Frequency) -> u32 {
        let max = frequency.interval_max();
        let value = self.value.property("interval");
        let number = match &value {
            Value::Integer(number) => Some(*number),
            Value::String(text) if text.contains('@') => return 1,
            Value::String(text) => text.trim().parse().ok(),
            Value::Null => Some(1),
            _ => None,
        };
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(interval @ 1..) if interval <= max => interval,
            _ => {
                let text = value.to_text();
                self.problem("interval", format!("{text} is not from 1 to {max} for {frequency}"));
                1
            }
        }
    }

    fn zone(&mut self) -> TimeZone {
        let name = self.value.property("timeZone");
        let Some(name) = name.as_str().filter(|name| !name.is_empty() && !name.contains('@'))
        else {
            return TimeZone::UTC;
        };
        crate::zone(name).unwrap_or_else(|| {
            self.problem("timeZone", format!("'{name}' is not a time zone"));
            TimeZone::UTC
        })
    }

    /// A time on the clock of the zone. An offset of its own makes it a point in time, which the
    /// clock then shows.
    fn time(&mut self, member: &'static str, zone: &TimeZone, has_zone: bool) -> Option<DateTime> {
        let text = self.value.property(member);
        let text = text.as_str().filter(|text| !text.is_empty() && !text.contains('@'))?;
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(zone.to_datetime(instant));
        }
        let time = text.parse::<DateTime>().ok();
        if time.is_none() {
            let example = if has_zone { "2026-03-01T09:00:00" } else { "2026-03-01T09:00:00Z" };
            self.problem(member, format!("'{text}' is not a time such as {example}"));
        }
        time
    }

    fn schedule(&mut self, frequency: Frequency) -> Option<Schedule> {
        let written = self.value.property("schedule");
        let written = written.as_object().filter(|it| !it.is_empty())?;
        let list = |name: &str| match written.find(name) {
            Some(Value::Array(items)) => items.to_vec(),
            Some(Value::Null) | None => Vec::new(),
            Some(value) => vec![value.clone()],
        };
        let mut schedule = Schedule {
            hours: self.numbers("hours", &list("hours"), 0..=23),
            minutes: self.numbers("minutes", &list("minutes"), 0..=59),
            month_days: self.numbers("monthDays", &list("monthDays"), -31..=31),
            ..Schedule::default()
        };
        if schedule.month_days.contains(&0) {
            self.problem("monthDays", "there is no day 0");
        }
        for value in list("weekDays") {
            schedule.week_days.extend(self.weekday("weekDays", &value));
        }
        for value in list("monthlyOccurrences") {
            let day = self.weekday("monthlyOccurrences", &value.property("day"));
            let occurrence = value.property("occurrence").as_integer();
            let occurrence = occurrence.filter(|it| (1..=5).contains(&it.abs()));
            let occurrence = occurrence.and_then(|it| i8::try_from(it).ok());
            if let Some(occurrence) = occurrence {
                schedule.occurrences.extend(day.map(|day| Occurrence { day, occurrence }));
            } else {
                let message = "an occurrence is from 1 to 5, or below zero";
                self.problem("monthlyOccurrences", message);
            }
        }
        if matches!(frequency, Frequency::Day | Frequency::Week)
            && !(schedule.month_days.is_empty() && schedule.occurrences.is_empty())
        {
            self.problem("schedule", format!("days of the month do not go with {frequency}"));
        }
        Some(schedule)
    }

    fn numbers(
        &mut self,
        member: &'static str,
        values: &[Value],
        range: std::ops::RangeInclusive<i8>,
    ) -> Vec<i8> {
        let mut numbers = Vec::new();
        let written = values.iter().filter(|it| !it.as_str().is_some_and(|it| it.contains('@')));
        for value in written {
            let number = match value {
                Value::Integer(number) => Some(*number),
                Value::String(text) => text.trim().parse().ok(),
                _ => None,
            };
            let number = number.and_then(|it| i8::try_from(it).ok());
            if let Some(number) = number.filter(|it| range.contains(it)) {
                numbers.push(number);
            } else {
                let (low, high) = (range.start(), range.end());
                self.problem(member, format!("{} is not from {low} to {high}", value.to_text()));
            }
        }
        numbers
    }

    fn weekday(&mut self, member: &'static str, value: &Value) -> Option<Weekday> {
        const DAYS: [(&str, Weekday); 7] = [
            ("Monday", Weekday::Monday),
            ("Tuesday", Weekday::Tuesday),
            ("Wednesday", Weekday::Wednesday),
            ("Thursday", Weekday::Thursday),
            ("Friday", Weekday::Friday),
            ("Saturday", Weekday::Saturday),
            ("Sunday", Weekday::Sunday),
        ];
        let name = value.as_str().unwrap_or_default();
        let day = DAYS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if day.is_none() {
            self.problem(member, format!("'{name}' is not a day of the week"));
        }
        day.map(|(_, day)| *day)
    }
}
