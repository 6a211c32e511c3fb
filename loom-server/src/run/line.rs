//! One line of input: one message to one actor.

use std::fmt::{self, Display};

use bytes::Bytes;
use loom_core::{ActorId, IdempotencyKey, InvalidId, Method, Payload};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A message to one actor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Its line in the input, from 1.
    pub(crate) number: u64,
    pub(crate) to: ActorId,
    pub(crate) method: Method,
    pub(crate) args: Payload,
    /// `None` if the line has none.
    pub(crate) key: Option<IdempotencyKey>,
}

/// A line that is no message.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct BadLine {
    pub(crate) number: u64,
    /// The byte at which it goes wrong, from 1.
    pub(crate) column: usize,
    pub(crate) why: String,
}

impl Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.number, self.column, self.why)
    }
}

// Every value is kept as it is written, so that what is wrong with it can be shown in its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    to: &'a RawValue,
    #[serde(borrow)]
    method: &'a RawValue,
    #[serde(borrow, default)]
    args: Option<&'a RawValue>,
    #[serde(borrow, default)]
    key: Option<&'a RawValue>,
}

impl Line {
    /// Parses a line.
    pub(crate) fn parse(number: u64, bytes: &[u8]) -> Result<Self, BadLine> {
        let place = Place { number, bytes };
        // Serde would take an array as well.
        if let Some(at) = bytes.iter().position(|byte| !byte.is_ascii_whitespace())
            && bytes[at] == b'['
        {
            return Err(place.bad(at + 1, "a message is a JSON object".to_owned()));
        }
        let Written { to, method, args, key } =
            serde_json::from_slice(bytes).map_err(|error| place.not_json(0, &error))?;
        Ok(Self {
            number,
            to: place.id(to, ActorId::parse)?,
            method: place.id(method, Method::parse)?,
            args: args.map_or(Payload::NULL, |args| {
                Payload(Bytes::copy_from_slice(args.get().as_bytes()))
            }),
            key: key.map(|key| place.id(key, IdempotencyKey::parse)).transpose()?,
        })
    }
}

/// Where a line is.
struct Place<'a> {
    number: u64,
    bytes: &'a [u8],
}

impl Place<'_> {
    fn id<T>(
        &self,
        written: &RawValue,
        parse: impl FnOnce(&str) -> Result<T, InvalidId>,
    ) -> Result<T, BadLine> {
        // The value borrows from the line.
        let at = written.get().as_ptr() as usize - self.bytes.as_ptr() as usize;
        let text: String =
            serde_json::from_str(written.get()).map_err(|error| self.not_json(at, &error))?;
        parse(&text).map_err(|error| self.bad(at + 1, error.to_string()))
    }

    fn not_json(&self, at: usize, error: &serde_json::Error) -> BadLine {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let text = error.to_string();
        let why = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        self.bad((at + error.column()).max(1), why)
    }

    fn bad(&self, column: usize, why: String) -> BadLine {
        BadLine { number: self.number, column, why }
    }
}

#[cfg(test)]
mod tests;
