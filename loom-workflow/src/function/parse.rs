//! Functions that make numbers of text.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::Answer;
use super::arguments::Arguments;
use super::string::culture;
use crate::calendar::{Culture, Style, plain_number};
use crate::expression::Evaluation;
use crate::value::{Value, float_text};

const FLOAT: Style = Style { trailing_sign: true, exponent: true, point: true };
const DECIMAL: Style = Style { trailing_sign: true, exponent: false, point: true };
const INTEGER: Style = Style { trailing_sign: false, exponent: false, point: false };
/// What `int` takes: as an integer, or as a decimal whose fraction is nothing.
const WHOLE: Style = Style { trailing_sign: false, exponent: false, point: true };

const NOT_CONVERTIBLE: &str = "The value cannot be converted to the target type.";

fn float_of(text: &str, culture: &Culture) -> Option<f64> {
    if text.trim().eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
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
    Ok(plain.is_some_and(|plain| plain.parse::<i64>().is_ok()).into())
}

pub(super) fn int(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("int", values);
    let integer = match arguments.value(0) {
        Value::Integer(integer) => Some(*integer),
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Decimal(decimal) => whole(*decimal),
        Value::Float(float) => float_text(*float)
            .parse()
            .ok()
            .or_else(|| Decimal::from_scientific(&float_text(*float)).ok().and_then(whole)),
        Value::String(text) => plain_number(text, WHOLE, Culture::INVARIANT)
            .and_then(|plain| plain.parse().ok().or_else(|| whole(plain.parse().ok()?))),
        _ => None,
    };
    integer.map(Value::Integer).ok_or_else(|| arguments.invalid(NOT_CONVERTIBLE))
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
        Value::Float(float) => {
            let text = float_text(*float);
            text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
        }
        Value::String(text) => {
            plain_number(text, DECIMAL, Culture::INVARIANT).and_then(|plain| plain.parse().ok())
        }
        _ => None,
    };
    decimal.map(Value::Decimal).ok_or_else(|| arguments.invalid(NOT_CONVERTIBLE))
}
