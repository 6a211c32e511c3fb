//! [`BlobStore`] over files.
//!
//! The content of a value is a file named by its hash; which names have which content is in
//! rows. So a value is there whole or not at all, names may differ in case alone, and equal
//! values are stored once.

mod content;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{
    BlobHead, BlobName, BlobStore, Cursor, Page, PortError, Put, PutCondition, PutOutcome,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

pub(crate) use content::Blobs;
use content::Etag;

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::row;
use crate::stores::Core;
use crate::view::View;

/// How often a read is begun again because the value was replaced meanwhile.
const READS_MAX: u32 = 16;

/// Values in a directory.
#[derive(Debug)]
pub(crate) struct EmbeddedBlob {
    core: Arc<Core>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct BlobRow {
    etag: Etag,
    size: u64,
}

impl EmbeddedBlob {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    async fn row(
        &self,
        operation: &'static str,
        name: &BlobName,
    ) -> Result<Option<BlobRow>, PortError> {
        self.core
            .read(operation, |rows| rows.get(&key(name))?.map(|raw| decode(&raw)).transpose())
            .await
    }

    /// Removes contents that nothing refers to. One that stays, because the process dies, is
    /// removed when the directory is next opened.
    async fn discard(&self, etags: Vec<Etag>) -> Result<(), PortError> {
        for etag in etags {
            let blobs = self.core.blobs.clone();
            let aside = blobs.unfinished();
            let taken = aside.clone();
            self.core
                .write("discard", move |view| {
                    let take = move |rows: &Reader<'_>| blobs.set_aside(&etag, &taken, rows);
                    view.afterwards.push(Box::new(take));
                    Ok(())
                })
                .await?;
            // Large files take long to remove.
            let _ = blocking(move || std::fs::remove_file(aside)).await;
        }
        Ok(())
    }
}

#[async_trait]
impl BlobStore for EmbeddedBlob {
    async fn put(&self, name: &BlobName, put: Put) -> Result<PutOutcome, PortError> {
        let Put { bytes, condition } = put;
        let blobs = self.core.blobs.clone();
        let size = bytes.len() as u64;
        // The content is durable before a row can name it, and stays until one does.
        let written = blocking(move || blobs.write(&bytes)).await;
        let (pin, sums) = written.map_err(|error| error.at("put"))?;

        let (name, etag) = (name.clone(), pin.etag().clone());
        let outcome =
            self.core.write("put", move |view| set(view, &name, condition, etag, size, sums)).await;
        let mut unused = vec![pin.etag().clone()];
        drop(pin);
        let (outcome, replaced) = outcome?;
        unused.extend(replaced);
        if matches!(outcome, PutOutcome::Refused(_)) || unused.len() > 1 {
            self.discard(unused).await?;
        }
        Ok(outcome)
    }

    async fn get(
        &self,
        name: &BlobName,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, PortError> {
        for _ in 0..READS_MAX {
            let Some(BlobRow { etag, size }) = self.row("get", name).await? else {
                return Ok(None);
            };
            let content = content_key(&etag);
            let sums = self.core.read("get", |rows| rows.get(&content)).await?;
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
        Ok(self.row("head", name).await?.map(|row| head(name.clone(), &row)))
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<BlobHead>, PortError> {
        self.core.read("list", |rows| list(rows, prefix, from, limit)).await
    }

    async fn delete(&self, name: &BlobName) -> Result<bool, PortError> {
        let name = name.clone();
        let removed = self
            .core
            .write("delete", move |view| {
                let Some(row) = stored(view, &name)? else { return Ok(None) };
                view.remove(key(&name));
                unuse(view, &name, &row.etag)?;
                Ok(Some(row.etag))
            })
            .await?;
        let was_there = removed.is_some();
        self.discard(removed.into_iter().collect()).await?;
        Ok(was_there)
    }
}

/// Names the content, if the condition holds. Returns the etag of what was named before.
fn set(
    view: &mut View<'_>,
    name: &BlobName,
    condition: PutCondition,
    etag: Etag,
    size: u64,
    sums: Vec<u8>,
) -> Result<(PutOutcome, Option<Etag>), Broken> {
    let before = stored(view, name)?;
    let holds = match condition {
        PutCondition::Always => true,
        PutCondition::IfAbsent => before.is_none(),
        PutCondition::IfMatch(etag) => before.as_ref().is_some_and(|row| row.etag.is(&etag)),
    };
    if !holds {
        let there = before.map(|row| head(name.clone(), &row));
        return Ok((PutOutcome::Refused(there), None));
    }
    let row = BlobRow { etag, size };
    let stored = PutOutcome::Stored(head(name.clone(), &row));
    if before.as_ref().is_some_and(|before| before.etag == row.etag) {
        return Ok((stored, None));
    }
    view.insert(content_key(&row.etag), sums);
    view.insert(use_key(&row.etag).text(name.as_str()), []);
    view.insert(key(name), row::encode(&row));
    if let Some(before) = &before {
        unuse(view, name, &before.etag)?;
    }
    Ok((stored, before.map(|before| before.etag)))
}

/// Notes that `name` has this content no longer.
fn unuse(view: &mut View<'_>, name: &BlobName, etag: &Etag) -> Result<(), Broken> {
    let uses = use_key(etag);
    view.remove(uses.clone().text(name.as_str()));
    if view.rows_of(&uses, 1)?.is_empty() {
        view.remove(content_key(etag));
    }
    Ok(())
}

/// Whether a name has this content.
pub(crate) fn is_used(rows: &Reader<'_>, etag: &Etag) -> Result<bool, Broken> {
    rows.rows_of(&use_key(etag)).next().transpose().map(|row| row.is_some())
}

fn list(
    rows: &Reader<'_>,
    prefix: &str,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<BlobHead>, Broken> {
    let prefix = Key::of(Table::Blob).raw(prefix.as_bytes());
    let start = match from {
        Some(Cursor(from)) => Key::of(Table::Blob).raw(from),
        None => prefix.clone(),
    };
    if !start.as_ref().starts_with(prefix.as_ref()) {
        return Err(Broken::Invalid("the cursor is of another list".into()));
    }
    let mut page = Page::default();
    for row in rows.scan(start.as_ref(), &prefix.end()) {
        let (key, raw) = row?;
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[1..])));
            break;
        }
        let name = BlobName::parse(Parts::of(&key).text()?);
        page.items.push(head(name.map_err(|_| Broken::Row("blob name"))?, &decode(&raw)?));
    }
    Ok(page)
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

fn stored(view: &View<'_>, name: &BlobName) -> Result<Option<BlobRow>, Broken> {
    view.get(&key(name))?.map(|raw| decode(&raw)).transpose()
}

fn head(name: BlobName, row: &BlobRow) -> BlobHead {
    BlobHead { name, size: row.size, etag: row.etag.to_string() }
}

fn decode(raw: &[u8]) -> Result<BlobRow, Broken> {
    row::decode("blob", raw)
}

fn key(name: &BlobName) -> Key {
    Key::of(Table::Blob).text(name.as_str())
}

fn content_key(etag: &Etag) -> Key {
    Key::of(Table::BlobContent).text(etag.as_str())
}

fn use_key(etag: &Etag) -> Key {
    Key::of(Table::BlobUse).text(etag.as_str())
}
