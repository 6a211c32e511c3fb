//! Values as text and as JSON text.

use std::fmt::Write;

use super::number::write_float;
use super::{Envelope, Value};

impl Value {
    /// Appends the text form.
    pub(crate) fn write_text(&self, out: &mut String) {
        match self {
            Self::Null => {}
            Self::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
            Self::Integer(value) => write_display(value, out),
            Self::Float(value) => write_float(*value, out),
            Self::Decimal(value) => write_display(value, out),
            Self::String(text) => out.push_str(text),
            Self::Array(_) => write_json(self, out),
            Self::Object(object) => match Envelope::open(object) {
                Some(envelope) => out.push_str(&envelope.text()),
                None => write_json(self, out),
            },
        }
    }
}

/// Appends compact JSON.
pub(crate) fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => write_display(value, out),
        Value::Float(float) if !float.is_finite() => {
            out.push('"');
            write_float(*float, out);
            out.push('"');
        }
        Value::Float(float) => {
            let from = out.len();
            write_float(*float, out);
            keep_point(from, out);
        }
        Value::Decimal(value) => {
            let from = out.len();
            write_display(value, out);
            keep_point(from, out);
        }
        Value::String(text) => write_quoted(text, out),
        Value::Array(array) => {
            out.push('[');
            for (at, item) in array.iter().enumerate() {
                separate(at, out);
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (at, (name, value)) in object.iter().enumerate() {
                separate(at, out);
                write_quoted(name, out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn separate(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

fn write_display(value: impl std::fmt::Display, out: &mut String) {
    write!(out, "{value}").expect("text takes everything");
}

/// A number that is no integer is not written as one.
fn keep_point(from: usize, out: &mut String) {
    if !out[from..].contains(['.', 'E']) {
        out.push_str(".0");
    }
}

fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("text takes everything");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
