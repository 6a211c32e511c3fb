//! The documents of one space, and the requests for them.

use azure_core::Uuid;
use azure_core::base64;
use azure_data_cosmos::TransactionalBatch;
use bytes::Bytes;
use loom_ports::{Row, RowKey, RowRange, Rows, Space};
use serde::{Deserialize, Serialize};

use super::edition::{self, Current, Edition};
use super::key;
use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{Batched, Items, between};

/// How many rows of a range, and how many of their bytes, one read looks at.
const ROWS_MAX: usize = 500;
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// What requests are counted as.
const PURPOSE: &str = "rows";

/// A space.
#[derive(Clone, Copy)]
pub(super) struct Partition<'a> {
    items: &'a Items,
    space: &'a Space,
}

/// A row as it is stored.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Document {
    id: String,
    pk: String,
    /// The id again, where it is indexed.
    key: String,
    /// In base64. It is its own tag.
    value: String,
}

impl<'a> Partition<'a> {
    pub(super) fn new(items: &'a Items, space: &'a Space) -> Self {
        Self { items, space }
    }

    pub(super) fn name(&self) -> &'a str {
        self.space.as_str()
    }

    pub(super) async fn edition(&self) -> Answer<Option<Current>> {
        let found = self.items.read(PURPOSE, self.name(), edition::ID).await?;
        Ok(found.map(|(edition, version)| Current { edition, version }))
    }

    pub(super) async fn row(&self, key: &RowKey) -> Answer<Option<Row>> {
        let found = self.items.read::<Document>(PURPOSE, self.name(), &key::encode(key)).await?;
        found.map(|(document, _)| document.row()).transpose()
    }

    pub(super) async fn range(&self, range: &RowRange) -> Answer<Rows> {
        let limit = range.limit.min(ROWS_MAX);
        let (from, to) = (key::encode(&range.from), key::encode(&range.to));
        let query = between("key", (&from, &to), range.backwards)?;
        let mut pages =
            self.items.query::<Document>(PURPOSE, Some(self.name()), query, limit + 1).await?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(page) = pages.next().await? {
            for document in page {
                if rows.len() == limit || bytes > BYTES_MAX {
                    return Ok(Rows { rows, more: true });
                }
                let row = document.row()?;
                bytes += row.value.len();
                rows.push(row);
            }
        }
        Ok(Rows { rows, more: false })
    }

    /// Sends so many operations that are carried out together.
    pub(super) async fn write(
        &self,
        operations: usize,
        batch: TransactionalBatch,
    ) -> Answer<Batched> {
        self.items.write(PURPOSE, operations, batch).await
    }

    pub(super) fn document(&self, key: &RowKey, value: &[u8]) -> Document {
        let key = key::encode(key);
        Document { id: key.clone(), pk: self.pk(), key, value: base64::encode(value) }
    }

    pub(super) fn after(&self, before: Option<&Current>, write: Uuid) -> Edition {
        Edition::after(before, self.name(), write)
    }

    fn pk(&self) -> String {
        self.name().to_owned()
    }
}

impl Document {
    fn row(self) -> Answer<Row> {
        let key = key::decode(&self.id).ok_or(Failure::Corrupt("key"))?;
        let value = base64::decode(self.value).map_err(|_| Failure::Corrupt("value"))?;
        let value = Bytes::from(value);
        Ok(Row { key, tag: value.clone(), value })
    }
}
