//! Limits that are computed: of time when an action begins, and of iterations when a loop does.

use std::time::Duration;

use super::engine::Engine;
use crate::definition::{
    Limit, UNTIL_COUNT, UNTIL_COUNT_MAX, UNTIL_TIMEOUT, UNTIL_TIMEOUT_MAX, Until, parse_duration,
};
use crate::run::{LoopLimits, Place};
use crate::{Template, Value};

impl Engine<'_> {
    /// How long an action may take, or why that cannot be known.
    pub(super) fn timeout(&mut self, place: Place) -> Result<Option<Duration>, String> {
        match &self.action(place).timeout {
            None => Ok(None),
            Some(Limit::Fixed(timeout)) => Ok(Some(*timeout)),
            Some(Limit::Computed(template)) => self.computed_time(place, template).map(Some),
        }
    }

    /// As above, of an action that has begun: then it was known.
    pub(super) fn known_timeout(&mut self, place: Place) -> Option<Duration> {
        self.timeout(place).ok().flatten()
    }

    /// The limits of a loop, if something of them is computed.
    pub(super) fn loop_limits(
        &mut self,
        place: Place,
        until: &Until,
    ) -> Result<Option<LoopLimits>, String> {
        let count_max = match &until.count_max {
            Limit::Fixed(_) => None,
            Limit::Computed(template) => Some(self.computed_count(place, template)?),
        };
        let timeout = match &until.timeout {
            Limit::Fixed(_) => None,
            Limit::Computed(template) => Some(self.computed_time(place, template)?),
        };
        if timeout.is_some_and(|timeout| timeout > UNTIL_TIMEOUT_MAX) {
            return Err("A loop takes at most P30D.".to_owned());
        }
        if count_max.is_none() && timeout.is_none() {
            return Ok(None);
        }
        let count_max = count_max.unwrap_or(until.count_max.or(UNTIL_COUNT));
        let timeout = timeout.unwrap_or(until.timeout.or(UNTIL_TIMEOUT));
        Ok(Some(LoopLimits::new(count_max, timeout)))
    }

    fn computed_time(&mut self, place: Place, template: &Template) -> Result<Duration, String> {
        let evaluated = self.evaluate(place, template).map_err(|error| error.message)?;
        let text = evaluated.value.as_str().and_then(parse_duration);
        text.ok_or_else(|| {
            let shown = evaluated.shown.to_json_text();
            format!("The timeout {shown} is not an ISO 8601 duration such as PT1H.")
        })
    }

    fn computed_count(&mut self, place: Place, template: &Template) -> Result<u32, String> {
        let evaluated = self.evaluate(place, template).map_err(|error| error.message)?;
        let count = match &evaluated.value {
            Value::Integer(count) => Some(*count),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let count = count.filter(|count| (1..=UNTIL_COUNT_MAX).contains(count));
        count.and_then(|count| u32::try_from(count).ok()).ok_or_else(|| {
            let shown = evaluated.shown.to_json_text();
            format!("The count {shown} is not a whole number from 1 to {UNTIL_COUNT_MAX}.")
        })
    }
}
