//! Port: sorted rows. What the small stores are made of.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::Timestamp;

use crate::PortError;

/// The most rows that one [`RowWrite`] expects and changes. No backend takes more at once.
pub const ROWS_PER_WRITE_MAX: usize = 99;

/// The most bytes of one row. No backend takes more.
pub const ROW_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;

/// The most bytes of all values that one [`RowWrite`] puts together. No backend takes more.
pub const ROW_WRITE_BYTES_MAX: usize = ROW_BYTES_MAX + 128 * 1024;

/// The most bytes of a key: two ids, and what belongs between them.
pub const ROW_KEY_BYTES_MAX: usize = 700;

/// Keeps rows in spaces, sorted by their keys, byte by byte.
///
/// Stores that are small and asked seldom (definitions, traces, the registry, configuration,
/// secrets, graphs) are written once, over this port, in `loom-rows`. A backend that keeps this
/// promise has them all. A read after a write that was answered sees it.
#[async_trait]
pub trait RowStore: Debug + Send + Sync + 'static {
    /// Reads parts of a space, all as of one moment, and in their order.
    ///
    /// A part that is a range may be answered with fewer rows than were asked for, though with
    /// one at least if there is one, and says whether more follow.
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError>;

    /// Makes all changes of a write if every row is as the write expects it, and else none.
    ///
    /// It is answered once the changes, and the rows that it expects, are as durable as the store
    /// makes anything; so a write without changes confirms what was read. After an indeterminate
    /// failure all were made or none. A write that [adds](RowChange::Add)
    /// must expect a row that it changes, or it is not harmless to repeat. More rows or bytes than
    /// the constants of this module allow are `Invalid`.
    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError>;

    /// A number that is another one whenever a write that changes something is answered. Who
    /// finds the one that was there before a read knows that it would read the same again.
    ///
    /// `None` for a store that others write to as well: there only reading tells.
    fn revision(&self) -> Option<u64> {
        None
    }
}

/// Rows that are read and written together. On a cluster they lie on one node.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Space(Box<str>);

impl Space {
    /// The only space of its kind.
    #[must_use]
    pub fn named(kind: &'static str) -> Self {
        Self(kind.into())
    }

    /// The space of a kind that belongs to `id`, which must be an id: short, and without control
    /// characters.
    #[must_use]
    pub fn of(kind: &'static str, id: &str) -> Self {
        Self(format!("{kind}/{id}").into())
    }

    /// The name of the space.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of a row, put together from parts that sort as what they stand for.
///
/// Texts end with a zero byte, which no id holds, so that an id which is the beginning of another
/// one never mixes with it. Numbers are big-endian.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RowKey(Vec<u8>);

impl RowKey {
    /// The beginning of the keys of a table.
    #[must_use]
    pub fn of(table: u8) -> Self {
        Self(vec![table])
    }

    /// A key whose bytes came from a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds bytes as they are. Must be the last part, or say themselves where they end.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first key after all that begin with this one.
    #[must_use]
    pub fn end(&self) -> Self {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                break;
            }
        }
        Self(end)
    }

    /// The first key after this one.
    #[must_use]
    pub fn next(&self) -> Self {
        self.clone().raw(&[0])
    }
}

impl Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// What to read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RowPart {
    /// The row of a key, if there is one.
    Row(RowKey),
    /// Rows one after the other.
    Range(RowRange),
}

/// Rows from one key to another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowRange {
    /// The first key.
    pub from: RowKey,
    /// The first key after them all.
    pub to: RowKey,
    /// The most rows to answer with.
    pub limit: usize,
    /// Begins with the last ones.
    pub backwards: bool,
}

impl RowRange {
    /// The first `limit` rows whose keys begin with `prefix`.
    #[must_use]
    pub fn of(prefix: &RowKey, limit: usize) -> Self {
        Self { from: prefix.clone(), to: prefix.end(), limit, backwards: false }
    }
}

/// What was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowReading {
    /// The answer to each part, in their order.
    pub parts: Vec<Rows>,
    /// The time of the store: that of its own clock, on which all its callers agree, or, if it
    /// has none, the time that came with the request.
    pub now: Timestamp,
}

/// The answer to one part.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Rows {
    /// In the order that was asked for.
    pub rows: Vec<Row>,
    /// More follow in the range.
    pub more: bool,
}

/// A key with its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Its place.
    pub key: RowKey,
    /// What it holds.
    pub value: Bytes,
    /// Stands for the value in a [`RowExpected`]: a row that holds another has another.
    pub tag: Bytes,
}

/// Changes that are made together or not at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowWrite {
    /// Rows that must be as they were read.
    pub expected: Vec<RowExpected>,
    /// What to change, in this order. Of no row twice.
    pub changes: Vec<RowChange>,
}

/// A row that must be as it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowExpected {
    /// Which row.
    pub key: RowKey,
    /// The [tag](Row::tag) that it was read with; `None` if there was no row.
    pub tag: Option<Bytes>,
}

/// A change of one row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RowChange {
    /// The row holds this from now on, whatever it held.
    Put(RowKey, Bytes),
    /// There is no such row any more.
    Remove(RowKey),
    /// Adds to the number that the row holds, as decimal digits; a row that is not there holds 0.
    Add(RowKey, i64),
}

impl RowChange {
    /// The row that it changes.
    #[must_use]
    pub fn key(&self) -> &RowKey {
        match self {
            Self::Put(key, _) | Self::Remove(key) | Self::Add(key, _) => key,
        }
    }
}

impl RowWrite {
    /// What makes it more than any backend takes, if anything does.
    #[must_use]
    pub fn excess(&self) -> Option<&'static str> {
        let keys = self.expected.iter().map(|expected| &expected.key);
        let mut keys = keys.chain(self.changes.iter().map(RowChange::key));
        let bytes = |change: &RowChange| match change {
            RowChange::Put(_, value) => value.len(),
            RowChange::Remove(_) | RowChange::Add(..) => 0,
        };
        if self.expected.len() + self.changes.len() > ROWS_PER_WRITE_MAX {
            return Some("a write has too many rows");
        }
        if keys.any(|key| key.0.len() > ROW_KEY_BYTES_MAX) {
            return Some("the key of a row is too long");
        }
        if self.changes.iter().map(bytes).any(|bytes| bytes > ROW_BYTES_MAX) {
            return Some("a row is too large");
        }
        let sum: usize = self.changes.iter().map(bytes).sum();
        (sum > ROW_WRITE_BYTES_MAX).then_some("the rows of a write are too large together")
    }
}

/// What became of a write.
#[must_use = "a conflict means that nothing was written"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowWritten {
    /// All changes were made.
    Done,
    /// A row is not as it was expected.
    Conflict,
}

const _: fn(&dyn RowStore) = |_| {};
