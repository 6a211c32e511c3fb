//! Values that are too large for memory: as they come, and part by part.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{BlobHead, BlobName, BlobStore};
use crate::PortError;

/// Gives a value part by part, from its beginning to its end.
#[async_trait]
pub trait BlobSource: Debug + Send {
    /// The next part, of any size. `None` after the last one.
    ///
    /// What it fails with is the answer to the call that reads from it.
    async fn next(&mut self) -> Result<Option<Bytes>, PortError>;
}

/// A part of a value that was asked for by its etag.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlobPart {
    /// The part, cut to the value's size.
    Bytes(Bytes),
    /// The value is another one, or there is none any more.
    Changed,
}

/// Reads one value from its beginning to its end, a part of it in memory at a time.
#[derive(Debug)]
pub struct BlobReader {
    store: Arc<dyn BlobStore>,
    head: BlobHead,
    at: u64,
}

impl BlobReader {
    /// Begins to read a value. `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns why the store does not tell.
    pub async fn open(
        store: Arc<dyn BlobStore>,
        name: &BlobName,
    ) -> Result<Option<Self>, PortError> {
        let head = store.head(name).await?;
        Ok(head.map(|head| Self { store, head, at: 0 }))
    }

    /// What is read.
    #[must_use]
    pub fn head(&self) -> &BlobHead {
        &self.head
    }

    /// The next `bytes_max` bytes, or the rest. `None` at the end. After [`BlobPart::Changed`] what
    /// was read is the beginning of a value that is there no more.
    ///
    /// # Errors
    ///
    /// Returns why the store does not give them; they may be asked for again.
    pub async fn next(&mut self, bytes_max: u64) -> Result<Option<BlobPart>, PortError> {
        if self.at >= self.head.size {
            return Ok(None);
        }
        let range = self.at..self.at.saturating_add(bytes_max.max(1));
        let part = self.store.get_part(&self.head.name, &self.head.etag, range).await?;
        if let BlobPart::Bytes(bytes) = &part {
            self.at += bytes.len() as u64;
        }
        Ok(Some(part))
    }
}
