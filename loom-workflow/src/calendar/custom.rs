//! Numbers in patterns such as `#,##0.00;(0)`, as `NumberToCustomFormat` of .NET fills them.

use std::fmt::Write;

use super::Culture;
use super::round::{Digits, Half};

/// One thing in a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark<'a> {
    Zero,
    Digit,
    Point,
    Comma,
    Percent,
    Permille,
    /// The letter, the sign that is always shown, and how many digits there are at least.
    Exponent(char, bool, usize),
    Literal(&'a str),
}

/// The text of a number in a pattern of its own.
pub(super) fn format_custom(digits: &Digits, pattern: &str, culture: &Culture) -> String {
    let sections = sections(pattern);
    let of = |at: usize| sections.get(at).filter(|section| !section.is_empty());
    let zero = || of(2).unwrap_or(&sections[0]);
    let (section, own_sign) = match (digits.is_zero(), digits.negative, of(1)) {
        (true, ..) => (zero(), true),
        (_, true, Some(section)) => (section, true),
        _ => (&sections[0], false),
    };
    let (text, vanished) = fill(digits.clone(), section, own_sign, culture);
    if vanished && !digits.is_zero() {
        // What is rounded to nothing is written as nothing.
        let nothing = Digits { negative: false, each: Vec::new(), scale: 0 };
        return fill(nothing, zero(), true, culture).0;
    }
    text
}

/// The sections for what is positive, negative and zero.
fn sections(pattern: &str) -> Vec<Vec<Mark<'_>>> {
    let mut sections = vec![Vec::new()];
    let mut at = 0;
    while let Some(letter) = pattern[at..].chars().next() {
        let from = at;
        at += letter.len_utf8();
        let mark = match letter {
            ';' => {
                sections.push(Vec::new());
                continue;
            }
            '0' => Mark::Zero,
            '#' => Mark::Digit,
            '.' => Mark::Point,
            ',' => Mark::Comma,
            '%' => Mark::Percent,
            '‰' => Mark::Permille,
            '\'' | '"' => {
                let end = pattern[at..].find(letter).map_or(pattern.len(), |bytes| at + bytes);
                let literal = &pattern[at..end];
                at = (end + 1).min(pattern.len());
                Mark::Literal(literal)
            }
            '\\' => {
                let bytes = pattern[at..].chars().next().map_or(0, char::len_utf8);
                at += bytes;
                Mark::Literal(&pattern[at - bytes..at])
            }
            'E' | 'e' => {
                let rest = &pattern[at..];
                let zeros = rest.strip_prefix(['+', '-']).unwrap_or(rest);
                let digits = zeros.bytes().take_while(|it| *it == b'0').count();
                if digits > 0 {
                    at += rest.len() - zeros.len() + digits;
                    Mark::Exponent(letter, rest.starts_with('+'), digits.min(10))
                } else {
                    Mark::Literal(&pattern[from..at])
                }
            }
            _ => Mark::Literal(&pattern[from..at]),
        };
        sections.last_mut().expect("there is always one").push(mark);
    }
    sections
}

/// What a section says of the digits that it wants.
struct Layout {
    /// How many places there are, and how many of them before the point.
    places: i32,
    before_point: i32,
    /// The places that are filled in any case: so many before the point and behind it.
    zeros_before: i32,
    zeros_behind: i32,
    groups: bool,
    scientific: bool,
    /// By how many powers of ten the number is moved.
    shift: i32,
}

