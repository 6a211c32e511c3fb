//! Documents that are replaced as a whole, each in a partition of its own.
//!
//! The client sends a write again whose answer it did not get, and then finds the document that the
//! first one wrote. So every write has an id, kept in the document: whoever loses a race looks
//! whether it was lost to itself.

use azure_core::Uuid;
use azure_core::http::Etag;
use azure_data_cosmos::Query;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connection::Answer;
use crate::error::Failure;
use crate::items::{Items, Over};

/// How often a write is tried that others overtake.
pub(crate) const RACES_MAX: usize = 32;
/// The only document of its partition.
const ID: &str = "document";

/// A container of documents.
#[derive(Debug)]
pub(crate) struct Documents {
    items: Items,
    /// What requests are counted as.
    purpose: &'static str,
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

impl Documents {
    pub(crate) fn new(items: Items, purpose: &'static str) -> Self {
        Self { items, purpose }
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, key: &str) -> Answer<Option<Found<T>>> {
        Ok(self
            .find::<T>(key)
            .await?
            .map(|(document, version)| Found { body: document.body, version }))
    }

    /// Writes a document over the one that was found, or where none was.
    pub(crate) async fn write<T: Serialize + DeserializeOwned + Send>(
        &self,
        key: &str,
        found: Option<Found<T>>,
        body: T,
        ttl: Option<u32>,
    ) -> Answer<Written> {
        let write = Uuid::new_v4().simple().to_string();
        let document = Document { id: ID.into(), pk: key.into(), write: write.clone(), ttl, body };
        let over = found.map_or(Over::Nothing, |found| Over::Version(found.version));
        let sent = self.items.put(self.purpose, key, (ID, document), over).await;
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
        let pages = self.items.query::<Document<T>>(self.purpose, None, query, limit).await?;
        Ok(pages.take(limit).await?.into_iter().map(|document| document.body).collect())
    }

    async fn find<T: DeserializeOwned>(&self, key: &str) -> Answer<Option<(Document<T>, Etag)>> {
        self.items.read(self.purpose, key, ID).await
    }
}
