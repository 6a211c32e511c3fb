//! Lengths of time, as `TimeSpan` has them.

use std::fmt::Write;

use super::format::write_short_fraction;
use super::pattern::quoted;
use super::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// The parts of the size of a span.
struct Parts {
    days: u64,
    hours: u64,
    minutes: u64,
    seconds: u64,
    fraction: i64,
}

fn parts(ticks: i64) -> Parts {
    let size = ticks.unsigned_abs();
    let of = |unit: i64| size / unit.unsigned_abs();
    Parts {
        days: of(TICKS_PER_DAY),
        hours: of(3600 * TICKS_PER_SECOND) % 24,
        minutes: of(60 * TICKS_PER_SECOND) % 60,
        seconds: of(TICKS_PER_SECOND) % 60,
        fraction: (size % TICKS_PER_SECOND.unsigned_abs()).cast_signed(),
    }
}

/// A span as `[-][d.]hh:mm:ss[.fffffff]`.
pub(crate) fn span_text(ticks: i64) -> String {
    let Parts { days, hours, minutes, seconds, fraction } = parts(ticks);
    let sign = if ticks < 0 { "-" } else { "" };
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let fraction = if fraction > 0 { format!(".{fraction:07}") } else { String::new() };
    format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// The text of a span in a format of .NET. `None` if it is no format.
pub(crate) fn format_span(ticks: i64, format: &str, point: &str) -> Option<String> {
    let Parts { days, hours, minutes, seconds, fraction } = parts(ticks);
    let sign = if ticks < 0 { "-" } else { "" };
    match format {
        "" | "c" | "t" | "T" => Some(span_text(ticks)),
        "g" => {
            let days = if days > 0 { format!("{days}:") } else { String::new() };
            let mut text = format!("{sign}{days}{hours}:{minutes:02}:{seconds:02}.");
            write_short_fraction(fraction, 7, &mut text);
            match text.split_once('.') {
                Some((whole, fraction)) => Some(format!("{whole}{point}{fraction}")),
                None => Some(text),
            }
        }
        "G" => {
            Some(format!("{sign}{days}:{hours:02}:{minutes:02}:{seconds:02}{point}{fraction:07}"))
        }
        _ if format.chars().count() == 1 => None,
        _ => custom(ticks, format),
    }
}

/// Letters stand for parts; everything else must be in quotes or behind a backslash.
fn custom(ticks: i64, format: &str) -> Option<String> {
    let Parts { days, hours, minutes, seconds, fraction } = parts(ticks);
    let mut out = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => quoted(letter, &mut letters, &mut out)?,
            '\\' => out.push(letters.next()?),
            '%' => {
                letters.peek()?;
            }
            _ => {
                let mut times = 1;
                while letters.next_if_eq(&letter).is_some() {
                    times += 1;
                }
                let (number, times_max) = match letter {
                    'd' => (days, 8),
                    'h' => (hours, 2),
                    'm' => (minutes, 2),
                    's' => (seconds, 2),
                    'f' | 'F' => (0, 7),
                    _ => return None,
                };
                if times > times_max {
                    return None;
                }
                match letter {
                    'f' => out.push_str(&format!("{fraction:07}")[..times]),
                    'F' => write_short_fraction(fraction, times, &mut out),
                    _ => write!(out, "{number:0times$}").expect("text takes everything"),
                }
            }
        }
    }
    Some(out)
}

/// The ticks of `[-][d.|d:]hh:mm[:ss[.fffffff]]`, or of days alone.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let number = |text: &str, max: i64| {
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let number = digits.then(|| text.parse::<i64>().ok())?;
        number.filter(|number| *number <= max)
    };
    let (whole, fraction) = match text.rsplit_once('.') {
        Some((whole, fraction)) if whole.matches(':').count() >= 2 => (whole, fraction),
        _ => (text, ""),
    };
    let fraction = match fraction {
        "" if whole.len() == text.len() => 0,
        digits if digits.len() <= 7 => number(&format!("{digits:0<7}"), i64::MAX)?,
        _ => return None,
    };
    let (days, clock) = match whole.split_once('.') {
        Some((days, clock)) => (days, clock),
        None if !whole.contains(':') => (whole, "0:0"),
        None if whole.matches(':').count() == 3 => whole.split_once(':')?,
        None => ("0", whole),
    };
    let clock: Vec<_> = clock.split(':').collect();
    let (hours, minutes, seconds) = match clock[..] {
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let seconds = (number(hours, 23)? * 60 + number(minutes, 59)?) * 60 + number(seconds, 59)?;
    let days = number(days, 10_675_199)?;
    Some(sign * (days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + fraction))
}