fn layout(section: &[Mark<'_>]) -> Layout {
    let (mut places, mut point) = (0, None);
    let (mut first_zero, mut last_zero) = (None, 0);
    let (mut comma, mut commas, mut groups) = (None, 0, false);
    let (mut scientific, mut shift) = (false, 0);
    for mark in section {
        match mark {
            Mark::Digit => places += 1,
            Mark::Zero => {
                first_zero.get_or_insert(places);
                places += 1;
                last_zero = places;
            }
            Mark::Point => {
                point.get_or_insert(places);
            }
            Mark::Comma if places > 0 && point.is_none() => {
                if comma == Some(places) {
                    commas += 1;
                } else {
                    groups |= comma.is_some();
                    (comma, commas) = (Some(places), 1);
                }
            }
            Mark::Percent => shift += 2,
            Mark::Permille => shift += 3,
            Mark::Exponent(..) => scientific = true,
            Mark::Comma | Mark::Literal(_) => {}
        }
    }
    let before_point = point.unwrap_or(places);
    match comma {
        Some(at) if at == before_point => shift -= 3 * commas,
        Some(_) => groups = true,
        None => {}
    }
    let zeros_before = first_zero.map_or(0, |first| (before_point - first).max(0));
    let zeros_behind = (last_zero - before_point).max(0);
    Layout { places, before_point, zeros_before, zeros_behind, groups, scientific, shift }
}

/// The text, and whether nothing but zeros is left of the number.
fn fill(
    mut digits: Digits,
    section: &[Mark<'_>],
    own_sign: bool,
    culture: &Culture,
) -> (String, bool) {
    let layout = layout(section);
    let Layout { places, before_point, .. } = layout;
    if !digits.is_zero() {
        digits.scale += layout.shift;
        let kept = if layout.scientific { places } else { digits.scale + places - before_point };
        digits.round(kept, Half::Away);
    }
    let vanished = digits.is_zero();
    let mut filler = Filler {
        exponent: if vanished { 0 } else { digits.scale - before_point },
        place: if layout.scientific { before_point } else { digits.scale.max(before_point) },
        // Digits for which there is no place go before the first one; places for which there are
        // no digits stay empty.
        surplus: if layout.scientific { 0 } else { digits.scale - before_point },
        digits: digits.each.iter(),
        layout,
        culture,
        text: String::new(),
        pointed: false,
    };
    if digits.negative && !own_sign {
        filler.text.push('-');
    }
    for mark in section {
        filler.put(*mark);
    }
    (filler.text, vanished)
}

struct Filler<'a> {
    digits: std::slice::Iter<'a, u8>,
    layout: Layout,
    culture: &'a Culture,
    /// The place to be filled: 1 is the one before the point.
    place: i32,
    surplus: i32,
    exponent: i32,
    text: String,
    pointed: bool,
}

impl Filler<'_> {
    fn put(&mut self, mark: Mark<'_>) {
        if self.surplus > 0 && matches!(mark, Mark::Zero | Mark::Digit | Mark::Point) {
            while self.surplus > 0 {
                self.surplus -= 1;
                let digit = self.digits.next().copied().unwrap_or(0);
                self.digit(Some(digit));
            }
        }
        match mark {
            Mark::Zero | Mark::Digit => {
                let digit = if self.surplus < 0 {
                    self.surplus += 1;
                    (self.place <= self.layout.zeros_before).then_some(0)
                } else {
                    let filled = self.place > -self.layout.zeros_behind;
                    self.digits.next().copied().or(filled.then_some(0))
                };
                self.digit(digit);
            }
            Mark::Point => {
                let wanted = self.layout.zeros_behind > 0
                    || (self.layout.before_point < self.layout.places && self.digits.len() > 0);
                if self.place == 0 && !self.pointed && wanted {
                    self.text.push_str(self.culture.point);
                    self.pointed = true;
                }
            }
            Mark::Percent => self.text.push('%'),
            Mark::Permille => self.text.push('‰'),
            Mark::Comma => {}
            Mark::Exponent(letter, plus, width) => {
                let sign = match (self.exponent < 0, plus) {
                    (true, _) => "-",
                    (false, true) => "+",
                    (false, false) => "",
                };
                let exponent = self.exponent.unsigned_abs();
                write!(self.text, "{letter}{sign}{exponent:0width$}")
                    .expect("text takes everything");
            }
            Mark::Literal(literal) => self.text.push_str(literal),
        }
    }

    fn digit(&mut self, digit: Option<u8>) {
        if let Some(digit) = digit {
            self.text.push(char::from(b'0' + digit));
            if self.layout.groups && self.place > 1 && (self.place - 1) % 3 == 0 {
                self.text.push_str(self.culture.group);
            }
        }
        self.place -= 1;
    }
}
