//! [`BlobStore`], refused.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{
    BlobHead, BlobName, BlobStore, Cursor, ErrorKind, Page, PortError, Put, PutOutcome,
};

/// Refuses everything: large values would take the memory that everything else needs.
#[derive(Debug)]
pub(crate) struct NoBlobs;

fn refused(operation: &'static str) -> PortError {
    let reason = "Redis holds all it has in memory, so it is no place for large values; configure \
                  another blob store beside it";
    PortError::new(ErrorKind::Unsupported, operation).with_source(reason)
}

#[async_trait]
impl BlobStore for NoBlobs {
    async fn put(&self, _name: &BlobName, _put: Put) -> Result<PutOutcome, PortError> {
        Err(refused("put"))
    }

    async fn get(
        &self,
        _name: &BlobName,
        _range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        Err(refused("get"))
    }

    async fn head(&self, _name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        Err(refused("head"))
    }

    async fn list(
        &self,
        _prefix: &str,
        _from: Option<&Cursor>,
        _limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        Err(refused("list"))
    }

    async fn delete(&self, _name: &BlobName) -> Result<bool, PortError> {
        Err(refused("delete"))
    }
}
