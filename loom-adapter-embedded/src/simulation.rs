//! The stores in a simulation: no thread, no wall clock, and a disk that loses what it had not
//! synced.
//!
//! All else is the code that is shipped, over real files, best in a directory in memory:
//!
//! ```text
//! let stores = SimulatedStores::open(&dir, Options::default(), tasks, disk)?;
//! … stores.stores().journal() …
//! let loss = stores.lose_power(&next, &mut |end| chance.below(end))?;
//! drop(stores); // and all that uses them
//! let stores = SimulatedStores::open(&next, …)?;
//! ```
//!
//! To end the process alone, drop everything and open the same directory again.
//!
//! What the simulation leaves out:
//!
//! - The files of the engine other than its journal. They change only once its write buffer is
//!   full (16 MiB), so less than that may be written to a directory in all its lives. Until then
//!   the engine's own thread has nothing to do, for it is told only of full buffers, and the
//!   journal stays one file. [`SimulatedStores::lose_power`] fails where that is not so.
//! - Contents of blobs. They are synced by the file system itself, in one step with being written;
//!   no other task runs in between.
//! - Waiting for messages: outside tokio, `receive` returns at once.

mod loss;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use loom_ports::Spawn;

pub use self::loss::{Loss, Rest};
use crate::directory;
use crate::error::OpenError;
use crate::integrity::extent::Extent;
use crate::options::Options;
use crate::stores::EmbeddedStores;
use crate::watermark;
use crate::writer::Writer;
use crate::writer::driver::Driver;

/// A disk that takes its time, and may fail.
#[async_trait]
pub trait Disk: Debug + Send + Sync + 'static {
    /// Returns once all that was written is durable; `bytes` of it were not before. While this
    /// runs, any part of them may be.
    ///
    /// An error leaves unknown which part is, and stops the stores.
    async fn sync(&self, bytes: u64) -> io::Result<()>;
}

/// Stores that are driven by tasks, over a disk that is simulated.
#[derive(Debug)]
pub struct SimulatedStores {
    stores: EmbeddedStores,
    driver: Arc<Driver>,
    dir: PathBuf,
    /// The watermark that is durable.
    watermark: Vec<u8>,
}

impl SimulatedStores {
    /// Opens a directory as [`EmbeddedStores::open`] does. Requests are carried out by a task that
    /// is spawned when there are some; those that arrive while the disk is waited for share the
    /// next sync. All that is in the directory counts as durable.
    ///
    /// If the task is dropped, or the last clone of the stores and of their ports, requests that
    /// wait are answered as by a store that has stopped.
    ///
    /// # Errors
    ///
    /// Those of [`EmbeddedStores::open`].
    pub fn open(
        dir: impl AsRef<Path>,
        options: Options,
        tasks: Arc<dyn Spawn>,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let dir = dir.as_ref();
        let watermark = fs::read(dir.join(watermark::FILE)).unwrap_or_default();
        let (stores, driver) = EmbeddedStores::open_with(dir, options, |press| {
            let extent = Extent::opened(&press.dir.join(directory::ENGINE))?;
            Ok(Writer::driven(press, tasks, disk, extent))
        })?;
        Ok(Self { stores, driver, dir: dir.into(), watermark })
    }

    /// The stores. They may be cloned.
    #[must_use]
    pub fn stores(&self) -> &EmbeddedStores {
        &self.stores
    }

    /// Writes to `to`, a directory elsewhere that must not exist, what is on the disk after the power was lost at this
    /// moment. From now on the stores refuse everything.
    ///
    /// What was not synced may be lost or damaged in part, which `below` decides: it is given an
    /// end, at least 1, and returns a number less than that.
    ///
    /// # Errors
    ///
    /// Fails if the files cannot be copied, or if more was written than can be simulated.
    pub fn lose_power(
        &self,
        to: impl AsRef<Path>,
        below: &mut dyn FnMut(u64) -> u64,
    ) -> io::Result<Loss> {
        let to = to.as_ref();
        loss::copy(&self.dir, to, below)?;

        let latest = fs::read(self.dir.join(watermark::FILE))?;
        fs::write(to.join(watermark::FILE), loss::watermark(&self.watermark, &latest, below))?;

        let (journal, written, synced) = self.driver.journal()?;
        let loss = Loss::choose(written - synced, below);
        let name = journal.strip_prefix(&self.dir).map_err(io::Error::other)?;
        fs::write(to.join(name), loss.of(loss::read(&journal, written)?))?;

        self.driver.stop();
        Ok(loss)
    }
}
