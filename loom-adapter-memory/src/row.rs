//! [`RowStore`] over a map.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::Timestamp;
use loom_ports::{
    ErrorKind, PortError, Row, RowChange, RowKey, RowPart, RowRange, RowReading, RowStore,
    RowWrite, RowWritten, Rows, Space,
};

use crate::shared::Shared;

/// Rows that live as long as the last clone of this handle. A value is its own tag.
#[derive(Clone, Debug, Default)]
pub struct MemoryRows {
    spaces: Shared<BTreeMap<Space, BTreeMap<RowKey, Bytes>>>,
    revision: Arc<AtomicU64>,
}

#[async_trait]
impl RowStore for MemoryRows {
    async fn read(
        &self,
        space: &Space,
        parts: &[RowPart],
        now: Timestamp,
    ) -> Result<RowReading, PortError> {
        let spaces = self.spaces.lock();
        let none = BTreeMap::new();
        let rows = spaces.get(space).unwrap_or(&none);
        let read = |part: &RowPart| match part {
            RowPart::Row(key) => {
                let found = rows.get(key).map(|value| row(key, value));
                Rows { rows: found.into_iter().collect(), more: false }
            }
            RowPart::Range(range) => scan(rows, range),
        };
        Ok(RowReading { parts: parts.iter().map(read).collect(), now })
    }

    async fn write(&self, space: &Space, write: RowWrite) -> Result<RowWritten, PortError> {
        if let Some(excess) = write.excess() {
            return Err(PortError::new(ErrorKind::Invalid, "write").with_source(excess));
        }
        let mut spaces = self.spaces.lock();
        let rows = spaces.entry(space.clone()).or_default();
        if write.expected.iter().any(|expected| rows.get(&expected.key) != expected.tag.as_ref()) {
            return Ok(RowWritten::Conflict);
        }
        self.revision.fetch_add(1, Ordering::SeqCst);
        for change in write.changes {
            match change {
                RowChange::Put(key, value) => {
                    rows.insert(key, value);
                }
                RowChange::Remove(key) => {
                    rows.remove(&key);
                }
                RowChange::Add(key, n) => {
                    let sum = number(rows.get(&key))?.saturating_add(n);
                    rows.insert(key, sum.to_string().into());
                }
            }
        }
        if rows.is_empty() {
            spaces.remove(space);
        }
        Ok(RowWritten::Done)
    }

    fn revision(&self) -> Option<u64> {
        // Under the lock: what a number was counted for is there, whoever finds the number.
        let _spaces = self.spaces.lock();
        Some(self.revision.load(Ordering::SeqCst))
    }
}

fn scan(rows: &BTreeMap<RowKey, Bytes>, range: &RowRange) -> Rows {
    if range.from >= range.to {
        return Rows::default();
    }
    let mut found = rows.range((Bound::Included(&range.from), Bound::Excluded(&range.to)));
    let mut next = || if range.backwards { found.next_back() } else { found.next() };
    let rows = std::iter::from_fn(&mut next).take(range.limit);
    let rows = rows.map(|(key, value)| row(key, value)).collect();
    Rows { rows, more: next().is_some() }
}

fn row(key: &RowKey, value: &Bytes) -> Row {
    Row { key: key.clone(), value: value.clone(), tag: value.clone() }
}

fn number(value: Option<&Bytes>) -> Result<i64, PortError> {
    let parse = |value: &Bytes| std::str::from_utf8(value).ok()?.parse().ok();
    value.map_or(Some(0), parse).ok_or_else(|| PortError::new(ErrorKind::Corrupt, "write"))
}
