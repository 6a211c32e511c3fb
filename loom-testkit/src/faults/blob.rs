//! A blob store behind a bad network.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{BlobHead, BlobName, BlobStore, Cursor, Page, PortError, Put, PutOutcome};

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
