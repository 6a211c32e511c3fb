//! A blob store behind a bad network.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{BlobHead, BlobName, BlobStore, Cursor, Page, PortError, Put, PutOutcome};

use super::FaultPlan;

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
        self.plan.call("put", || self.inner.put(name, put.clone())).await
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        self.plan.call("get", || self.inner.get(name, range.clone())).await
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        self.plan.call("head", || self.inner.head(name)).await
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        self.plan.call("list", || self.inner.list(prefix, from, limit)).await
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        self.plan.call("delete", || self.inner.delete(name)).await
    }
}
