//! Port: large values.

mod parts;

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{InvalidId, MESSAGE_ID_BYTES_MAX};

use crate::{Cursor, Page, PortError};

pub use parts::{BlobPart, BlobReader, BlobSource};

/// Stores values by name. Readers see a value whole or not at all, never a part of a put.
#[async_trait]
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Stores a value if `put.condition` holds.
    ///
    /// After an indeterminate failure, compare [`BlobHead::etag`] before putting again; the
    /// same bytes have the same etag, under any name.
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError>;

    /// Stores a value as it comes, with a part of it in memory at a time, if `condition` holds at
    /// its end. Else as [`put`](Self::put): the value is there whole or not at all, and if the
    /// source fails, not at all.
    ///
    /// What is not carried out because others wrote meanwhile is `Unavailable`, and may be done
    /// again with a new source.
    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError>;

    /// Reads the part of a value that lies in `range`, cut to the value's size, if the value has
    /// this etag. All parts that are read with one etag are of one value.
    async fn get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError>;

    /// Reads a value, or the part of it that lies in `range`. `None` if there is none.
    ///
    /// The range is cut to the value's size; a range that begins at or after its end is empty.
    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError>;

    /// What is known of a value without reading it.
    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError>;

    /// Values whose names begin with `prefix`, in the order of their names, byte by byte.
    ///
    /// What is stored from the first page to the last is in one of them, whatever is put or
    /// deleted in between.
    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError>;

    /// Removes a value. `false` if there was none. May be repeated.
    async fn delete(&self, name: &BlobName) -> Result<bool, PortError>;
}

/// Names a value: 1 to 512 bytes of UTF-8 without control characters, segments separated by
/// `/`, none of them empty, `.` or `..`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BlobName(Box<str>);

impl BlobName {
    /// Parses a name.
    ///
    /// # Errors
    ///
    /// Returns the first rule that `raw` breaks.
    pub fn parse(raw: &str) -> Result<Self, InvalidId> {
        let what = "blob name";
        if raw.is_empty() {
            return Err(InvalidId::Empty { what });
        }
        if raw.len() > MESSAGE_ID_BYTES_MAX {
            let (bytes, max) = (raw.len(), MESSAGE_ID_BYTES_MAX);
            return Err(InvalidId::TooLong { what, bytes, max });
        }
        let forbidden = |at, found, rule| Err(InvalidId::Forbidden { what, found, at, rule });
        if let Some((at, found)) = raw.char_indices().find(|(_, c)| c.is_control()) {
            return forbidden(at, found, "control characters are not allowed");
        }
        let mut at = 0;
        for segment in raw.split('/') {
            if matches!(segment, "" | "." | "..") {
                let found = segment.chars().next().unwrap_or('/');
                return forbidden(at, found, "no segment may be empty, '.' or '..'");
            }
            at += segment.len() + 1;
        }
        Ok(Self(raw.into()))
    }

    /// The name as it was parsed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for BlobName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value to store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Put {
    /// The value.
    pub bytes: Bytes,
    /// When to store it.
    pub condition: PutCondition,
}

/// When to store a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PutCondition {
    /// In any case.
    Always,
    /// If there is none of the name.
    IfAbsent,
    /// If the one that is there has this etag.
    IfMatch(String),
}

/// What became of a put.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PutOutcome {
    /// It is stored.
    Stored(BlobHead),
    /// The condition did not hold. What is there, if anything is.
    Refused(Option<BlobHead>),
}

/// What is known of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BlobHead {
    /// Its name.
    pub name: BlobName,
    /// Its size in bytes.
    pub size: u64,
    /// Changes when the value does.
    pub etag: String,
}

const _: fn(&dyn BlobStore) = |_| {};
