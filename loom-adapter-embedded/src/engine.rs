//! How the storage engine is started, and what must be true before anybody may use it.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::Arc;

use fjall::compaction::Leveled;
use fjall::{Database, Keyspace, KeyspaceCreateOptions};

use crate::directory::Directory;
use crate::error::{self, OpenError};
use crate::integrity;
use crate::key::{Key, Table};
use crate::options::Options;
use crate::reader::Reader;
use crate::row;

/// Changes that are kept in memory until they are sorted into a data file. Fixed when a
/// directory is created. While writes outrun the disk, up to five times as much is in use.
const WRITE_BUFFER_BYTES: u64 = 16 * 1024 * 1024;

/// The size of data files. While some are merged, which takes as long as they are large, changes
/// stay in memory. Fixed when a directory is created.
const TABLE_BYTES: u64 = 8 * 1024 * 1024;

/// The engine at work.
pub(crate) struct Engine {
    pub(crate) db: Database,
    pub(crate) rows: Keyspace,
    /// The last group it holds.
    pub(crate) group: u64,
}

impl Engine {
    /// Starts it, if it holds all that was acknowledged, which is what `synced` says.
    pub(crate) fn open(
        directory: &Directory,
        options: &Options,
        synced: Option<u64>,
    ) -> Result<Self, OpenError> {
        let dir = directory.path();
        let io = |source| OpenError::Io { dir: dir.into(), source };

        directory.discard_unfinished_engine().map_err(io)?;
        let doubt = integrity::check(dir, &directory.engine(), synced);
        let doubt = doubt.map_err(|finding| finding.into_error(dir))?;
        let aside = doubt.map(|doubt| doubt.put_aside(dir)).transpose().map_err(io)?;

        let engine = Self::start(directory, options, synced);
        if let Some(aside) = aside {
            // It is closed by now if it did not start.
            let settled = if engine.is_ok() { aside.forget() } else { aside.put_back() };
            settled.map_err(io)?;
        }
        let engine = engine?;
        directory.sync_names().map_err(io)?;
        Ok(engine)
    }

    fn start(
        directory: &Directory,
        options: &Options,
        synced: Option<u64>,
    ) -> Result<Self, OpenError> {
        let dir = directory.path();
        let damaged = |what| OpenError::Damaged { dir: dir.into(), what };
        // What is too damaged for the engine to say so makes it panic.
        let (db, rows) =
            panic::catch_unwind(AssertUnwindSafe(|| open(&directory.engine(), options)))
                .map_err(|_| damaged("the storage engine cannot make sense of its files".into()))?
                .map_err(|error| error::open_error(dir.into(), error))?;
        let last = Reader::new(&rows, db.snapshot()).get(&Key::of(Table::Group));
        let last = last.and_then(|raw| raw.map_or(Ok(0), |raw| row::number("group", &raw)));
        let group = last.map_err(|error| damaged(error.to_string()))?;
        match synced {
            Some(synced) if group < synced => Err(damaged(integrity::lost(group, synced))),
            _ => Ok(Self { db, rows, group }),
        }
    }
}

fn open(files: &Path, options: &Options) -> fjall::Result<(Database, Keyspace)> {
    let db = Database::builder(files)
        .manual_journal_persist(true)
        .cache_size(options.cache_bytes)
        // Of two, one would hand compactions back and forth until the other takes them.
        .worker_threads(1)
        // Waits for sealed journals to be deleted before it takes more.
        .max_journaling_size(192 * 1024 * 1024)
        .open()?;
    // All tables share one keyspace: its journal can be deleted as soon as one buffer is sorted
    // into a data file, and memory has one bound.
    let rows = db.keyspace("rows", || {
        KeyspaceCreateOptions::default()
            .manual_journal_persist(true)
            .max_memtable_size(WRITE_BUFFER_BYTES)
            .compaction_strategy(Arc::new(Leveled::default().with_table_target_size(TABLE_BYTES)))
    })?;
    Ok((db, rows))
}
