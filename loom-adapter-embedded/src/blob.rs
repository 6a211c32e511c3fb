//! [`BlobStore`] over files.
//!
//! The content of a value is a file named by its hash; which names have which content is in
//! rows. So a value is there whole or not at all, names may differ in case alone, and equal
//! values are stored once.

mod content;
mod name;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{
    BlobHead, BlobName, BlobPart, BlobSource, BlobStore, Cursor, Page, PortError, Put,
    PutCondition, PutOutcome,
};
use tokio::runtime::Handle;

pub(crate) use self::content::Blobs;
use self::content::{Etag, Pin};
use self::name::BlobRow;
use crate::error::Broken;
use crate::reader::Reader;
use crate::stores::Core;

/// How often a read is begun again because the value was replaced meanwhile.
const READS_MAX: u32 = 16;

/// Values in a directory.
#[derive(Debug)]
pub(crate) struct EmbeddedBlob {
    core: Arc<Core>,
}

impl EmbeddedBlob {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    fn row(&self, operation: &'static str, name: &BlobName) -> Result<Option<BlobRow>, PortError> {
        self.core.read(operation, |rows| name::find(rows, name))
    }

    /// Removes contents that nothing refers to. One that stays is removed when the directory is
    /// next opened.
    async fn discard(&self, etags: Vec<Etag>) {
        for etag in etags {
            let blobs = self.core.blobs.clone();
            let aside = blobs.unfinished();
            let taken = aside.clone();
            let set_aside = self.core.write("discard", move |view| {
                let take = move |rows: &Reader<'_>| blobs.set_aside(&etag, &taken, rows);
                view.afterwards.push(Box::new(take));
                Ok(())
            });
            if set_aside.await.is_ok() {
                // Large files take long to remove.
                let _ = blocking(move || std::fs::remove_file(aside)).await;
            }
        }
    }
}

impl EmbeddedBlob {
    /// Names a content that is durable, and stays until a row names it.
    async fn set(
        &self,
        operation: &'static str,
        name: &BlobName,
        condition: PutCondition,
        (pin, size, sums): (Pin, u64, Vec<u8>),
    ) -> Result<PutOutcome, PortError> {
        let (name, etag) = (name.clone(), pin.etag().clone());
        let mut unused = vec![etag.clone()];
        let put = self.core.write(operation, move |view| {
            // Also if nobody waits for it any more.
            let _pin = pin;
            name::set(view, &name, condition, etag, size, sums)
        });
        let (outcome, replaced) = put.await?;
        unused.extend(replaced);
        if matches!(outcome, PutOutcome::Refused(_)) || unused.len() > 1 {
            self.discard(unused).await;
        }
        Ok(outcome)
    }
}

#[async_trait]
impl BlobStore for EmbeddedBlob {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        let Put { bytes, condition } = put;
        let blobs = self.core.blobs.clone();
        let size = bytes.len() as u64;
        let written = blocking(move || blobs.write(&bytes)).await;
        let (pin, sums) = written.map_err(|error| error.at("put"))?;
        self.set("put", name, condition, (pin, size, sums)).await
    }

    async fn put_parts(
        &self,
        name: &BlobName,
        source: &mut dyn BlobSource,
        condition: PutCondition,
    ) -> Result<PutOutcome, PortError> {
        let broken = |error: Broken| error.at("put_parts");
        let blobs = self.core.blobs.clone();
        let mut writing = blocking(move || blobs.begin()).await.map_err(broken)?;
        while let Some(bytes) = source.next().await? {
            let added = blocking(move || writing.add(&bytes).map(|()| writing)).await;
            writing = added.map_err(broken)?;
        }
        let blobs = self.core.blobs.clone();
        let content = blocking(move || blobs.finish(writing)).await.map_err(broken)?;
        self.set("put_parts", name, condition, content).await
    }

    async fn get_part(
        &self,
        name: &BlobName,
        asked: &str,
        range: Range<u64>,
    ) -> Result<BlobPart, PortError> {
        let found = self.row("get_part", name)?.filter(|row| row.etag.is(asked));
        let Some(BlobRow { etag, size }) = found else { return Ok(BlobPart::Changed) };
        let content = name::content_key(&etag);
        let sums = self.core.read("get_part", |rows| rows.get(&content))?;
        let blobs = self.core.blobs.clone();
        let read = blocking(move || blobs.read(&etag, size, sums.as_deref(), Some(range))).await;
        let read = read.map_err(|error| error.at("get_part"))?;
        if let Some(bytes) = read {
            return Ok(BlobPart::Bytes(bytes));
        }
        // Either it was replaced meanwhile, or it is missing.
        match self.row("get_part", name)? {
            Some(row) if row.etag.is(asked) => {
                Err(Broken::Blob { name: name.to_string() }.at("get_part"))
            }
            _ => Ok(BlobPart::Changed),
        }
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        for _ in 0..READS_MAX {
            let Some(BlobRow { etag, size }) = self.row("get", name)? else {
                return Ok(None);
            };
            let content = name::content_key(&etag);
            let sums = self.core.read("get", |rows| rows.get(&content))?;
            let (blobs, range) = (self.core.blobs.clone(), range.clone());
            let read = blocking(move || blobs.read(&etag, size, sums.as_deref(), range)).await;
            if let Some(bytes) = read.map_err(|error| error.at("get"))? {
                return Ok(Some(bytes));
            }
        }
        // It was named each time, so it was not replaced: it is missing.
        Err(Broken::Blob { name: name.to_string() }.at("get"))
    }

    async fn head(&self, name: &BlobName) -> Result<Option<BlobHead>, PortError> {
        Ok(self.row("head", name)?.map(|row| name::head(name.clone(), &row)))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        self.core.read("list", |rows| name::list(rows, prefix, from, limit))
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        let name = name.clone();
        let removed = self
            .core
            .write("delete", move |view| {
                let Some(row) = name::stored(view, &name)? else { return Ok(None) };
                view.remove(name::key(&name));
                name::unuse(view, &name, &row.etag)?;
                Ok(Some(row.etag))
            })
            .await?;
        let was_there = removed.is_some();
        self.discard(removed.into_iter().collect()).await;
        Ok(was_there)
    }
}

/// Runs what waits for files where it holds up nobody, if there is such a place.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match Handle::try_current() {
        Ok(runtime) => {
            let done = runtime.spawn_blocking(work).await;
            done.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => unreachable!("nothing cancels it"),
            })
        }
        Err(_) => work(),
    }
}
