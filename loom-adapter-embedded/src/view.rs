//! What one request sees and changes: the rows as of now, and its own changes on top.

use std::collections::BTreeMap;
use std::ops::Bound;

use fjall::{Keyspace, UserKey, UserValue};

use crate::desk::Desk;
use crate::error::Broken;
use crate::key::Key;
use crate::reader::Reader;

/// A key with its value.
pub(crate) type Row = (UserKey, UserValue);

/// The rows, on the thread that writes them. What is changed here becomes one atomic batch.
pub(crate) struct View<'a> {
    rows: &'a Keyspace,
    changes: BTreeMap<UserKey, Option<UserValue>>,
    /// What the thread keeps in memory. Whatever is changed in it must be true of the changes
    /// made here; should they not be made after all, it is forgotten.
    pub(crate) desk: &'a mut Desk,
    pub(crate) need: Need,
    /// Done once the changes are durable, and before anybody is answered. Sees no change that
    /// is not durable.
    pub(crate) afterwards: Vec<Afterwards>,
}

pub(crate) type Afterwards = Box<dyn FnOnce(&Reader<'_>) + Send>;

/// What the changes of a request must survive before it is answered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Need {
    /// The death of the process.
    Os,
    /// What the directory was opened for.
    Full,
}

impl<'a> View<'a> {
    pub(crate) fn new(rows: &'a Keyspace, desk: &'a mut Desk) -> Self {
        Self { rows, changes: BTreeMap::new(), desk, need: Need::Full, afterwards: Vec::new() }
    }

    pub(crate) fn into_changes(self) -> BTreeMap<UserKey, Option<UserValue>> {
        self.changes
    }

    pub(crate) fn get(&self, key: &Key) -> Result<Option<UserValue>, Broken> {
        match self.changes.get(key.as_ref()) {
            Some(change) => Ok(change.clone()),
            None => Ok(self.rows.get(key)?),
        }
    }

    pub(crate) fn has(&self, key: &Key) -> Result<bool, Broken> {
        match self.changes.get(key.as_ref()) {
            Some(change) => Ok(change.is_some()),
            None => Ok(self.rows.contains_key(key)?),
        }
    }

    pub(crate) fn insert(&mut self, key: Key, value: impl Into<UserValue>) {
        self.changes.insert(key.into(), Some(value.into()));
    }

    pub(crate) fn remove(&mut self, key: impl Into<UserKey>) {
        self.changes.insert(key.into(), None);
    }

    /// The first `limit` rows whose keys are in `from..end`, in order.
    pub(crate) fn scan(&self, from: &[u8], end: &[u8], limit: usize) -> Result<Vec<Row>, Broken> {
        let mut found = Vec::new();
        if from >= end || limit == 0 {
            return Ok(found);
        }
        let range = (Bound::Included(from), Bound::Excluded(end));
        let mut changes = self.changes.range::<[u8], _>(range).peekable();
        for row in self.rows.range(from..end) {
            let (key, value) = row.into_inner()?;
            while let Some((changed, change)) = changes.next_if(|(changed, _)| **changed < key) {
                found.extend(change.clone().map(|value| (changed.clone(), value)));
            }
            match changes.next_if(|(changed, _)| **changed == key) {
                Some((_, change)) => found.extend(change.clone().map(|value| (key, value))),
                None => found.push((key, value)),
            }
            if found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
        let rest = changes.filter_map(|(key, change)| Some((key.clone(), change.clone()?)));
        found.extend(rest);
        found.truncate(limit);
        Ok(found)
    }

    /// The first `limit` rows whose keys begin with `prefix`.
    pub(crate) fn rows_of(&self, prefix: &Key, limit: usize) -> Result<Vec<Row>, Broken> {
        self.scan(prefix.as_ref(), &prefix.end(), limit)
    }

    /// All keys that begin with `prefix`. Sees no change made here.
    pub(crate) fn stored_keys(&self, prefix: &Key) -> Result<Vec<UserKey>, Broken> {
        let rows = self.rows.range(prefix.as_ref()..&prefix.end());
        rows.map(|row| Ok(row.key()?)).collect()
    }

    /// The rows whose keys begin with `prefix`, last first, up to the first for which `until`
    /// holds, it included. Sees no change made here.
    pub(crate) fn stored_backwards(
        &self,
        prefix: &Key,
        until: impl Fn(&Row) -> Result<bool, Broken>,
    ) -> Result<Vec<Row>, Broken> {
        let mut found = Vec::new();
        for row in self.rows.range(prefix.as_ref()..&prefix.end()).rev() {
            let row = row.into_inner()?;
            let last = until(&row)?;
            found.push(row);
            if last {
                break;
            }
        }
        Ok(found)
    }
}
