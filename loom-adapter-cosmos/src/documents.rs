//! Documents that are replaced as a whole, each in a partition of its own.
//!
//! The client sends a write again whose answer it did not get, and then finds the document that the
//! first one wrote. So every write has an id, kept in the document: whoever loses a race looks
//! whether it was lost to itself.

use std::fmt;
use std::num::NonZero;

use azure_core::Uuid;
use azure_core::http::Etag;
use azure_data_cosmos::FeedScope;
use azure_data_cosmos::Query;
use azure_data_cosmos::clients::ContainerClient;
use azure_data_cosmos::options::{ItemWriteOptions, MaxItemCountHint, Precondition, QueryOptions};
use futures::TryStreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connection::{Answer, Patience};
use crate::error::Failure;
use crate::settings::CosmosSettings;

/// How often a write is tried that others overtake.
pub(crate) const RACES_MAX: usize = 32;
/// The only document of its partition.
const ID: &str = "document";

/// A container of documents.
pub(crate) struct Documents {
    container: ContainerClient,
    patience: Patience,
}

/// What is stored: a body under a key.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Document<T> {
    id: String,
    pk: String,
    /// The write that made it.
    write: String,
    /// After how many seconds the service deletes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(flatten)]
    pub(crate) body: T,
}

/// A document as it was read.
#[derive(Debug)]
pub(crate) struct Found<T> {
    pub(crate) body: T,
    version: Etag,
}

/// What became of a write.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    Yes,
    /// Another document is there.
    Overtaken,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

impl Documents {
    pub(crate) fn new(container: ContainerClient, settings: &CosmosSettings) -> Self {
        Self { container, patience: Patience::new(settings) }
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &str) -> Answer<Option<Found<T>>> {
        Ok(self
            .find::<T>(key)
            .await?
            .map(|(document, version)| Found { body: document.body, version }))
    }

    /// Writes a document over the one that was found, or where none was.
    pub(crate) async fn write<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        found: Option<Found<T>>,
        body: T,
        ttl: Option<u32>,
    ) -> Answer<Written> {
        let write = Uuid::new_v4().simple().to_string();
        let document = Document { id: ID.into(), pk: key.into(), write: write.clone(), ttl, body };
        let pk = key.to_owned();
        let sent = match found {
            None => {
                let create = self.container.create_item(pk, ID, document, None);
                self.patience.with(create).await
            }
            Some(Found { version, .. }) => {
                let options =
                    ItemWriteOptions::default().with_precondition(Precondition::if_match(version));
                let replace = self.container.replace_item(pk, ID, document, Some(options));
                self.patience.with(replace).await
            }
        };
        let Err(failure) = sent else { return Ok(Written::Yes) };
        // A document that is gone is another one than was expected.
        let is_lost = failure.is_lost_race() || failure.is_missing_item();
        if !is_lost && failure.kind() != loom_ports::ErrorKind::Indeterminate {
            return Err(failure);
        }
        match self.find::<T>(key).await {
            Ok(Some((there, _))) if there.write == write => Ok(Written::Yes),
            Ok(_) if is_lost => Ok(Written::Overtaken),
            // It may still arrive.
            Ok(_) => Err(failure),
            Err(_) => Err(Failure::Answered { status: 408, sub_status: 0, is_harmless: false }),
        }
    }

    /// As many documents as fit a query, `limit` at most.
    pub(crate) async fn query<T: DeserializeOwned + Send + 'static>(
        &self,
        query: Query,
        limit: usize,
    ) -> Answer<Vec<T>> {
        let hint = u32::try_from(limit).ok().and_then(NonZero::new);
        let hint = hint.map_or(MaxItemCountHint::ServerDecides, MaxItemCountHint::Limit);
        let options = QueryOptions::default().with_max_item_count(hint);
        let read = async {
            let everywhere = FeedScope::full_container();
            let mut rows =
                self.container.query_items::<Document<T>>(query, everywhere, Some(options)).await?;
            let mut found = Vec::new();
            while found.len() < limit {
                let Some(row) = rows.try_next().await? else { break };
                found.push(row.body);
            }
            Ok(found)
        };
        self.patience.with(read).await
    }

    async fn find<T: DeserializeOwned>(&self, key: &str) -> Answer<Option<(Document<T>, Etag)>> {
        let read = self.container.read_item(key.to_owned(), ID, None);
        let found = match self.patience.with(read).await {
            Ok(found) => found,
            Err(failure) if failure.is_missing_item() => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let version = found.headers().etag().cloned().ok_or(Failure::Corrupt("version"))?;
        let document = found.into_model().map_err(|_| Failure::Corrupt("document"))?;
        Ok(Some((document, version)))
    }
}
