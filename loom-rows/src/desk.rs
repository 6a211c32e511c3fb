//! How the stores of this crate read and change rows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_core::Timestamp;
use loom_ports::{
    Cursor, ErrorKind, PortError, Row, RowChange, RowExpected, RowKey, RowPart, RowRange,
    RowReading, RowStore, RowWrite, RowWritten, Rows, Space,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often a change is decided anew because somebody else was faster.
const ATTEMPTS_MAX: usize = 200;

/// Why a port's method failed above its rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("a stored {0} cannot be decoded")]
    Row(&'static str),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Rows(PortError),
}

impl Broken {
    pub(crate) fn at(self, operation: &'static str) -> PortError {
        match self {
            Self::Row(_) => PortError::new(ErrorKind::Corrupt, operation).with_source(self),
            Self::Invalid(_) => PortError::new(ErrorKind::Invalid, operation).with_source(self),
            Self::Rows(error) => PortError::new(error.kind(), operation).with_source(error),
        }
    }
}

impl From<PortError> for Broken {
    fn from(error: PortError) -> Self {
        Self::Rows(error)
    }
}

/// What is to be done about what was read.
pub(crate) struct Decision<T> {
    /// The answer, once the changes are made.
    pub(crate) answer: T,
    pub(crate) changes: Vec<RowChange>,
}

impl<T> Decision<T> {
    pub(crate) fn nothing(answer: T) -> Self {
        Self { answer, changes: Vec::new() }
    }
}

/// Rows of one space, for one store.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    rows: Arc<dyn RowStore>,
}

impl Desk {
    pub(crate) fn new(rows: Arc<dyn RowStore>) -> Self {
        Self { rows }
    }

    pub(crate) fn revision(&self) -> Option<u64> {
        self.rows.revision()
    }

    pub(crate) async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, Broken> {
        let reading = self.rows.read(space, parts, now).await?;
        if reading.parts.len() != parts.len() {
            return Err(Broken::Row("answer"));
        }
        Ok(reading)
    }

    pub(crate) async fn row(&self, space: &Space, key: RowKey) -> Result<Option<Row>, Broken> {
        let mut reading = self.read(space, &[RowPart::Row(key)], Timestamp::EPOCH).await?;
        Ok(reading.parts.remove(0).rows.pop())
    }

    pub(crate) async fn range(&self, space: &Space, range: RowRange) -> Result<Rows, Broken> {
        let mut reading = self.read(space, &[RowPart::Range(range)], Timestamp::EPOCH).await?;
        Ok(reading.parts.remove(0))
    }

    /// Reads rows and decides what to change, anew as long as one of them is changed meanwhile.
    ///
    /// The rows are those of `keys`, in their order. Only those that are put or removed are
    /// expected to be as they were, so others must not matter once they have been read.
    pub(crate) async fn decide<T>(
        &self,
        space: &Space,
        keys: &[RowKey],
        now: Timestamp,
        decide: impl Fn(&[Option<Row>], Timestamp) -> Result<Decision<T>, Broken> + Send + Sync,
    ) -> Result<T, Broken> {
        let parts: Vec<_> = keys.iter().cloned().map(RowPart::Row).collect();
        for _ in 0..ATTEMPTS_MAX {
            let reading = self.read(space, &parts, now).await?;
            let now = reading.now;
            let rows: Vec<_> = reading.parts.into_iter().map(|mut part| part.rows.pop()).collect();
            let Decision { answer, changes } = decide(&rows, now)?;
            let mut expected = expect(keys, &rows);
            if changes.is_empty() {
                // What an answer is about must be as durable as if this call had written it.
                expected.retain(|row| row.tag.is_some());
                if expected.is_empty() {
                    return Ok(answer);
                }
            } else {
                let is_put = |key: &RowKey| {
                    let mut changes = changes.iter();
                    changes
                        .any(|change| change.key() == key && !matches!(change, RowChange::Add(..)))
                };
                expected.retain(|row| is_put(&row.key));
            }
            if self.write(space, expected, changes).await? {
                return Ok(answer);
            }
        }
        Err(contended())
    }

