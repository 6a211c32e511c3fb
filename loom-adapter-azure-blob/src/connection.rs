//! A container, and the requests that are sent to it: each once, within its time.

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;

use azure_core::http::{ClientOptions, Etag, RequestContent, RetryOptions};
use azure_storage_blob::BlobContainerClient;
use azure_storage_blob::BlobContainerClientOptions;
use azure_storage_blob::models::{
    BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders as _,
    BlobContainerClientListBlobsOptions, BlockBlobClientCommitBlockListOptions,
    BlockBlobClientUploadOptions, BlockLookupList, HttpRange, ListBlobsIncludeItem,
    ListBlobsResponse,
};
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use loom_azure_identity::{TransportOptions, transport};
use loom_ports::BlobName;

use crate::attempts::{Answer, Attempts, Patience};
use crate::content::{Content, Found};
use crate::credential::Authority;
use crate::error::{Failure, OpenError};
use crate::name;
use crate::settings::AzureBlobSettings;

/// The largest value that Azure takes in one request, so that it is stored whole or not at all.
pub(crate) const VALUE_BYTES_MAX: usize = 5_000 << 20;
/// Azure lists no more at once.
const PAGE_MAX: usize = 5_000;

/// A container.
pub(crate) struct Connection {
    container: BlobContainerClient,
    settings: AzureBlobSettings,
}

/// What has to be there for a put to store something.
#[derive(Clone, Debug)]
pub(crate) enum Guard {
    Anything,
    Nothing,
    Version(Etag),
}

