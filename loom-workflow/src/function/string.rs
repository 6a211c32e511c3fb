//! Functions of text, which count in units of UTF-16 as the service does.

use std::fmt::{self, Write};
use std::sync::Arc;

use super::arguments::Arguments;
use super::{Answer, Function, MANY};
use crate::calendar::Culture;
use crate::expression::{Evaluation, Fault};
use crate::value::{Array, Value, fold};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("concat", (1, MANY), concat),
    Function::makes("endsWith", (2, 2), ends_with),
    Function::makes("startsWith", (2, 2), starts_with),
    Function::makes("formatNumber", (2, 3), format_number),
    Function::makes("guid", (0, 1), guid),
    Function::makes("replace", (3, 3), replace),
    Function::makes("split", (2, 2), split),
    Function::makes("toLower", (1, 1), to_lower),
    Function::makes("toUpper", (1, 1), to_upper),
    Function::makes("trim", (1, 1), trim),
    Function::makes("trimByteOrderMark", (1, 1), trim_byte_order_mark),
    Function::makes("utf8Length", (1, 1), utf8_length),
    Function::makes("utf16Length", (1, 1), utf16_length),
];

fn concat(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    joined(evaluation, values)
}

/// The text forms of all, one behind the other.
pub(super) fn joined(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let bytes = values.iter().map(Value::written_bytes).fold(0, u64::saturating_add);
    evaluation.fits(bytes)?;
    match values {
        [Value::String(text)] => return Ok(Value::String(Arc::clone(text))),
        _ if bytes <= SHORT_BYTES as u64 => {
            let mut short = Short { bytes: [0; SHORT_BYTES], length: 0 };
            if values.iter().try_for_each(|value| short.write(value)).is_ok() {
                return Ok(short.text().into());
            }
        }
        _ => {}
    }
    let mut text = String::new();
    for value in values {
        value.write_text(&mut text);
    }
    Ok(text.into())
}

/// Most texts are so short.
const SHORT_BYTES: usize = 256;

/// A text that is put together without memory of its own.
struct Short {
    bytes: [u8; SHORT_BYTES],
    length: usize,
}

impl Short {
    fn write(&mut self, value: &Value) -> fmt::Result {
        match value {
            Value::Null => Ok(()),
            Value::String(text) => self.write_str(text),
            Value::Integer(integer) => write!(self, "{integer}"),
            other => self.write_str(&other.to_text()),
        }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).expect("only text was put in")
    }
}

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Characters that stand for all cases of them.
fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

fn ends_with(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("endsWith", values);
    Ok(folded(arguments.string(0)?).ends_with(&folded(arguments.string(1)?)).into())
}

fn starts_with(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("startsWith", values);
    Ok(folded(arguments.string(0)?).starts_with(&folded(arguments.string(1)?)).into())
}

fn format_number(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("formatNumber", values);
    let number = arguments.value(0);
    if number.to_float().is_none() {
        return Err(arguments.wrong(0, "a number"));
    }
    let format = arguments.string(1)?;
    let culture = culture(&arguments, 2)?.unwrap_or(Culture::EN_US);
    match crate::calendar::format_number(number, format, culture) {
        Some(text) => Ok(text.into()),
        None => Err(arguments.invalid(&format!("The format '{format}' is not valid."))),
    }
}

/// The culture that is named by the argument at `at`, if one is.
pub(super) fn culture(
    arguments: &Arguments<'_>,
    at: usize,
) -> Result<Option<&'static Culture>, Fault> {
    let Some(name) = arguments.optional_string(at)? else {
        return Ok(None);
    };
    match Culture::named(name) {
        Some(culture) => Ok(Some(culture)),
        None => Err(arguments.invalid(&format!("The locale '{name}' is not supported."))),
    }
}

fn guid(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("guid", values);
    let format = match values.first() {
        Some(_) => arguments.string(0)?,
        None => "D",
    };
    let digits = format!("{:032x}", evaluation.scope().guid());
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    let dashed = parts.join("-");
    let text = match format {
        "" | "D" | "d" => dashed,
        "N" | "n" => digits,
        "B" | "b" => format!("{{{dashed}}}"),
        "P" | "p" => format!("({dashed})"),
        _ => {
            let why = "The format must be one of 'D', 'N', 'B' and 'P'.";
            return Err(arguments.invalid(why));
        }
    };
    Ok(text.into())
}

fn replace(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("replace", values);
    let [text, old, new] = [arguments.string(0)?, arguments.string(1)?, arguments.string(2)?];
    if old.is_empty() {
        return Err(arguments.invalid("The text to be replaced must not be empty."));
    }
    let times = text.matches(&**old).count() as u64;
    evaluation.fits(times.saturating_mul(new.len() as u64).saturating_add(text.len() as u64))?;
    Ok(text.replace(&**old, new).into())
}

fn split(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("split", values);
    let [text, separator] = [arguments.string(0)?, arguments.string(1)?];
    if separator.is_empty() {
        return Ok(Array::from(vec![Value::String(Arc::clone(text))]).into());
    }
    evaluation.charge(text.len())?;
    Ok(text.split(&**separator).map(Value::from).collect())
}

fn to_lower(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("toLower", values).string(0)?;
    if text.is_ascii() {
        return Ok(of_ascii(text, str::make_ascii_lowercase));
    }
    let lower = |it: char| {
        let mut lower = it.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(lower), None) => lower,
            _ => it,
        }
    };
    Ok(text.chars().map(lower).collect::<String>().into())
}

/// A changed copy.
fn of_ascii(text: &str, change: fn(&mut str)) -> Value {
    let mut copy: Arc<str> = text.into();
    change(Arc::get_mut(&mut copy).expect("nobody else has the copy"));
    Value::String(copy)
}

fn to_upper(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("toUpper", values).string(0)?;
    if text.is_ascii() {
        return Ok(of_ascii(text, str::make_ascii_uppercase));
    }
    Ok(folded(text).into())
}

fn trim(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Arguments::of("trim", values).string(0)?.trim().into())
}

fn trim_byte_order_mark(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("trimByteOrderMark", values).string(0)?;
    Ok(text.trim_start_matches('\u{feff}').into())
}

fn utf8_length(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let bytes = Arguments::of("utf8Length", values).string(0)?.len();
    Ok(Value::Integer(bytes.cast_signed() as i64))
}

fn utf16_length(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let units = Arguments::of("utf16Length", values).string(0)?.encode_utf16().count();
    Ok(Value::Integer(2 * units.cast_signed() as i64))
}
