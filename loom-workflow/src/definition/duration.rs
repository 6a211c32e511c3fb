//! ISO 8601 durations, as definitions write them.

use std::time::Duration;

/// Reads `PT1H30M`, `P1D`, `PT0.5S`, `P2W`. A year counts 365 days and a month 30.
///
/// Answers nothing for a text that is no duration, has no part, is negative, or is longer than
/// ten thousand years.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    const DAY: f64 = 86_400.0;
    const SECONDS_MAX: f64 = 10_000.0 * 365.0 * DAY;
    let rest = text.strip_prefix(['P', 'p'])?;
    let (days, times) = match rest.split_once(['T', 't']) {
        Some((_, "")) => return None,
        Some((days, times)) => (days, times),
        None => (rest, ""),
    };
    if days.is_empty() && times.is_empty() {
        return None;
    }
    let dates = [('Y', 365.0 * DAY), ('M', 30.0 * DAY), ('W', 7.0 * DAY), ('D', DAY)];
    let clock = [('H', 3_600.0), ('M', 60.0), ('S', 1.0)];
    let seconds = sum(days, &dates)? + sum(times, &clock)?;
    (seconds <= SECONDS_MAX).then(|| Duration::from_secs_f64(seconds))
}

/// A unit of time of which all are equally long, by its name in lower case: `hour`, `hours`.
pub(crate) fn unit_named(name: &str) -> Option<Duration> {
    const SECONDS: [(&str, u64); 5] =
        [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("week", 604_800)];
    let found = SECONDS.iter().find(|(known, _)| *known == name.trim_end_matches('s'));
    found.map(|(_, seconds)| Duration::from_secs(*seconds))
}

/// Adds up parts that must come in the order of `units`.
fn sum(text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut seconds = 0.0;
    let mut rest = text;
    let mut next = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?.to_ascii_uppercase();
        let at = next + units[next..].iter().position(|(name, _)| *name == unit)?;
        seconds += number * units[at].1;
        next = at + 1;
        rest = &rest[digits + 1..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests;
