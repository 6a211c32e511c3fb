//! What is written, and what must have reached the disk before anybody is answered.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use fjall::{Database, Keyspace, PersistMode, UserKey, UserValue};

use super::Shared;
use crate::error::{self, Stopped};
use crate::key::{Key, Table};
use crate::options::Durability;
use crate::view::Need;
use crate::watermark::Watermark;

/// Everything that writes to the directory.
pub(crate) struct Press {
    pub(crate) db: Database,
    pub(crate) rows: Keyspace,
    pub(crate) durability: Durability,
    pub(crate) watermark: Watermark,
    /// The number of the last group.
    pub(crate) group: u64,
    /// Finds out why the engine failed in the background.
    pub(crate) probe: fn(&Path) -> io::Result<()>,
    pub(crate) dir: PathBuf,
}

impl Press {
    pub(super) fn apply(&self, changes: BTreeMap<UserKey, Option<UserValue>>) -> fjall::Result<()> {
        let mut batch = self.db.batch();
        for (key, change) in changes {
            match change {
                Some(value) => batch.insert(&self.rows, key, value),
                None => batch.remove(&self.rows, key),
            }
        }
        batch.commit()
    }

    /// Ends the group of what was applied. Says whether it must be synced.
    pub(super) fn end_group(&mut self, need: Need) -> fjall::Result<bool> {
        if need == Need::Os {
            self.write_out()?;
            return Ok(false);
        }
        self.group += 1;
        let mut end = self.db.batch();
        end.insert(&self.rows, Key::of(Table::Group), self.group.to_be_bytes());
        end.commit()?;
        Ok(self.durability == Durability::Fsync)
    }

    /// Hands to the operating system what was applied.
    pub(super) fn write_out(&self) -> fjall::Result<()> {
        self.db.persist(PersistMode::Buffer)
    }

    /// Waits until the disk has what was applied.
    pub(super) fn sync(&self) -> fjall::Result<()> {
        // The journal's length is part of what a data sync makes durable.
        self.db.persist(PersistMode::SyncData)
    }

    /// Notes that the group that was ended last is durable.
    pub(super) fn note_durable(&mut self, shared: &Shared) -> fjall::Result<()> {
        // The engine syncs in the background too. Had that failed, the next sync of the same
        // file would not say so again; but the engine would know by now.
        self.write_out()?;
        shared.groups.fetch_add(1, Ordering::Relaxed);
        // Only a witness: what is on disk does not depend on it.
        let _ = self.watermark.write(self.group);
        Ok(())
    }

    pub(super) fn stopped_by(&self, error: &fjall::Error) -> Stopped {
        if error::is_poisoned(error) {
            Stopped::background((self.probe)(&self.dir))
        } else {
            Stopped::after(error)
        }
    }
}
