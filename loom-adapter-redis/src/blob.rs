//! [`BlobStore`] for the few small values that a host keeps there. All others are refused.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, ErrorKind, Page, PortError, Put,
    PutCondition, PutOutcome,
};

use sha2::{Digest as _, Sha256};

use crate::connection::Connection;
use crate::error::Failure;
use crate::key::Keys;
use crate::reply::{Parts, maybe, number, strange};
use crate::script::Script;

/// The largest value, and the most values. What is larger would take the memory that everything
/// else needs.
const VALUE_BYTES_MAX: usize = 4 * 1024;
const VALUES_MAX: usize = 1_000;
const REFUSAL: &str = "Redis holds all it has in memory, so it takes 1,000 blobs of 4 KiB and no \
                       larger ones; configure another blob store beside it";

static PUT: Script = Script::new(include_str!("blob/put.lua"));

/// Small values in one hash.
#[derive(Debug)]
pub(crate) struct SmallBlobs {
    connection: Arc<Connection>,
    key: String,
}

impl SmallBlobs {
    pub(crate) fn new(connection: Arc<Connection>, keys: &Keys) -> Self {
        Self { connection, key: keys.blobs() }
    }

    async fn try_put(&self, name: &BlobName, put: Put) -> Result<Option<PutOutcome>, Failure> {
        let (condition, expected) = match &put.condition {
            PutCondition::Always => ("always", ""),
            PutCondition::IfAbsent => ("absent", ""),
            PutCondition::IfMatch(etag) => ("match", etag.as_str()),
        };
        let value = Value::of(put.bytes);
        let call = PUT
            .call(&[&self.key])
            .arg(name.as_str())
            .arg([value.etag.as_bytes(), &value.bytes].concat())
            .arg(condition)
            .arg(expected)
            .arg(VALUES_MAX);
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        match answer.text()?.as_str() {
            "stored" => Ok(Some(PutOutcome::Stored(value.head(name)))),
            "refused" => {
                let found = Some(answer.bytes()?).filter(|found| !found.is_empty());
                let found = found.map(|found| Value::decode(&found)).transpose()?;
                Ok(Some(PutOutcome::Refused(found.map(|value| value.head(name)))))
            }
            _ => Ok(None),
        }
    }

    async fn find(&self, name: &BlobName) -> Result<Option<Value>, Failure> {
        let mut command = redis::cmd("HGET");
        let found = self.connection.send(command.arg(&self.key).arg(name.as_str())).await?;
        maybe(found)?.map(|found| Value::decode(&found)).transpose()
    }

    async fn all(&self) -> Result<Vec<BlobHead>, Failure> {
        let mut command = redis::cmd("HGETALL");
        let mut answer = Parts::of(self.connection.send(command.arg(&self.key)).await?)?;
        let mut heads = Vec::new();
        while !answer.is_empty() {
            let name = BlobName::parse(&answer.text()?).map_err(|_| strange("blob name"))?;
            heads.push(Value::decode(&answer.bytes()?)?.head(&name));
        }
        heads.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(heads)
    }
}

/// A value, and the SHA-256 of its bytes in hexadecimal digits.
struct Value {
    etag: String,
    bytes: Bytes,
}

impl Value {
    fn of(bytes: Bytes) -> Self {
        let mut etag = String::with_capacity(64);
        for byte in Sha256::digest(&bytes) {
            // To write to a string cannot fail.
            let _ = write!(etag, "{byte:02x}");
        }
        Self { etag, bytes }
    }

    fn decode(stored: &Bytes) -> Result<Self, Failure> {
        let (etag, bytes) = stored.split_at_checked(64).ok_or_else(|| strange("blob"))?;
        let etag = String::from_utf8_lossy(etag).into_owned();
        Ok(Self { etag, bytes: stored.slice_ref(bytes) })
    }

    /// The part of it that lies in a range.
    fn cut(&self, range: &Range<u64>) -> Bytes {
        let within = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len());
        let (start, end) = (within(range.start), within(range.end));
        self.bytes.slice(start..end.max(start))
    }

    fn head(&self, name: &BlobName) -> BlobHead {
        let size = self.bytes.len() as u64;
        BlobHead { name: name.clone(), size, etag: self.etag.clone() }
    }
}

#[async_trait]
impl BlobStore for SmallBlobs {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        let refused = || PortError::new(ErrorKind::Unsupported, "put").with_source(REFUSAL);
        if put.bytes.len() > VALUE_BYTES_MAX {
            return Err(refused());
        }
        let outcome = self.try_put(name, put).await.map_err(|error| error.at("put"))?;
        outcome.ok_or_else(refused)
    }

    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError> {
        let mut bytes = BytesMut::new();
        while let Some(part) = source.next().await? {
            bytes.extend_from_slice(&part);
            if bytes.len() > VALUE_BYTES_MAX {
                break;
            }
        }
        self.put(name, Put { bytes: bytes.freeze(), condition }).await
    }

    async fn get_part(
        &self,
        name: &BlobName,
        etag: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError> {
        let found = self.find(name).await.map_err(|error| error.at("get_part"))?;
        let found = found.filter(|value| value.etag == etag);
        Ok(found.map_or(BlobPart::Changed, |value| BlobPart::Bytes(value.cut(&range))))
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        let found = self.find(name).await.map_err(|error| error.at("get"))?;
        Ok(found.map(|value| value.cut(&range.clone().unwrap_or(0..u64::MAX))))
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        let found = self.find(name).await.map_err(|error| error.at("head"))?;
        Ok(found.map(|value| value.head(name)))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        let heads = self.all().await.map_err(|error| error.at("list"))?;
        let from = from.map_or(&b""[..], |cursor| &cursor.0);
        let mut rest = heads.into_iter().filter(|head| {
            head.name.as_str().starts_with(prefix) && head.name.as_str().as_bytes() >= from
        });
        let items = rest.by_ref().take(limit).collect();
        let next = rest.next().map(|head| Cursor(head.name.as_str().to_owned().into()));
        Ok(Page { items, next })
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        let mut command = redis::cmd("HDEL");
        let removed = self.connection.send(command.arg(&self.key).arg(name.as_str())).await;
        removed.and_then(number).map(|removed| removed > 0).map_err(|error| error.at("delete"))
    }
}
