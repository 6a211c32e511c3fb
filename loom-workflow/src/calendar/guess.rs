//! Text that is a date in some form which its culture has: ISO 8601, digits in the order of the
//! culture, or with the month as a word.

use super::exact::{full_year, longest_name, of_zone};
use super::stamp::Parts;
use super::{Culture, Moment, Stamp, TICKS_PER_SECOND};

/// The date that `text` is, if it is one. A text without a date is of the day that `now` is in UTC,
/// and one without a year of that year.
pub(crate) fn parse(text: &str, culture: &Culture, now: Moment) -> Option<Stamp> {
    let mut guess = Guess { rest: text.trim(), ..Guess::default() };
    if guess.rest.is_empty() {
        return None;
    }
    while !guess.rest.is_empty() {
        guess.next(culture)?;
    }
    guess.stamp(culture, now)
}

#[derive(Default)]
struct Guess<'a> {
    rest: &'a str,
    /// Whether a sign has come since the last number or word: there is one at most, between two.
    signed: bool,
    /// The numbers of the date in their order, and how many digits each has.
    numbers: Vec<(i64, usize)>,
    month: Option<i64>,
    /// How many numbers stood before the month.
    numbers_before_month: usize,
    day_of_week: Option<i64>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    fraction: i64,
    afternoon: Option<bool>,
    utc: bool,
    offset_minutes: Option<i64>,
}

