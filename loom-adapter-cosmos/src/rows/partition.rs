//! The documents of one space, and the requests for them.

use std::num::NonZero;

use azure_core::Uuid;
use azure_core::base64;
use azure_core::http::Etag;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::models::TransactionalBatchOperationResult;
use azure_data_cosmos::options::{MaxItemCountHint, QueryOptions};
use azure_data_cosmos::{FeedScope, Query, TransactionalBatch};
use bytes::Bytes;
use futures::TryStreamExt as _;
use loom_ports::{Row, RowKey, RowRange, Rows, Space};
use serde::{Deserialize, Serialize};

use super::edition::{self, Current, Edition};
use super::key;
use crate::connection::{Answer, Patience};
use crate::error::Failure;

/// How many rows of a range, and how many of their bytes, one read looks at.
const ROWS_MAX: usize = 500;
const BYTES_MAX: usize = 4 * 1024 * 1024;
const FORWARDS: &str = "SELECT * FROM c WHERE c.key >= @from AND c.key < @to ORDER BY c.key";
const BACKWARDS: &str = "SELECT * FROM c WHERE c.key >= @from AND c.key < @to ORDER BY c.key DESC";

/// A space.
#[derive(Clone, Copy)]
pub(super) struct Partition<'a> {
    container: &'a ContainerClient,
    patience: Patience,
    space: &'a Space,
}

/// What is said of a batch.
#[derive(Debug)]
pub(super) struct Said {
    /// Of each operation.
    pub(super) statuses: Vec<u16>,
    /// The version that the first operation made.
    pub(super) version: Option<Etag>,
    /// It was sent once, so that what is said is all there is to know.
    pub(super) is_sent_once: bool,
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
    pub(super) fn new(
        container: &'a ContainerClient,
        patience: Patience,
        space: &'a Space,
    ) -> Self {
        Self { container, patience, space }
    }

    pub(super) fn name(&self) -> &'a str {
        self.space.as_str()
    }

    pub(super) async fn edition(&self) -> Answer<Option<Current>> {
        let read = self.container.read_item(self.pk(), edition::ID, None);
        let found = match self.patience.with(read).await {
            Ok(found) => found,
            Err(failure) if failure.is_missing_item() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let version = found.headers().etag().cloned().ok_or(Failure::Corrupt("version"))?;
        let edition = found.into_model().map_err(|_| Failure::Corrupt("edition"))?;
        Ok(Some(Current { edition, version }))
    }

    pub(super) async fn row(&self, key: &RowKey) -> Answer<Option<Row>> {
        let id = key::encode(key);
        let read = self.container.read_item(self.pk(), &id, None);
        match self.patience.with(read).await {
            Ok(found) => {
                let document = found.into_model::<Document>();
                document.map_err(|_| Failure::Corrupt("row"))?.row().map(Some)
            }
            Err(failure) if failure.is_missing_item() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    pub(super) async fn range(&self, range: &RowRange) -> Answer<Rows> {
        let limit = range.limit.min(ROWS_MAX);
        let asked = if range.backwards { BACKWARDS } else { FORWARDS };
        let asked = Query::from(asked)
            .with_parameter("@from", key::encode(&range.from))
            .and_then(|asked| asked.with_parameter("@to", key::encode(&range.to)))?;
        let hint = u32::try_from(limit + 1).ok().and_then(NonZero::new);
        let hint = hint.map_or(MaxItemCountHint::ServerDecides, MaxItemCountHint::Limit);
        let options = QueryOptions::default().with_max_item_count(hint);
        let (mut rows, mut more, mut bytes) = (Vec::new(), false, 0);
        let mut found = {
            let scope = FeedScope::partition(self.pk());
            let query = self.container.query_items::<Document>(asked, scope, Some(options));
            self.patience.with(query).await?
        };
        // Each page has the time of a request, however many there are.
        while let Some(document) = self.patience.with(found.try_next()).await? {
            if rows.len() == limit || bytes > BYTES_MAX {
                more = true;
                break;
            }
            let row = document.row()?;
            bytes += row.value.len();
            rows.push(row);
        }
        Ok(Rows { rows, more })
    }

    /// Sends operations that are carried out together, and returns what is said of each.
    pub(super) async fn batch(&self, batch: TransactionalBatch) -> Answer<Said> {
        let answer = self.container.execute_transactional_batch(batch, None);
        let answer = self.patience.with(answer).await?;
        let is_sent_once = answer.diagnostics().request_count() == 1;
        let answer = answer.into_model().map_err(|_| Failure::Corrupt("answer to a batch"))?;
        let results = answer.results();
        let statuses = results.iter().map(TransactionalBatchOperationResult::status_code).collect();
        let version = results.first().and_then(TransactionalBatchOperationResult::etag);
        Ok(Said { statuses, version: version.map(Etag::from), is_sent_once })
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
