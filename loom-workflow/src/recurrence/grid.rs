//! Every so many units from a start.

use jiff::Span;
use jiff::civil::DateTime;
use loom_core::Timestamp;

use super::{Frequency, Recurrence};

impl Recurrence {
    pub(super) fn next_on_grid(&self, saved_at: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let start = match self.start {
            Some(start) => self.instant(start)?,
            None => saved_at,
        };
        if after < start {
            return Some(start);
        }
        let unit_millis = match self.frequency {
            Frequency::Second => 1_000,
            Frequency::Minute => 60_000,
            Frequency::Hour => 3_600_000,
            _ => return self.next_of_calendar(start, after),
        };
        let step = u64::from(self.interval) * unit_millis;
        let past = after.as_millis() - start.as_millis();
        let due = start.as_millis().checked_add((past / step + 1).checked_mul(step)?)?;
        Some(Timestamp::from_millis(due))
    }

    fn next_of_calendar(&self, start: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let first = self.clock(start)?;
        let now = self.clock(after)?;
        let interval = i64::from(self.interval);
        let passed = match self.frequency {
            Frequency::Month => {
                let months = |at: DateTime| i64::from(at.year()) * 12 + i64::from(at.month());
                months(now) - months(first)
            }
            frequency => {
                let days = i64::from(first.date().until(now.date()).ok()?.get_days());
                if frequency == Frequency::Week { days / 7 } else { days }
            }
        };
        // One step back, since the clock may have been set back in between.
        let begin = (passed / interval - 1).max(0);
        (begin..begin + STEPS_MAX).find_map(|step| {
            let span = match self.frequency {
                Frequency::Month => Span::new().try_months(step * interval),
                Frequency::Week => Span::new().try_weeks(step * interval),
                _ => Span::new().try_days(step * interval),
            };
            let due = self.instant(first.checked_add(span.ok()?).ok()?)?;
            (due > after).then_some(due)
        })
    }
}

/// More than the steps from a point before `after` to one after it.
const STEPS_MAX: i64 = 8;