impl Guess<'_> {
    fn next(&mut self, culture: &Culture) -> Option<()> {
        let first = self.rest.chars().next()?;
        if first.is_ascii_digit() {
            self.signed = false;
            return self.number();
        }
        if matches!(first, '+' | '-') && self.hour.is_some() {
            return self.offset(if first == '-' { -1 } else { 1 });
        }
        if matches!(first, '/' | '-') {
            let is_first = self.numbers.is_empty()
                && self.month.is_none()
                && self.day_of_week.is_none()
                && self.hour.is_none();
            self.rest = &self.rest[1..];
            return (!is_first && !std::mem::replace(&mut self.signed, true)).then_some(());
        }
        if first.is_whitespace() || matches!(first, '.' | ',') {
            self.rest = &self.rest[first.len_utf8()..];
            return Some(());
        }
        self.signed = false;
        self.word(culture)
    }

    fn digits(&mut self) -> Option<(i64, usize)> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if digits > 9 { None } else { Some((number.parse().ok()?, digits)) }
    }

    fn number(&mut self) -> Option<()> {
        let (number, digits) = self.digits()?;
        let half = |rest: &str| {
            let rest = rest.trim_start().to_ascii_lowercase();
            rest.starts_with("am") || rest.starts_with("pm")
        };
        let clock = self
            .rest
            .strip_prefix(':')
            .filter(|rest| rest.starts_with(|it: char| it.is_ascii_digit()));
        if clock.is_none() && !half(self.rest) {
            self.numbers.push((number, digits));
            return (self.numbers.len() <= 3).then_some(());
        }
        if self.hour.is_some() || digits > 2 {
            return None;
        }
        self.hour = Some(number);
        if let Some(rest) = clock {
            self.rest = rest;
            self.minute = self.two_digits()?;
        }
        if let Some(rest) = self.rest.strip_prefix(':') {
            self.rest = rest;
            self.second = self.two_digits()?;
            if let Some(rest) = self.rest.strip_prefix(['.', ',']) {
                self.rest = rest;
                self.fraction()?;
            }
        }
        Some(())
    }

    fn two_digits(&mut self) -> Option<i64> {
        self.digits().filter(|(_, digits)| *digits <= 2).map(|(number, _)| number)
    }

    /// Of 100 ns. What is beyond is rounded.
    fn fraction(&mut self) -> Option<()> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (text, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if digits == 0 {
            return None;
        }
        let eight: i64 = format!("{text:0<8}")[..8].parse().ok()?;
        self.fraction = (eight + 5) / 10;
        Some(())
    }

    fn offset(&mut self, sign: i64) -> Option<()> {
        self.rest = &self.rest[1..];
        let (number, digits) = self.digits()?;
        let minutes = if digits > 2 {
            number / 100 * 60 + number % 100
        } else {
            let minutes = match self.rest.strip_prefix(':') {
                Some(rest) => {
                    self.rest = rest;
                    self.two_digits()?
                }
                None => 0,
            };
            number * 60 + minutes
        };
        let first = self.offset_minutes.replace(sign * minutes).is_none();
        (first && !self.utc && number % 100 < 60).then_some(())
    }

    fn word(&mut self, culture: &Culture) -> Option<()> {
        let letter = |it: char| it.is_alphabetic() || it == '.';
        let bytes = self.rest.find(|it| !letter(it)).unwrap_or(self.rest.len());
        let whole = self.rest[..bytes].trim_end_matches('.').to_lowercase();
        match whole.as_str() {
            // Between a date and its time.
            "t" if !self.numbers.is_empty() && self.hour.is_none() => {
                let time = &self.rest[bytes..];
                time.starts_with(|it: char| it.is_ascii_digit()).then_some(())?;
                return self.skip(bytes);
            }
            "z" | "gmt" | "utc" if self.hour.is_some() && !self.utc => {
                self.utc = true;
                return self.offset_minutes.is_none().then(|| self.skip(bytes))?;
            }
            "am" | "pm" if self.hour.is_some() && self.afternoon.is_none() => {
                self.afternoon = Some(whole == "pm");
                return self.skip(bytes);
            }
            // As in "15 de marzo de 2018".
            "de" if culture.name.starts_with("es") => return self.skip(bytes),
            _ => {}
        }
        let months = longest_name(self.rest, &culture.months)
            .or_else(|| longest_name(self.rest, &culture.months_short));
        if let Some((month, bytes)) = months {
            let first = self.month.replace(month + 1).is_none();
            self.numbers_before_month = self.numbers.len();
            return first.then(|| self.skip(bytes))?;
        }
        let days = longest_name(self.rest, &culture.days)
            .or_else(|| longest_name(self.rest, &culture.days_short));
        let (day, bytes) = days?;
        let first = self.day_of_week.replace(day).is_none();
        first.then(|| self.skip(bytes))?
    }

    /// Goes on behind a word, which must end there.
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = &self.rest[bytes..];
        let glued = self.rest.starts_with(char::is_alphabetic);
        (!glued).then_some(())
    }

    fn stamp(mut self, culture: &Culture, now: Moment) -> Option<Stamp> {
        (!self.signed).then_some(())?;
        let (year, month, day) = self.date(culture, now)?;
        let mut hour = self.hour.unwrap_or(0);
        if let Some(afternoon) = self.afternoon {
            (1..=12).contains(&hour).then_some(())?;
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let carry = self.fraction / TICKS_PER_SECOND;
        self.fraction %= TICKS_PER_SECOND;
        let (minute, second, fraction) = (self.minute, self.second, self.fraction);
        let parts = Parts { year, month, day, hour, minute, second, fraction };
        let ticks = parts.ticks()? + carry * TICKS_PER_SECOND;
        let wall = of_zone(ticks, false, None)?;
        self.day_of_week.is_none_or(|day| day == wall.day_of_week()).then_some(())?;
        of_zone(ticks, self.utc, self.offset_minutes)
    }

    fn date(&self, culture: &Culture, now: Moment) -> Option<(i64, i64, i64)> {
        let year = |(number, digits): (i64, usize)| match digits {
            1 | 2 => Some(full_year(number)),
            3 | 4 => Some(number),
            _ => None,
        };
        let small = |(number, digits): (i64, usize)| (digits <= 2).then_some(number);
        let today = || Stamp::utc(now).parts();
        let in_order =
            |first, second| if culture.month_first { (first, second) } else { (second, first) };
        match (self.month, &self.numbers[..]) {
            (Some(month), &[first, second]) => {
                // "2018 March 15" and "15 March 2018" and "March 15, 2018".
                let (day, of_year) = if first.1 > 2 { (second, first) } else { (first, second) };
                Some((year(of_year)?, month, small(day)?))
            }
            (Some(month), &[number]) if number.1 > 2 => Some((year(number)?, month, 1)),
            (Some(month), &[day]) => Some((today().year, month, small(day)?)),
            (None, &[first, second, third]) if first.1 > 2 => {
                Some((year(first)?, small(second)?, small(third)?))
            }
            (None, &[first, second, third]) => {
                let (month, day) = in_order(first, second);
                Some((year(third)?, small(month)?, small(day)?))
            }
            (None, &[first, second]) if first.1 == 4 => Some((first.0, small(second)?, 1)),
            (None, &[first, second]) if second.1 == 4 => Some((second.0, small(first)?, 1)),
            (None, &[first, second]) => {
                let (month, day) = in_order(first, second);
                Some((today().year, small(month)?, small(day)?))
            }
            (None, []) if self.hour.is_some() => {
                let Parts { year, month, day, .. } = today();
                Some((year, month, day))
            }
            _ => None,
        }
    }
}