    /// Whether the changes were made.
    pub(crate) async fn write(
        &self,
        space: &Space,
        expected: Vec<RowExpected>,
        changes: Vec<RowChange>,
    ) -> Result<bool, Broken> {
        let written = self.rows.write(space, RowWrite { expected, changes }).await?;
        Ok(written == RowWritten::Done)
    }
}

/// Others were faster again and again.
pub(crate) fn contended() -> Broken {
    let after = Duration::from_millis(20);
    PortError::new(ErrorKind::Throttled { after }, "write").into()
}

/// The rows of `keys` as they were read.
pub(crate) fn expect(keys: &[RowKey], rows: &[Option<Row>]) -> Vec<RowExpected> {
    let tag = |row: &Option<Row>| row.as_ref().map(|row| row.tag.clone());
    let expected = |(key, row): (&RowKey, _)| RowExpected { key: key.clone(), tag: tag(row) };
    keys.iter().zip(rows).map(expected).collect()
}

/// Where a page begins: at the cursor, which must be within `prefix`.
pub(crate) fn start(prefix: &RowKey, from: Option<&Cursor>) -> Result<RowKey, Broken> {
    match from {
        Some(Cursor(from)) if from.starts_with(prefix.as_bytes()) => Ok(RowKey::from_bytes(from)),
        Some(_) => Err(Broken::Invalid("the cursor is of another question".into())),
        None => Ok(prefix.clone()),
    }
}

/// The rest of what begins with `prefix`, from the cursor on.
pub(crate) fn rest(
    prefix: &RowKey,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<RowRange, Broken> {
    Ok(RowRange { from: start(prefix, from)?, to: prefix.end(), limit, backwards: false })
}

/// Where the page after these rows begins, which are the first of `range`.
pub(crate) fn next(rows: &Rows, range: &RowRange) -> Option<Cursor> {
    // If none were asked for, it begins where this one did.
    let next = || rows.rows.last().map_or_else(|| range.from.clone(), |row| row.key.next());
    rows.more.then(|| Cursor(Bytes::copy_from_slice(next().as_bytes())))
}

pub(crate) fn encode<T: Serialize>(row: &T) -> Bytes {
    rmp_serde::to_vec(row).expect("rows are structs of ids, numbers and bytes").into()
}

/// `what` names the row for people.
pub(crate) fn decode<T: DeserializeOwned>(what: &'static str, raw: &[u8]) -> Result<T, Broken> {
    rmp_serde::from_slice(raw).map_err(|_| Broken::Row(what))
}

/// Refuses what is too large. `what` names it for people.
pub(crate) fn within(bytes: &[u8], max: usize, what: &str) -> Result<(), Broken> {
    if bytes.len() <= max {
        return Ok(());
    }
    Err(Broken::Invalid(format!("{what} is {} bytes, more than {max}", bytes.len())))
}

/// The number that a row holds as digits; below 0 it is 0.
pub(crate) fn number(row: &Row) -> Result<u64, Broken> {
    let parse = std::str::from_utf8(&row.value).ok().and_then(|text| text.parse::<i64>().ok());
    parse.map(|count| u64::try_from(count).unwrap_or(0)).ok_or(Broken::Row("number"))
}

pub(crate) fn put<T: Serialize>(key: RowKey, row: &T) -> RowChange {
    RowChange::Put(key, encode(row))
}

/// Takes a key apart in the order in which it was put together.
pub(crate) struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts after `prefix`.
    pub(crate) fn after(prefix: &RowKey, key: &'a RowKey) -> Result<Self, Broken> {
        let rest = key.as_bytes().strip_prefix(prefix.as_bytes()).ok_or(Broken::Row("key"))?;
        Ok(Self { rest })
    }

    pub(crate) fn number(&mut self) -> Result<u64, Broken> {
        let (number, rest) = self.rest.split_first_chunk().ok_or(Broken::Row("key"))?;
        self.rest = rest;
        Ok(u64::from_be_bytes(*number))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Broken> {
        let end = self.rest.iter().position(|&byte| byte == 0).ok_or(Broken::Row("key"))?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        std::str::from_utf8(text).map_err(|_| Broken::Row("key"))
    }
}
