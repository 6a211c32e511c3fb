//! The rows as of a moment, read on the caller's thread.

use std::sync::Arc;

use fjall::{Keyspace, Readable, Snapshot, UserValue};

use crate::error::Broken;
use crate::key::Key;
use crate::view::Row;

/// Sees all changes of a request or none.
pub(crate) struct Reader<'a> {
    rows: &'a Keyspace,
    snapshot: Arc<Snapshot>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rows: &'a Keyspace, snapshot: impl Into<Arc<Snapshot>>) -> Self {
        Self { rows, snapshot: snapshot.into() }
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<UserValue>, Broken> {
        Ok(self.snapshot.get(self.rows, key)?)
    }

    /// The rows whose keys are in `from..end`, in order.
    pub(crate) fn scan(
        &self,
        from: &[u8],
        end: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<Row, Broken>> + use<> {
        // The engine does not take a range that is the wrong way round.
        let end = end.max(from);
        self.snapshot.range(self.rows, from..end).map(|row| row.into_inner().map_err(Broken::from))
    }

    pub(crate) fn rows_of(
        &self,
        prefix: &Key,
    ) -> impl Iterator<Item = Result<Row, Broken>> + use<> {
        self.scan(prefix.as_ref(), &prefix.end())
    }
}
