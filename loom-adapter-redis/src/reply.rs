//! Answers of the server, taken apart.

use bytes::Bytes;
use redis::Value;

use crate::error::Failure;

/// The parts of an array, in order.
pub(crate) struct Parts(std::vec::IntoIter<Value>);

impl Parts {
    pub(crate) fn of(value: Value) -> Result<Self, Failure> {
        match value {
            Value::Array(parts) | Value::Set(parts) => Ok(Self(parts.into_iter())),
            Value::Nil => Ok(Self(Vec::new().into_iter())),
            _ => Err(strange("array")),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<Bytes, Failure> {
        bytes(self.value()?)
    }

    pub(crate) fn text(&mut self) -> Result<String, Failure> {
        text(self.value()?)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Failure> {
        number(self.value()?)
    }

    pub(crate) fn parts(&mut self) -> Result<Self, Failure> {
        Self::of(self.value()?)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    fn value(&mut self) -> Result<Value, Failure> {
        self.0.next().ok_or_else(|| strange("shorter array"))
    }
}

pub(crate) fn bytes(value: Value) -> Result<Bytes, Failure> {
    match value {
        Value::BulkString(bytes) => Ok(bytes.into()),
        Value::SimpleString(text) => Ok(text.into()),
        Value::Okay => Ok(Bytes::from_static(b"OK")),
        Value::Int(number) => Ok(number.to_string().into()),
        _ => Err(strange("string")),
    }
}

/// Nothing, or bytes.
pub(crate) fn maybe(value: Value) -> Result<Option<Bytes>, Failure> {
    if value == Value::Nil { Ok(None) } else { bytes(value).map(Some) }
}

pub(crate) fn text(value: Value) -> Result<String, Failure> {
    String::from_utf8(bytes(value)?.to_vec()).map_err(|_| strange("text"))
}

pub(crate) fn number(value: Value) -> Result<u64, Failure> {
    match value {
        Value::Int(number) => u64::try_from(number).map_err(|_| strange("count")),
        value => text(value)?.parse().map_err(|_| strange("number")),
    }
}

/// Eight bytes of a member as a number, and what follows them.
pub(crate) fn split_number(bytes: &[u8]) -> Result<(u64, &[u8]), Failure> {
    let (number, rest) = bytes.split_first_chunk().ok_or(Failure::Corrupt("member"))?;
    Ok((u64::from_be_bytes(*number), rest))
}

/// A script and its caller do not fit together, or somebody else wrote to the keys.
pub(crate) fn strange(what: &'static str) -> Failure {
    Failure::Corrupt(what)
}
