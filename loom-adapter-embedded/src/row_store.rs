//! [`RowStore`] over rows of one table.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use fjall::UserValue;
use loom_core::Timestamp;
use loom_ports::{
    PortError, Row, RowChange, RowKey, RowPart, RowRange, RowReading, RowStore, RowWrite,
    RowWritten, Rows, Space,
};

use crate::error::Broken;
use crate::key::{Key, Table};
use crate::reader::Reader;
use crate::stores::Core;
use crate::view::{self, View};

/// How many rows, and how many of their bytes, are read at once on the caller's thread.
const READ_MAX: usize = 1024;
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Rows in a directory. A value is its own tag.
#[derive(Debug)]
pub(crate) struct EmbeddedRows {
    core: Arc<Core>,
}

impl EmbeddedRows {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self { core }
    }
}

#[async_trait]
impl RowStore for EmbeddedRows {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        let read = |rows: &Reader<'_>| {
            let parts = parts.iter().map(|part| match part {
                RowPart::Row(key) => one(rows, space, key),
                RowPart::Range(range) => scan(rows, space, range),
            });
            Ok(RowReading { parts: parts.collect::<Result<_, Broken>>()?, now })
        };
        self.core.read("read", read)
    }

    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError> {
        if let Some(excess) = write.excess() {
            return Err(Broken::Invalid(excess.into()).at("write"));
        }
        let (space, revision) = (space.clone(), Arc::clone(&self.core.row_revision));
        let work = move |view: &mut View<'_>| {
            let written = change(view, &space, &write)?;
            if written == RowWritten::Done && !write.changes.is_empty() {
                let count = move |_: &Reader<'_>| {
                    revision.fetch_add(1, Ordering::SeqCst);
                };
                view.afterwards.push(Box::new(count));
            }
            Ok(written)
        };
        self.core.write("write", work).await
    }

    fn revision(&self) -> Option<u64> {
        Some(self.core.row_revision.load(Ordering::SeqCst))
    }
}

fn change(view: &mut View<'_>, space: &Space, write: &RowWrite) -> Result<RowWritten, Broken> {
    for expected in &write.expected {
        if view.get(&in_space(space, &expected.key))?.as_deref() != expected.tag.as_deref() {
            return Ok(RowWritten::Conflict);
        }
    }
    for change in &write.changes {
        let key = in_space(space, change.key());
        match change {
            RowChange::Put(_, value) => view.insert(key, &value[..]),
            RowChange::Remove(_) => view.remove(key),
            RowChange::Add(_, n) => {
                let sum = number(view.get(&key)?.as_ref())?.saturating_add(*n);
                view.insert(key, sum.to_string().into_bytes());
            }
        }
    }
    Ok(RowWritten::Done)
}

fn one(rows: &Reader<'_>, space: &Space, key: &RowKey) -> Result<Rows, Broken> {
    let found = rows.get(&in_space(space, key))?;
    let rows = found.map(|value| row(key.clone(), &value));
    Ok(Rows { rows: rows.into_iter().collect(), more: false })
}

fn scan(rows: &Reader<'_>, space: &Space, range: &RowRange) -> Result<Rows, Broken> {
    let [from, to] = [&range.from, &range.to].map(|key| in_space(space, key));
    let mut scan = rows.scan(from.as_ref(), to.as_ref());
    let mut next = || if range.backwards { scan.next_back() } else { scan.next() };
    let (mut found, mut bytes) = (Rows::default(), 0);
    while let Some(row_found) = next() {
        let (key, value): view::Row = row_found?;
        if found.rows.len() == range.limit.min(READ_MAX) || bytes > READ_BYTES_MAX {
            found.more = true;
            break;
        }
        bytes += value.len();
        let key = key.get(beginning(space).as_ref().len()..).ok_or(Broken::Row("key"))?;
        found.rows.push(row(RowKey::from_bytes(key), &value));
    }
    Ok(found)
}

fn row(key: RowKey, value: &UserValue) -> Row {
    let value = Bytes::copy_from_slice(value);
    Row { key, tag: value.clone(), value }
}

fn number(value: Option<&UserValue>) -> Result<i64, Broken> {
    let parse = |value: &UserValue| std::str::from_utf8(value).ok()?.parse().ok();
    value.map_or(Some(0), parse).ok_or(Broken::Row("number"))
}

fn beginning(space: &Space) -> Key {
    Key::of(Table::Row).text(space.as_str())
}

fn in_space(space: &Space, key: &RowKey) -> Key {
    beginning(space).raw(key.as_bytes())
}
