//! From nodes to text.

use std::fmt::{Display, Formatter, Result};

use super::{Access, Node};
use crate::value::{Value, float_text};

/// Text that gives the same expression when it is read.
impl Display for Node {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Literal(value) => literal(value, out),
            Self::Call(call) => {
                write!(out, "{}(", call.callee.name())?;
                for (at, argument) in call.arguments.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(out, "{comma}{argument}")?;
                }
                out.write_str(")")?;
                call.accesses.iter().try_for_each(|Access { key, optional }| {
                    let mark = if *optional { "?" } else { "" };
                    write!(out, "{mark}[{key}]")
                })
            }
            Self::Embedded(_) => out.write_str("..."),
        }
    }
}

fn literal(value: &Value, out: &mut Formatter<'_>) -> Result {
    match value {
        Value::String(text) => write!(out, "'{}'", text.replace('\'', "''")),
        Value::Float(float) => {
            let text = float_text(*float);
            let point = if text.contains(['.', 'E']) { "" } else { ".0" };
            write!(out, "{text}{point}")
        }
        Value::Bool(value) => write!(out, "{value}"),
        Value::Null => out.write_str("null"),
        other => out.write_str(&other.to_text()),
    }
}
