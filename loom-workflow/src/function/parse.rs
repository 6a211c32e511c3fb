//! Functions that make numbers of text.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::Answer;
use super::arguments::Arguments;
use super::string::culture;
use crate::calendar::{Culture, Style, plain_number};
use crate::expression::Evaluation;
use crate::value::{Value, float_text};

const FLOAT: Style = Style { trailing_sign: true, exponent: true, point: true };
const DECIMAL: Style = Style { trailing_sign: true, exponent: false, point: true };
const INTEGER: Style = Style { trailing_sign: false, exponent: true, point: false };
/// What `int` takes: as an integer, or as a decimal whose fraction is nothing.
const WHOLE: Style = Style { trailing_sign: false, exponent: true, point: true };

const NOT_CONVERTIBLE: &str = "The value cannot be converted to the target type.";

fn float_of(text: &str, culture: &Culture) -> Option<f64> {
    let infinite = if culture.name.is_empty() { "infinity" } else { "∞" };
    match text.trim().to_lowercase() {
        text if text == "nan" => return Some(f64::NAN),
        text if text.strip_prefix('+').unwrap_or(&text) == infinite => return Some(f64::INFINITY),
        text if text.strip_prefix('-') == Some(infinite) => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    plain_number(text, FLOAT, culture)?.parse().ok().filter(|float: &f64| float.is_finite())
}

pub(super) fn float(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("float", values);
    let culture = culture(&arguments, 1)?.unwrap_or(Culture::EN_US);
    let float = match arguments.value(0) {
        Value::String(text) => float_of(text, culture),
        number => number.to_float(),
    };
    float.map(Value::Float).ok_or_else(|| arguments.invalid(NOT_CONVERTIBLE))
}

pub(super) fn is_float(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("isFloat", values);
    let text = arguments.string(0)?;
    let culture = culture(&arguments, 1)?.unwrap_or(Culture::INVARIANT);
    Ok(float_of(text, culture).is_some().into())
}

pub(super) fn is_int(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("isInt", values).string(0)?;
    let plain = plain_number(text, INTEGER, Culture::INVARIANT);
    Ok(plain.is_some_and(|plain| integer_of(&plain).is_some()).into())
}

pub(super) fn int(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("int", values);
    let integer = match arguments.value(0) {
        Value::Integer(integer) => Some(*integer),
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Decimal(decimal) => whole(*decimal),
        Value::Float(float) => integer_of(&float_text(*float)),
        Value::String(text) => {
            plain_number(text, WHOLE, Culture::INVARIANT).and_then(|plain| integer_of(&plain))
        }
        _ => None,
    };
    integer.map(Value::Integer).ok_or_else(|| arguments.invalid(NOT_CONVERTIBLE))
}

/// The integer in a text that is a number.
fn integer_of(plain: &str) -> Option<i64> {
    if let Ok(integer) = plain.parse() {
        return Some(integer);
    }
    let scientific = plain.contains(['e', 'E']);
    let decimal = if scientific { Decimal::from_scientific(plain) } else { plain.parse() };
    decimal.ok().and_then(whole)
}

/// The integer that it is, if it has no fraction.
fn whole(decimal: Decimal) -> Option<i64> {
    decimal.is_integer().then(|| decimal.to_i64())?
}

pub(super) fn decimal(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("decimal", values);
    let decimal = match arguments.value(0) {
        Value::Integer(integer) => Some(Decimal::from(*integer)),
        Value::Decimal(decimal) => Some(*decimal),
        Value::Float(float) => decimal_of(*float),
        Value::String(text) => {
            plain_number(text, DECIMAL, Culture::INVARIANT).and_then(|plain| plain.parse().ok())
        }
        _ => None,
    };
    decimal.map(Value::Decimal).ok_or_else(|| arguments.invalid(NOT_CONVERTIBLE))
}

/// Of a float .NET takes 15 digits.
fn decimal_of(float: f64) -> Option<Decimal> {
    let digits = format!("{float:.14e}").parse().ok()?;
    Decimal::from_f64(digits).map(|decimal| decimal.normalize())
}
