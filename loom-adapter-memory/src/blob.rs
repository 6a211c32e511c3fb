//! [`BlobStore`] over a map.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, Page, PortError, Put,
    PutCondition, PutOutcome,
};
use sha2::{Digest as _, Sha256};

use crate::named_page;
use crate::shared::Shared;

/// Values that live as long as the last clone of this handle.
#[derive(Clone, Debug, Default)]
pub struct MemoryBlob {
    blobs: Shared<BTreeMap<String, Blob>>,
}

#[derive(Debug)]
struct Blob {
    head: BlobHead,
    bytes: Bytes,
}

#[async_trait]
impl BlobStore for MemoryBlob {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        let Put { bytes, condition } = put;
        // Before the lock is taken: hashing is the slow part.
        let head = BlobHead { name: name.clone(), size: bytes.len() as u64, etag: etag(&bytes) };

        let mut blobs = self.blobs.lock();
        let current = blobs.get(name.as_str()).map(|blob| &blob.head);
        let holds = match condition {
            PutCondition::Always => true,
            PutCondition::IfAbsent => current.is_none(),
            PutCondition::IfMatch(etag) => current.is_some_and(|head| head.etag == etag),
        };
        if !holds {
            return Ok(PutOutcome::Refused(current.cloned()));
        }
        blobs.insert(name.to_string(), Blob { head: head.clone(), bytes });
        Ok(PutOutcome::Stored(head))
    }

    /// Values are kept in memory anyway.
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
        let blobs = self.blobs.lock();
        let blob = blobs.get(name.as_str()).filter(|blob| blob.head.etag == etag);
        Ok(blob.map_or(BlobPart::Changed, |blob| BlobPart::Bytes(cut(&blob.bytes, &range))))
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        let bytes = self.blobs.lock().get(name.as_str()).map(|blob| blob.bytes.clone());
        Ok(bytes.map(|bytes| match range {
            Some(range) => cut(&bytes, &range),
            None => bytes,
        }))
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        Ok(self.blobs.lock().get(name.as_str()).map(|blob| blob.head.clone()))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        let names = named_page::names(from, prefix, "list")?;
        let blobs = self.blobs.lock();
        let found = blobs
            .range::<str, _>(names)
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, blob)| (name.as_str(), &blob.head));
        Ok(named_page::page(found, limit))
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        Ok(self.blobs.lock().remove(name.as_str()).is_some())
    }
}

/// The part of `bytes` that lies in `range`.
fn cut(bytes: &Bytes, range: &Range<u64>) -> Bytes {
    let at = |offset| usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
    let (start, end) = (at(range.start), at(range.end));
    bytes.slice(start..end.max(start))
}

/// Made from the bytes alone, so that the same bytes always have the same one.
fn etag(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes any text");
        hex
    })
}
