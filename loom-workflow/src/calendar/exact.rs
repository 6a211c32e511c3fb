//! Text that must be a date in one format.

use super::pattern::{Piece, pieces};
use super::stamp::Parts;
use super::{Culture, Kind, Stamp, TICKS_PER_SECOND};
use crate::value::fold;

/// The date that `text` is, if it has exactly that format.
pub(crate) fn parse_exact(text: &str, format: &str, culture: &Culture) -> Option<Stamp> {
    let mut reading = Reading {
        rest: text,
        parts: Parts { year: 1, month: 1, day: 1, ..Parts::default() },
        ..Reading::default()
    };
    for piece in pieces(format, culture)? {
        match piece {
            Piece::Literal(literal) => {
                reading.rest = reading.rest.strip_prefix(literal.as_str())?;
            }
            Piece::Part(letter, times) => reading.part(letter, times, culture)?,
        }
    }
    if !reading.rest.is_empty() {
        return None;
    }
    reading.stamp()
}

#[derive(Default)]
struct Reading<'a> {
    rest: &'a str,
    parts: Parts,
    afternoon: Option<bool>,
    day_of_week: Option<i64>,
    utc: bool,
    offset_minutes: Option<i64>,
}

impl Reading<'_> {
    fn part(&mut self, letter: char, times: usize, culture: &Culture) -> Option<()> {
        match (letter, times) {
            ('d', 1 | 2) => self.parts.day = self.number(times, 2)?,
            ('d', 3) => self.day_of_week = Some(self.name(&culture.days_short)?),
            ('d', _) => self.day_of_week = Some(self.name(&culture.days)?),
            ('M', 1 | 2) => self.parts.month = self.number(times, 2)?,
            ('M', 3) => self.parts.month = self.name(&culture.months_short)? + 1,
            ('M', _) => self.parts.month = self.name(&culture.months)? + 1,
            ('y', 1 | 2) => self.parts.year = full_year(self.number(times, 2)?),
            ('y', _) => self.parts.year = self.number(times.max(4), times.max(4))?,
            ('h' | 'H', _) => self.parts.hour = self.number(times, 2)?,
            ('m', _) => self.parts.minute = self.number(times, 2)?,
            ('s', _) => self.parts.second = self.number(times, 2)?,
            ('f' | 'F', _) => self.fraction(times, letter == 'f')?,
            ('t', 1) => {
                let halves = culture.halves.map(|half| half.get(..1).unwrap_or_default());
                self.afternoon = Some(self.name(&halves)? == 1);
            }
            ('t', _) => self.afternoon = Some(self.name(&culture.halves)? == 1),
            ('K', _) if self.rest.starts_with(['Z', 'z']) => {
                self.utc = true;
                self.rest = &self.rest[1..];
            }
            ('K', _) if self.rest.is_empty() => {}
            ('K' | 'z', _) => self.offset(times)?,
            ('/', _) => self.rest = self.rest.strip_prefix(culture.date_separator)?,
            ('g', _) => self.rest = self.rest.strip_prefix("A.D.")?,
            _ => self.rest = self.rest.strip_prefix(letter)?,
        }
        Some(())
    }

    fn number(&mut self, digits_min: usize, digits_max: usize) -> Option<i64> {
        let digits = self.rest.bytes().take(digits_max).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        if digits < digits_min { None } else { number.parse().ok() }
    }

    /// The longest of the names with which the rest begins, ignoring case.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let (place, bytes) = longest_name(self.rest, names)?;
        self.rest = &self.rest[bytes..];
        Some(place)
    }

    fn fraction(&mut self, digits: usize, all: bool) -> Option<()> {
        let found = self.rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        let (text, rest) = self.rest.split_at(found);
        self.rest = rest;
        if all && found < digits {
            return None;
        }
        self.parts.fraction = format!("{text:0<7}").parse().ok()?;
        Some(())
    }

    fn offset(&mut self, times: usize) -> Option<()> {
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        self.rest = self.rest.strip_prefix(['+', '-'])?;
        let hours = self.number(1, 2)?;
        let minutes = if times == 1 || times > 2 {
            match self.rest.strip_prefix(':') {
                Some(rest) => {
                    self.rest = rest;
                    self.number(2, 2)?
                }
                None => 0,
            }
        } else {
            0
        };
        self.offset_minutes = Some(sign * (hours * 60 + minutes));
        Some(())
    }

    fn stamp(mut self) -> Option<Stamp> {
        if let Some(afternoon) = self.afternoon {
            if !(1..=12).contains(&self.parts.hour) {
                return None;
            }
            self.parts.hour = self.parts.hour % 12 + if afternoon { 12 } else { 0 };
        }
        let stamp = of_zone(self.parts.ticks()?, self.utc, self.offset_minutes)?;
        self.day_of_week.is_none_or(|day| day == stamp.day_of_week()).then_some(stamp)
    }
}

/// The stamp of a time on the wall where its text said that of its zone.
pub(super) fn of_zone(ticks: i64, utc: bool, offset_minutes: Option<i64>) -> Option<Stamp> {
    match offset_minutes {
        Some(minutes) if minutes.abs() <= 14 * 60 => {
            Stamp::new(ticks - minutes * 60 * TICKS_PER_SECOND, Kind::Offset)
        }
        Some(_) => None,
        None => Stamp::new(ticks, if utc { Kind::Utc } else { Kind::Unspecified }),
    }
}

/// The year that two digits mean: up to 2049.
pub(super) fn full_year(year: i64) -> i64 {
    match year {
        0..50 => 2000 + year,
        50..100 => 1900 + year,
        _ => year,
    }
}

/// The place of the longest name with which `text` begins, ignoring case, and its bytes there.
/// The point behind a short name may be missing where the word ends.
pub(super) fn longest_name(text: &str, names: &[&str]) -> Option<(i64, usize)> {
    let mut found: Option<(i64, usize)> = None;
    for (place, name) in (0..).zip(names) {
        let bytes = bytes_of(text, name).or_else(|| {
            let bytes = bytes_of(text, name.strip_suffix('.')?)?;
            (!text[bytes..].starts_with(char::is_alphabetic)).then_some(bytes)
        });
        let longest = found.map_or(0, |(_, longest)| longest);
        if let Some(bytes) = bytes.filter(|bytes| *bytes > longest) {
            found = Some((place, bytes));
        }
    }
    found
}

/// How many bytes `name` has where `text` begins with it, ignoring case.
fn bytes_of(text: &str, name: &str) -> Option<usize> {
    let letters = name.chars().count();
    let same = text.chars().map(fold).take(letters).eq(name.chars().map(fold));
    same.then(|| text.chars().take(letters).map(char::len_utf8).sum())
}
