//! Numbers as text in the formats of .NET.

use super::Culture;
use super::custom::format_custom;
use super::round::{Digits, Half};
use crate::value::{Value, float_text};

/// As many digits as anyone asks for in earnest.
const PRECISION_MAX: u32 = 999;

/// The text of a number in a format of .NET. `None` if it is no format, or none for that number.
pub(crate) fn format_number(number: &Value, format: &str, culture: &Culture) -> Option<String> {
    if let Value::Float(float) = number
        && !float.is_finite()
    {
        return Some(float_text(*float));
    }
    let format = if format.is_empty() { "G" } else { format };
    let (letter, rest) = format.split_at_checked(1)?;
    let letter = letter.chars().next()?;
    let standard = letter.is_ascii_alphabetic() && rest.bytes().all(|it| it.is_ascii_digit());
    if !standard {
        return Some(format_custom(&Digits::of(number)?, format, culture));
    }
    let precision = match rest {
        "" => None,
        digits => Some(digits.parse::<u32>().ok().filter(|it| *it <= PRECISION_MAX)?),
    };
    formatted(number, letter, precision, culture)
}

fn formatted(
    number: &Value,
    letter: char,
    precision: Option<u32>,
    culture: &Culture,
) -> Option<String> {
    let digits = Digits::of(number)?;
    match letter {
        'N' | 'n' => Some(signed(fixed(digits, precision.unwrap_or(2), true, culture), "n")),
        'F' | 'f' => Some(signed(fixed(digits, precision.unwrap_or(2), false, culture), "n")),
        'C' | 'c' => {
            let precision = precision.unwrap_or(culture.currency_digits);
            Some(signed(fixed(digits, precision, true, culture), culture.currency))
        }
        'P' | 'p' => {
            let mut digits = digits;
            if !digits.is_zero() {
                digits.scale += 2;
            }
            Some(signed(fixed(digits, precision.unwrap_or(2), true, culture), culture.percent))
        }
        'D' | 'd' => {
            let integer = whole(number)?;
            let sign = if integer < 0 { "-" } else { "" };
            let width = precision.unwrap_or(1) as usize;
            Some(format!("{sign}{:0width$}", integer.unsigned_abs()))
        }
        'X' | 'x' => {
            let (integer, width) = (whole(number)?, precision.unwrap_or(1) as usize);
            let upper = letter == 'X';
            Some(if upper { format!("{integer:0width$X}") } else { format!("{integer:0width$x}") })
        }
        'E' | 'e' => Some(scientific(digits, letter, precision.unwrap_or(6), 3, culture)),
        'G' | 'g' => Some(general(number, letter, precision, culture)),
        'R' | 'r' if matches!(number, Value::Float(_)) => {
            Some(number.to_text().replace('.', culture.point))
        }
        _ => None,
    }
}

fn whole(number: &Value) -> Option<i64> {
    match number {
        Value::Integer(integer) => Some(*integer),
        _ => None,
    }
}

/// Whether it is negative, and its size as text.
fn fixed(digits: Digits, behind: u32, groups: bool, culture: &Culture) -> (bool, String) {
    let (negative, whole, fraction) = digits.fixed(behind, Half::Even);
    let mut text = if groups { grouped(&whole, culture.group) } else { whole };
    if !fraction.is_empty() {
        text.push_str(culture.point);
        text.push_str(&fraction);
    }
    (negative, text)
}

/// The size in a pattern in which `n` stands for it.
fn signed((negative, size): (bool, String), pattern: &str) -> String {
    let sign = if negative { "-" } else { "" };
    let (before, behind) = pattern.split_once('n').expect("every pattern has an amount");
    format!("{sign}{before}{size}{behind}")
}

fn grouped(whole: &str, separator: &str) -> String {
    let mut text = String::with_capacity(whole.len() * 2);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push_str(separator);
        }
        text.push(digit);
    }
    text
}

/// One digit, those behind it, and the exponent in at least so many digits.
fn scientific(
    mut digits: Digits,
    letter: char,
    behind: u32,
    exponent_digits: usize,
    culture: &Culture,
) -> String {
    digits.round(i32::try_from(behind).unwrap_or(i32::MAX).saturating_add(1), Half::Away);
    let exponent = if digits.is_zero() { 0 } else { digits.scale - 1 };
    digits.scale = i32::from(!digits.is_zero());
    let (negative, whole, fraction) = digits.fixed(behind, Half::Away);
    let sign = if negative { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { culture.point };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.unsigned_abs();
    format!("{sign}{whole}{point}{fraction}{letter}{exponent_sign}{exponent:0exponent_digits$}")
}

fn general(number: &Value, letter: char, precision: Option<u32>, culture: &Culture) -> String {
    let Some(precision) = precision.filter(|precision| *precision > 0) else {
        let text = number.to_text().replace('.', culture.point);
        return if letter == 'g' { text.replace('E', "e") } else { text };
    };
    let Some(mut digits) = Digits::of(number) else {
        return String::new();
    };
    let precision = i32::try_from(precision).unwrap_or(i32::MAX);
    digits.round(precision, Half::Away);
    let kept = i32::try_from(digits.each.len()).unwrap_or(i32::MAX);
    if digits.scale > precision || digits.scale < -3 {
        let behind = u32::try_from(kept - 1).unwrap_or(0);
        let exponent = if letter == 'g' { 'e' } else { 'E' };
        return scientific(digits, exponent, behind, 2, culture);
    }
    let behind = u32::try_from(kept - digits.scale).unwrap_or(0);
    signed(fixed(digits, behind, false, culture), "n")
}
