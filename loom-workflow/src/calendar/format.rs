//! Dates as text.

use std::fmt::Write;

use super::pattern::{Piece, is_invariant, pieces};
use super::stamp::Parts;
use super::{Culture, Kind, Stamp};

/// The text of a date in a format of .NET. `None` if it is no format.
pub(crate) fn format(stamp: Stamp, format: &str, culture: &Culture) -> Option<String> {
    let culture = if is_invariant(format) { Culture::INVARIANT } else { culture };
    let mut out = String::new();
    for piece in pieces(format, culture)? {
        match piece {
            Piece::Literal(text) => out.push_str(&text),
            Piece::Part(letter, times) => write_part(letter, times, stamp, culture, &mut out),
        }
    }
    Some(out)
}

fn write_part(letter: char, times: usize, stamp: Stamp, culture: &Culture, out: &mut String) {
    let parts = stamp.parts();
    let mut digits = |number: i64, width: usize| {
        write!(out, "{number:0width$}").expect("text takes everything");
    };
    match (letter, times) {
        ('d', 1 | 2) => digits(parts.day, times),
        ('M', 1 | 2) => digits(parts.month, times),
        ('y', 1 | 2) => digits(parts.year % 100, times),
        ('y', _) => digits(parts.year, times),
        ('h', _) => digits((parts.hour + 11) % 12 + 1, times.min(2)),
        ('H', _) => digits(parts.hour, times.min(2)),
        ('m', _) => digits(parts.minute, times.min(2)),
        ('s', _) => digits(parts.second, times.min(2)),
        _ => write_word(letter, times, stamp, &parts, culture, out),
    }
}

fn write_word(
    letter: char,
    times: usize,
    stamp: Stamp,
    parts: &Parts,
    culture: &Culture,
    out: &mut String,
) {
    let place = |number: i64| usize::try_from(number).expect("a part of a date is small");
    match (letter, times) {
        ('d', 3) => out.push_str(culture.days_short[place(stamp.day_of_week())]),
        ('d', _) => out.push_str(culture.days[place(stamp.day_of_week())]),
        ('M', 3) => out.push_str(culture.months_short[place(parts.month - 1)]),
        ('M', _) => out.push_str(culture.months[place(parts.month - 1)]),
        ('f', _) => out.push_str(&format!("{:07}", parts.fraction)[..times]),
        ('F', _) => write_short_fraction(parts.fraction, times, out),
        ('g', _) => out.push_str("A.D."),
        ('t', _) => {
            let half = culture.halves[usize::from(parts.hour >= 12)];
            let letters = if times == 1 { 1 } else { usize::MAX };
            out.extend(half.chars().take(letters));
        }
        ('K', _) => out.push_str(match stamp.kind {
            Kind::Unspecified => "",
            Kind::Utc => "Z",
            Kind::Offset => "+00:00",
        }),
        ('z', 1) => out.push_str("+0"),
        ('z', 2) => out.push_str("+00"),
        ('z', _) => out.push_str("+00:00"),
        ('/', _) => out.push_str(culture.date_separator),
        _ => out.push(letter),
    }
}

/// Without zeros at the end, and without the point before it if nothing is left.
pub(super) fn write_short_fraction(fraction: i64, digits: usize, out: &mut String) {
    let text = format!("{fraction:07}");
    let text = text[..digits].trim_end_matches('0');
    if text.is_empty() && out.ends_with('.') {
        out.pop();
    }
    out.push_str(text);
}
