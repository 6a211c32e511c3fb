//! Functions that make one kind of value of another.

use std::sync::Arc;

use super::arguments::{Arguments, usage};
use super::string::joined;
use super::{Answer, Function, MANY, parse};
use crate::expression::{Evaluation, Fault};
use crate::value::{Array, Envelope, JsonTextError, Value, from_base64, to_base64};
use crate::xml;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("array", (1, 1), array),
    Function::makes("createArray", (1, MANY), array),
    Function::makes("base64", (1, 1), base64),
    Function::makes("base64ToBinary", (1, 1), base64_to_binary),
    Function::makes("base64ToString", (1, 1), base64_to_string),
    Function::makes("decodeBase64", (1, 1), decode_base64),
    Function::makes("binary", (1, 1), binary),
    Function::makes("bool", (1, 1), boolean),
    Function::makes("decimal", (1, 1), parse::decimal),
    Function::makes("float", (1, 2), parse::float),
    Function::makes("int", (1, 1), parse::int),
    Function::makes("isFloat", (1, 2), parse::is_float),
    Function::makes("isInt", (1, 1), parse::is_int),
    Function::makes("json", (1, 1), json),
    Function::makes("string", (1, 1), string),
];

/// Of one argument: `array`. Of many: `createArray`.
#[expect(clippy::unnecessary_wraps, reason = "as functions are")]
fn array(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Array::from(values.to_vec()).into())
}

fn base64(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("base64", values);
    if let Some(envelope) = Envelope::of(arguments.value(0)) {
        return Ok(to_base64(envelope.bytes).into());
    }
    Ok(to_base64(&**arguments.string(0)?).into())
}

/// The bytes of a text in base64.
pub(super) fn decoded(arguments: &Arguments<'_>, text: &str) -> Result<Vec<u8>, Fault> {
    let why = "The value cannot be decoded from base64 representation.";
    from_base64(text).ok_or_else(|| arguments.invalid(why))
}

fn base64_to_binary(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("base64ToBinary", values);
    let text = arguments.string(0)?;
    decoded(&arguments, text)?;
    Ok(Envelope::of_base64(Envelope::BINARY, Arc::clone(text)))
}

fn base64_to_string(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    text_of_base64(&Arguments::of("base64ToString", values))
}

fn decode_base64(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    text_of_base64(&Arguments::of("decodeBase64", values))
}

fn text_of_base64(arguments: &Arguments<'_>) -> Answer {
    let bytes = decoded(arguments, arguments.string(0)?)?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

fn binary(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("binary", values);
    let bytes = match arguments.value(0) {
        Value::Null => {
            return Err(arguments.invalid("The value cannot be converted to the target type."));
        }
        value => {
            evaluation.fits(value.written_bytes().saturating_mul(4) / 3)?;
            let bytes = Envelope::of(value).map(|envelope| envelope.bytes);
            bytes.unwrap_or_else(|| value.to_text().as_bytes().to_vec())
        }
    };
    Ok(Envelope::binary(bytes).into())
}

fn boolean(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("bool", values);
    let value = arguments.value(0);
    let answer = match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        number => number.to_float().map(|number| number != 0.0),
    };
    let why = "The value cannot be converted to the target type.";
    answer.map(Value::Bool).ok_or_else(|| arguments.invalid(why))
}

fn json(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("json", values);
    let value = arguments.value(0);
    let envelope = Envelope::of(value);
    evaluation.charge(usize::try_from(value.written_bytes() / 16).unwrap_or(usize::MAX))?;
    let text = match &envelope {
        Some(envelope) if envelope.is_xml() => {
            let document = xml::read_content(envelope);
            let document = document.map_err(|why| arguments.invalid(&why))?;
            return Ok(xml::to_json(&document));
        }
        Some(envelope) => Arc::from(envelope.text()),
        None => match value {
            Value::String(text) => Arc::clone(text),
            _ => return Err(arguments.wrong(0, "a string or an XML")),
        },
    };
    Value::from_json_text(&text).map_err(|why| unreadable(&text, &why))
}

fn unreadable(text: &str, why: &JsonTextError) -> Fault {
    let beginning: String = text.chars().take(200).collect();
    Fault::new(format!(
        "The template language function 'json' parameter is not valid. The provided value \
         '{beginning}' cannot be parsed: '{why}'. {}",
        usage("json")
    ))
}

fn string(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    joined(evaluation, values)
}
