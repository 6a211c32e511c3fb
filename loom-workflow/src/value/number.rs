//! Numbers as text, as .NET writes them.

use std::fmt::Write;

use rust_decimal::Decimal;

/// A float in the shortest text that gives the same float again: with an exponent where its first
/// digit stands 15 places before the point or more, or in the fifth place behind it or later.
pub(crate) fn write_float(float: f64, out: &mut String) {
    if !float.is_finite() {
        out.push_str(match (float.is_nan(), float > 0.0) {
            (true, _) => "NaN",
            (false, true) => "Infinity",
            (false, false) => "-Infinity",
        });
        return;
    }
    let (digits, exponent) = shortest_digits(float);
    if float.is_sign_negative() {
        out.push('-');
    }
    if (-4..15).contains(&exponent) {
        write_fixed(&digits, exponent, out);
        return;
    }
    let (first, rest) = digits.split_at(1);
    out.push_str(first);
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "E{sign}{:02}", exponent.unsigned_abs()).expect("text takes everything");
}

/// The text of a float alone.
pub(crate) fn float_text(float: f64) -> String {
    let mut text = String::new();
    write_float(float, &mut text);
    text
}

/// The digits of `|float|` without a point, and the power of ten of the first one.
fn shortest_digits(float: f64) -> (String, i32) {
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').expect("it was asked for an exponent");
    let digits = mantissa.chars().filter(|character| *character != '.').collect();
    (digits, exponent.parse().expect("an exponent of Rust is a small integer"))
}

/// The digits and the power of ten of the first one, for a decimal.
pub(crate) fn decimal_digits(decimal: Decimal) -> (String, i32) {
    let digits = decimal.mantissa().unsigned_abs().to_string();
    let scale = i32::try_from(decimal.scale()).expect("a scale is 28 at most");
    let exponent =
        i32::try_from(digits.len()).expect("a decimal has 29 digits at most") - 1 - scale;
    (digits, exponent)
}

fn write_fixed(digits: &str, exponent: i32, out: &mut String) {
    let Ok(exponent) = usize::try_from(exponent) else {
        out.push_str("0.");
        (1..exponent.unsigned_abs()).for_each(|_| out.push('0'));
        out.push_str(digits);
        return;
    };
    let whole = exponent + 1;
    let (before, after) = digits.split_at(whole.min(digits.len()));
    out.push_str(before);
    (before.len()..whole).for_each(|_| out.push('0'));
    if !after.is_empty() {
        out.push('.');
        out.push_str(after);
    }
}