impl Connection {
    pub(crate) fn new(settings: AzureBlobSettings) -> Result<Self, OpenError> {
        let mut url = settings.url()?;
        let transport = transport(&TransportOptions {
            connect_timeout: settings.connect_timeout,
            tls_ca_pem: settings.tls_ca_pem.as_deref(),
            host: None,
        });
        let transport = transport.map_err(|error| OpenError::Setting(error.to_string()))?;
        let mut options = ClientOptions {
            transport: Some(transport),
            // What is sent again is decided by what it does.
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        let token = match settings.credential.authority()? {
            Authority::Signature(key) => {
                options.per_try_policies.push(Arc::new(key));
                None
            }
            Authority::Query(query) => {
                url.set_query(Some(&query));
                None
            }
            Authority::Token(token) => Some(token),
        };
        let options = BlobContainerClientOptions { client_options: options, ..Default::default() };
        let wrong = |_| OpenError::Setting("the endpoint cannot be used".into());
        let container = BlobContainerClient::new(url, token, Some(options)).map_err(wrong)?;
        Ok(Self { container, settings })
    }

    pub(crate) fn settings(&self) -> &AzureBlobSettings {
        &self.settings
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(&self.settings)
    }

    pub(crate) async fn create(&self) -> Answer<()> {
        self.within(0).with(self.container.create(None)).await.map(drop)
    }

    /// Puts a value if what has to be there is.
    pub(crate) async fn put(
        &self,
        name: &BlobName,
        bytes: Bytes,
        content: &Content,
        guard: &Guard,
    ) -> Answer<()> {
        let size = bytes.len();
        let mut options = BlockBlobClientUploadOptions {
            metadata: Some(content.metadata()),
            // In one request.
            partition_size: NonZero::new(VALUE_BYTES_MAX as u64),
            ..Default::default()
        };
        match guard {
            Guard::Anything => {}
            Guard::Nothing => options.if_none_match = Some(Etag::from("*")),
            Guard::Version(version) => options.if_match = Some(version.clone()),
        }
        let blob = self.container.blob_client(&encode(name)?);
        let upload = blob.upload(RequestContent::from(bytes.to_vec()), Some(options));
        self.within(size).with(upload).await.map(drop)
    }

    /// What is known of a value.
    pub(crate) async fn find(&self, name: &BlobName) -> Answer<Option<Found>> {
        let blob = self.container.blob_client(&encode(name)?);
        let found = self.within(0).with(blob.get_properties(None)).await;
        let Some(found) = present(found)? else { return Ok(None) };
        let strange = || Failure::Corrupt("value's size and etag");
        let size = found.content_length()?.ok_or_else(strange)?;
        let version = found.etag()?.ok_or_else(strange)?;
        Ok(Some(Found::new(name, size, version, &found.metadata()?)))
    }

    /// Sends a block of a value, which nobody sees before it is committed.
    pub(crate) async fn stage(&self, name: &BlobName, block: &[u8], bytes: Bytes) -> Answer<()> {
        let size = bytes.len();
        let blob = self.container.blob_client(&encode(name)?).block_blob_client();
        let stage =
            blob.stage_block(block, size as u64, RequestContent::from(bytes.to_vec()), None);
        self.within(size).with(stage).await.map(drop)
    }

    /// Makes a value of blocks if what has to be there is.
    pub(crate) async fn commit(
        &self,
        name: &BlobName,
        blocks: &[Vec<u8>],
        content: &Content,
        guard: &Guard,
    ) -> Answer<()> {
        let mut options = BlockBlobClientCommitBlockListOptions {
            metadata: Some(content.metadata()),
            ..Default::default()
        };
        match guard {
            Guard::Anything => {}
            Guard::Nothing => options.if_none_match = Some(Etag::from("*")),
            Guard::Version(version) => options.if_match = Some(version.clone()),
        }
        let list = BlockLookupList { latest: Some(blocks.to_vec()), ..Default::default() };
        let blob = self.container.blob_client(&encode(name)?).block_blob_client();
        let commit = async { blob.commit_block_list(list.try_into()?, Some(options)).await };
        self.within(0).with(commit).await.map(drop)
    }

    /// Reads a part of a value, not empty and within it, if it is this version of it.
    pub(crate) async fn get_version(
        &self,
        name: &BlobName,
        range: Range<u64>,
        version: &Etag,
    ) -> Answer<Option<Bytes>> {
        let options = BlobClientDownloadOptions {
            if_match: Some(version.clone()),
            partition_size: NonZero::new(VALUE_BYTES_MAX),
            range: Some(HttpRange::from(range)),
            ..Default::default()
        };
        match self.download(name, options).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(failure) if failure.is_condition() || failure.is_missing_blob() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn download(
        &self,
        name: &BlobName,
        options: BlobClientDownloadOptions<'_>,
    ) -> Answer<Bytes> {
        let blob = self.container.blob_client(&encode(name)?);
        let mut begun = self.within(0).with(blob.download(Some(options))).await?;
        let mut bytes = BytesMut::new();
        // Each part has the time of an answer, however many there are.
        while let Some(part) = self.within(0).with(begun.body.try_next()).await? {
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.freeze())
    }

    /// Reads a value, or the part of it that lies in a range that is not empty.
    pub(crate) async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Answer<Option<Bytes>> {
        let options = BlobClientDownloadOptions {
            partition_size: NonZero::new(VALUE_BYTES_MAX),
            range: range.clone().map(HttpRange::from),
            ..Default::default()
        };
        match self.download(name, options).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(failure) if failure.is_beyond_the_end() => Ok(Some(Bytes::new())),
            // Azurite says of a part of an empty value that it ends before it begins.
            Err(Failure::Corrupt(what)) if range.is_some() => match self.find(name).await? {
                Some(found) if found.head.size > 0 => Err(Failure::Corrupt(what)),
                found => Ok(found.map(|_| Bytes::new())),
            },
            Err(failure) if failure.is_missing_blob() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// One page of what is there, with what follows it.
    pub(crate) async fn list(
        &self,
        prefix: &str,
        marker: Option<String>,
        limit: usize,
    ) -> Answer<ListBlobsResponse> {
        let options = BlobContainerClientListBlobsOptions {
            include: Some(vec![ListBlobsIncludeItem::Metadata]),
            marker,
            maxresults: i32::try_from(limit.clamp(1, PAGE_MAX)).ok(),
            prefix: (!prefix.is_empty()).then(|| name::encode_prefix(prefix)),
            ..Default::default()
        };
        let page = async {
            let page = self.container.list_blobs(Some(options))?.into_pages().try_next().await?;
            page.map(azure_core::http::Response::into_model).transpose()
        };
        let page = self.within(0).with(page).await?;
        page.ok_or(Failure::Corrupt("page of a list"))
    }

    /// Whether there was something to delete.
    pub(crate) async fn delete(&self, name: &BlobName) -> Answer<bool> {
        let blob = self.container.blob_client(&encode(name)?);
        let deleted = self.within(0).with(blob.delete(None)).await;
        present(deleted).map(|deleted| deleted.is_some())
    }

    fn within(&self, bytes: usize) -> Patience {
        Patience::new(&self.settings, bytes as u64)
    }
}

/// Names no address: it may hold a signature.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

fn encode(name: &BlobName) -> Answer<String> {
    name::encode(name).ok_or(Failure::Unsupported("Azure takes names of 254 segments at most"))
}

fn present<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.is_missing_blob() => Ok(None),
        Err(failure) => Err(failure),
    }
}
