//! When a call that failed is tried again.

use std::time::Duration;

use super::duration::parse_duration;
use super::is_known_later;
use crate::{Object, Value};

/// When a call that failed is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryRule {
    /// How the waits grow.
    pub kind: RetryKind,
    /// How often it is tried again.
    pub count: u32,
}

/// How the waits between attempts grow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RetryKind {
    /// 7.5, 15, 30, 45 seconds, as the service was measured.
    Default,
    /// Always as long.
    Fixed(Duration),
    /// A random time, between bounds that double.
    Exponential {
        /// What is doubled.
        interval: Duration,
        /// The shortest wait.
        min: Duration,
        /// The longest wait.
        max: Duration,
    },
    /// Longer by the first wait each time, and never longer than `max`.
    Linear {
        /// The first wait.
        initial: Duration,
        /// The longest wait.
        max: Duration,
    },
    /// Longer by a factor each time, and never longer than `max`. A quarter is added or taken
    /// by chance.
    Growing {
        /// The first wait.
        initial: Duration,
        /// In thousandths.
        factor_thousandths: u64,
        /// The longest wait.
        max: Duration,
    },
}

/// What is wrong with a retry policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RetryProblem {
    pub(crate) member: &'static str,
    pub(crate) message: String,
}

impl RetryRule {
    /// Never again.
    pub const NONE: Self = Self { kind: RetryKind::Default, count: 0 };
    /// What holds where a definition says nothing.
    pub const DEFAULT: Self = Self { kind: RetryKind::Default, count: 4 };

    /// How long is waited after failure number `failures`, counted from 1; nothing when it is not
    /// tried again. `chance` is any number; the same gives the same.
    #[must_use]
    pub fn wait(&self, failures: u32, chance: u64) -> Option<Duration> {
        if failures > self.count {
            return None;
        }
        Some(match self.kind {
            RetryKind::Default => {
                let doubled = Duration::from_millis(7_500).saturating_mul(power(failures - 1));
                doubled.min(Duration::from_secs(45))
            }
            RetryKind::Fixed(interval) => interval,
            RetryKind::Exponential { interval, min, max } => {
                let low = match failures {
                    1 => min,
                    _ => interval.saturating_mul(power(failures - 2)).max(min),
                };
                let high = interval.saturating_mul(power(failures - 1)).min(max);
                between(low.min(max), high, chance)
            }
            RetryKind::Linear { initial, max } => initial.saturating_mul(failures).min(max),
            RetryKind::Growing { initial, factor_thousandths, max } => {
                let mut wait = initial;
                for _ in 1..failures.min(64) {
                    let millis = millis(wait).saturating_mul(factor_thousandths) / 1000;
                    wait = Duration::from_millis(millis).min(max);
                }
                let quarter = wait / 4;
                between(wait.saturating_sub(quarter), wait.saturating_add(quarter), chance).min(max)
            }
        })
    }

