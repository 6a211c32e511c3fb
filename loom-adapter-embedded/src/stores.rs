//! A directory in use, and the ports over it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use fjall::{Database, Keyspace};
use loom_ports::{
    BlobStore, Coordination, IdempotencyStore, JournalStore, LockManager, MessageQueue, PortError,
    RowStore, StateStore,
};
use loom_rows::SmallStores;
use tokio::sync::Notify;

use crate::blob::{Blobs, EmbeddedBlob};
use crate::coordination::EmbeddedCoordination;
use crate::directory::Directory;
use crate::engine::Engine;
use crate::error::{Broken, OpenError};
use crate::idempotency::EmbeddedIdempotency;
use crate::journal::EmbeddedJournal;
use crate::lock::EmbeddedLocks;
use crate::options::{Durability, Options};
use crate::queue::EmbeddedQueue;
use crate::reader::Reader;
use crate::row_store::EmbeddedRows;
use crate::state::EmbeddedState;
use crate::view::View;
use crate::watermark::Watermark;
use crate::writer::{Press, Stats, Writer};

/// Every storage port over one directory. Clones share it; the last one closes it.
#[derive(Clone, Debug)]
pub struct EmbeddedStores {
    core: Arc<Core>,
}

/// What all ports share. Fields are dropped in order: what writes ends before the engine
/// closes, and the engine before the directory is free for others.
pub(crate) struct Core {
    writer: Writer,
    pub(crate) blobs: Blobs,
    /// Something may be there to receive.
    pub(crate) enqueued: Notify,
    /// Writes of rows that were made durable.
    pub(crate) row_revision: Arc<AtomicU64>,
    rows: Keyspace,
    _db: Database,
    durability: Durability,
    _directory: Directory,
}

impl EmbeddedStores {
    /// Opens a directory, and creates it if there is none. Takes the time to read what was
    /// written last (up to 64 MiB), and to look for blobs that nothing refers to.
    ///
    /// # Errors
    ///
    /// Says which other process uses the directory, what is wrong with it, or why it could not
    /// be read. Whatever it is, nothing that was acknowledged has been changed.
    pub fn open(dir: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let start = |press| Ok((Writer::start(press)?, ()));
        Self::open_with(dir.as_ref(), options, start).map(|(stores, ())| stores)
    }

    /// Opens a directory whose writer `start` starts.
    pub(crate) fn open_with<T>(
        dir: &Path,
        options: Options,
        start: impl FnOnce(Press) -> io::Result<(Writer, T)>,
    ) -> Result<(Self, T), OpenError> {
        let io = |source| OpenError::Io { dir: dir.into(), source };

        let directory = Directory::open(dir)?;
        let (watermark, synced) = Watermark::open(dir).map_err(io)?;
        let Engine { db, rows, group } = Engine::open(&directory, &options, synced)?;
        let blobs = Blobs::open(directory.blobs(), &Reader::new(&rows, db.snapshot()))
            .map_err(|error| OpenError::Damaged { dir: dir.into(), what: error.to_string() })?;
        let press = Press {
            db: db.clone(),
            rows: rows.clone(),
            durability: options.durability,
            watermark,
            group,
            probe,
            dir: dir.into(),
        };
        let (writer, started) = start(press).map_err(io)?;
        let core = Core {
            writer,
            blobs,
            enqueued: Notify::new(),
            row_revision: Arc::default(),
            rows,
            _db: db,
            durability: options.durability,
            _directory: directory,
        };
        Ok((Self { core: Arc::new(core) }, started))
    }

    /// The authority.
    #[must_use]
    pub fn journal(&self) -> Arc<dyn JournalStore> {
        Arc::new(EmbeddedJournal::new(Arc::clone(&self.core)))
    }

    /// The carrier.
    #[must_use]
    pub fn queue(&self) -> Arc<dyn MessageQueue> {
        Arc::new(EmbeddedQueue::new(Arc::clone(&self.core)))
    }

    /// The projection.
    #[must_use]
    pub fn state(&self) -> Arc<dyn StateStore> {
        Arc::new(EmbeddedState::new(Arc::clone(&self.core)))
    }

    /// Large values.
    #[must_use]
    pub fn blobs(&self) -> Arc<dyn BlobStore> {
        Arc::new(EmbeddedBlob::new(Arc::clone(&self.core)))
    }

    /// Locks for users.
    #[must_use]
    pub fn locks(&self) -> Arc<dyn LockManager> {
        Arc::new(EmbeddedLocks::new(Arc::clone(&self.core)))
    }

    /// Once-only execution for users.
    #[must_use]
    pub fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        Arc::new(EmbeddedIdempotency::new(Arc::clone(&self.core)))
    }

    /// Membership, of the hosts within this process.
    #[must_use]
    pub fn coordination(&self) -> Arc<dyn Coordination> {
        Arc::new(EmbeddedCoordination::new(Arc::clone(&self.core)))
    }

    /// What the directory was opened for.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.core.durability
    }

    /// How much was done since the directory was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.writer.stats()
    }
}

impl SmallStores for EmbeddedStores {
    fn rows(&self) -> Arc<dyn RowStore> {
        Arc::new(EmbeddedRows::new(Arc::clone(&self.core)))
    }
}

impl Core {
    pub(crate) fn durability(&self) -> Durability {
        self.durability
    }

    /// Changes rows, as [`Writer::write`].
    pub(crate) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, Broken> + Send + 'static,
    {
        self.writer.write(work).await.map_err(|error| error.at(operation))
    }

    /// Reads rows: all that was answered, and nothing that could still be lost. Waits for no
    /// disk.
    pub(crate) fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Reader<'_>) -> Result<T, Broken>,
    ) -> Result<T, PortError> {
        let rows = Reader::new(&self.rows, self.writer.durable());
        work(&rows).map_err(|error| error.at(operation))
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("writer", &self.writer).finish_non_exhaustive()
    }
}

/// Writes a file as large as the engine needs, to learn why it could not.
fn probe(dir: &Path) -> io::Result<()> {
    let path = dir.join("probe");
    let megabyte = vec![1; 1024 * 1024];
    let written = fs::File::create(&path).and_then(|mut file| {
        (0..32).try_for_each(|_| file.write_all(&megabyte))?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written.and(removed)
}

impl From<EmbeddedStores> for loom_ports::Stores {
    fn from(stores: EmbeddedStores) -> Self {
        Self {
            journal: stores.journal(),
            queue: stores.queue(),
            state: stores.state(),
            blobs: stores.blobs(),
            locks: stores.locks(),
            idempotency: stores.idempotency(),
            coordination: stores.coordination(),
        }
    }
}
