//! A blob store behind a bad network.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, Page, PortError, Put,
    PutCondition, PutOutcome,
};

use super::{FaultPlan, carried};

/// Wraps a blob store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyBlob {
    inner: Arc<dyn BlobStore>,
    plan: FaultPlan,
}

impl FaultyBlob {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn BlobStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl BlobStore for FaultyBlob {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        carried!(self.put(&name, val put))
    }

    /// Fails as a whole, like a put.
    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError> {
        let mut bytes = BytesMut::new();
        while let Some(part) = source.next().await? {
            bytes.extend_from_slice(&part);
        }
        self.put(name, Put { bytes: bytes.freeze(), condition }).await
    }

    async fn get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError> {
        carried!(self.get_part(&name, &etag, val range))
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        carried!(self.get(&name, val range))
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        carried!(self.head(&name))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        carried!(self.list(&prefix, opt from, val limit))
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        carried!(self.delete(&name))
    }
}