    /// Reads a policy of the service: `{type, count, interval, minimumInterval, maximumInterval}`.
    /// What cannot be read is as if it were not there, and told.
    pub(crate) fn read(policy: &Value) -> (Self, Vec<RetryProblem>) {
        const SHORTEST: Duration = Duration::from_secs(5);
        const LONGEST: Duration = Duration::from_hours(24);
        let mut problems = Vec::new();
        let mut problem = |member, message: String| problems.push(RetryProblem { member, message });
        let kind = policy.property("type");
        let kind = kind.as_str().unwrap_or_default().to_ascii_lowercase();
        if kind == "none" {
            return (Self::NONE, problems);
        }
        // Nothing at all is what the documentation writes for the default.
        let says_nothing = policy.as_object().is_none_or(Object::is_empty);
        if kind == "default" || (kind.is_empty() && says_nothing) {
            return (Self::DEFAULT, problems);
        }
        let mut duration = |member: &'static str, or: Duration| match policy.property(member) {
            Value::Null => or,
            Value::String(text) if is_known_later(&text) => or,
            Value::String(text) => parse_duration(&text).unwrap_or_else(|| {
                problem(member, format!("`{text}` is not an ISO 8601 duration such as PT20S"));
                or
            }),
            other => {
                problem(member, format!("{} is not text such as PT20S", other.kind()));
                or
            }
        };
        let interval = duration("interval", Duration::from_secs(20));
        let max = duration("maximumInterval", LONGEST.max(interval));
        let min = duration("minimumInterval", SHORTEST.min(max));
        if interval > LONGEST {
            problem("interval", "an interval is at most P1D".to_owned());
        }
        if min > max {
            problem("minimumInterval", "it is longer than maximumInterval".to_owned());
        }
        let count = match policy.property("count") {
            Value::Integer(count @ 1..=90) => u32::try_from(count).unwrap_or(4),
            Value::Null => 4,
            Value::String(text) if is_known_later(&text) => 4,
            Value::String(text)
                if text.parse::<u32>().is_ok_and(|count| (1..=90).contains(&count)) =>
            {
                text.parse().unwrap_or(4)
            }
            _ => {
                problem("count", "a count is a number from 1 to 90".to_owned());
                4
            }
        };
        let kind = match kind.as_str() {
            "fixed" => RetryKind::Fixed(interval),
            "exponential" => RetryKind::Exponential { interval, min, max },
            text if is_known_later(text) => RetryKind::Default,
            _ => {
                let message = "a type is one of default, none, fixed and exponential";
                problem("type", message.to_owned());
                RetryKind::Default
            }
        };
        (Self { kind, count }, problems)
    }

    /// Reads what a Retry says: `{type, count 3, interval PT1S, maxInterval PT1M}`. What it does
    /// not say, or says wrongly, is as the default is.
    pub(crate) fn read_retry(policy: &Value) -> Self {
        let duration = |member: &str, or: u64| {
            let text = policy.property(member);
            text.as_str().and_then(parse_duration).unwrap_or(Duration::from_secs(or))
        };
        let count = policy.property("count").as_integer().unwrap_or(3).clamp(0, 1000);
        let factor_thousandths = match policy.property("type").as_str() {
            Some(text) if text.eq_ignore_ascii_case("none") => return Self::NONE,
            Some(text) if text.eq_ignore_ascii_case("fixed") => 1000,
            _ => 2000,
        };
        Self {
            kind: RetryKind::Growing {
                initial: duration("interval", 1),
                factor_thousandths,
                max: duration("maxInterval", 60),
            },
            count: u32::try_from(count).unwrap_or(3),
        }
    }

    /// Reads `{maxAttempts, initialDelay, maxDelay, backoffMultiplier, backoff}`, in milliseconds.
    /// A `backoff` of `fixed` or `linear` needs no multiplier.
    pub(crate) fn read_attempts(policy: &Value) -> Self {
        let number = |member: &str, or: f64| match policy.property(member) {
            #[expect(clippy::cast_precision_loss, reason = "settings are small numbers")]
            Value::Integer(number) => number as f64,
            Value::Float(number) => number,
            _ => or,
        };
        let wait = |millis: f64| Duration::from_millis(whole(millis));
        let attempts = whole(number("maxAttempts", 3.0).clamp(1.0, 1000.0));
        let initial = wait(number("initialDelay", 1000.0));
        let max = wait(number("maxDelay", 30_000.0));
        let kind = match policy.property("backoff").as_str() {
            Some("fixed") => RetryKind::Fixed(initial.min(max)),
            Some("linear") => RetryKind::Linear { initial, max },
            _ => {
                let factor_thousandths = whole(number("backoffMultiplier", 2.0) * 1000.0);
                RetryKind::Growing { initial, factor_thousandths, max }
            }
        };
        Self { kind, count: u32::try_from(attempts).unwrap_or(1) - 1 }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float is cast to the nearest number that fits"
)]
fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Two to the power of `exponent`, as large as it can be.
fn power(exponent: u32) -> u32 {
    1_u32.checked_shl(exponent).unwrap_or(u32::MAX)
}

/// A whole number of milliseconds from `low` to `high`.
fn between(low: Duration, high: Duration, chance: u64) -> Duration {
    let (low, high) = (millis(low), millis(high).max(millis(low)));
    Duration::from_millis(low + chance % (high - low + 1))
}

#[cfg(test)]
mod tests;
