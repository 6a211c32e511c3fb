//! [`BlobStore`] over the block blobs of one container.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, Page, PortError, Put,
    PutCondition, PutOutcome,
};

use azure_storage_blob::models::{BlobItem, ListBlobsResponse};

use crate::attempts::Answer;
use crate::connection::{Connection, VALUE_BYTES_MAX};
use crate::content::{Content, Found};
use crate::error::{Failure, OpenError};
use crate::name::decode;
use crate::opening::open;
use crate::put::{Body, Putting};
use crate::settings::AzureBlobSettings;
use crate::streaming;

/// A container of Azure Blob Storage.
///
/// A name has 254 segments at most, and a value 5,000 MiB; what has more is refused. Values that
/// others put into the container are listed if their names could be ours, and have etags of their
/// own.
#[derive(Debug)]
pub struct AzureBlobStore {
    connection: Connection,
}

impl AzureBlobStore {
    /// Opens a container, creating it if the settings say so.
    ///
    /// # Errors
    ///
    /// Returns what the user has to know, with its code. Waits no longer than the timeouts say.
    pub async fn open(settings: AzureBlobSettings) -> Result<Self, OpenError> {
        Ok(Self { connection: open(settings).await? })
    }

    async fn try_get(&self, name: &BlobName, range: Option<Range<u64>>) -> Answer<Option<Bytes>> {
        let range = match range {
            Some(range) if range.is_empty() || range.start > VALUE_BYTES_MAX as u64 => {
                let found = self.find(name).await?;
                return Ok(found.map(|_| Bytes::new()));
            }
            range => range.map(|range| range.start..range.end.min(VALUE_BYTES_MAX as u64 + 1)),
        };
        let get = || self.connection.get(name, range.clone());
        self.connection.attempts().read(get).await
    }

    async fn try_get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Answer<BlobPart> {
        let found = self.find(name).await?.filter(|found| found.head.etag == etag);
        let Some(Found { head, version, .. }) = found else { return Ok(BlobPart::Changed) };
        let range = range.start..range.end.min(head.size);
        if range.is_empty() {
            return Ok(BlobPart::Bytes(Bytes::new()));
        }
        let get = || self.connection.get_version(name, range.clone(), &version);
        let bytes = self.connection.attempts().read(get).await?;
        Ok(bytes.map_or(BlobPart::Changed, BlobPart::Bytes))
    }

    async fn find(&self, name: &BlobName) -> Answer<Option<Found>> {
        let find = || self.connection.find(name);
        self.connection.attempts().read(find).await
    }

    async fn try_list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Answer<Page<BlobHead>> {
        let marker = from.map(|cursor| String::from_utf8(cursor.0.to_vec())).transpose();
        let marker = marker.map_err(|_| Failure::Corrupt("cursor"))?;
        let list = || self.connection.list(prefix, marker.clone(), limit);
        let ListBlobsResponse { blob_items, next_marker, .. } =
            self.connection.attempts().read(list).await?;
        let heads = blob_items.into_iter().filter_map(|item| head(item).transpose());
        Ok(Page {
            items: heads.collect::<Answer<_>>()?,
            next: next_marker.filter(|next| !next.is_empty()).map(|next| Cursor(next.into())),
        })
    }

    async fn try_delete(&self, name: &BlobName) -> Answer<bool> {
        let mut attempts = self.connection.attempts();
        loop {
            match self.connection.delete(name).await {
                Err(failure) if failure.may_pass(false) => attempts.wait(failure).await?,
                deleted => return deleted,
            }
        }
    }
}

#[async_trait]
impl BlobStore for AzureBlobStore {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        let (body, content) = (Body::Whole(put.bytes.clone()), Content::of(&put.bytes));
        let putting = Putting::new(&self.connection, name, body, content);
        putting.run(put.condition).await.map_err(|failure| failure.at("put"))
    }

    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError> {
        let (body, content) = streaming::stage(&self.connection, name, source).await?;
        let putting = Putting::new(&self.connection, name, body, content);
        putting.run(condition).await.map_err(|failure| failure.at("put_parts"))
    }

    async fn get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError> {
        let part = self.try_get_part(name, etag, range).await;
        part.map_err(|failure| failure.at("get_part"))
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        self.try_get(name, range).await.map_err(|failure| failure.at("get"))
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        let found = self.find(name).await.map_err(|failure| failure.at("head"))?;
        Ok(found.map(|found| found.head))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        self.try_list(prefix, from, limit).await.map_err(|failure| failure.at("list"))
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        self.try_delete(name).await.map_err(|failure| failure.at("delete"))
    }
}

/// `None` for what others put there, under a name that is none of ours.
fn head(item: BlobItem) -> Answer<Option<BlobHead>> {
    let Some(name) = item.name.as_deref().and_then(decode) else { return Ok(None) };
    let strange = || Failure::Corrupt("value's size and etag");
    let properties = item.properties.ok_or_else(strange)?;
    let size = properties.content_length.ok_or_else(strange)?;
    let version = properties.etag.ok_or_else(strange)?;
    let metadata = item.metadata.and_then(|metadata| metadata.values).unwrap_or_default();
    Ok(Some(Found::new(&name, size, version, &metadata).head))
}
