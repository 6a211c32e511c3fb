//! How much of the engine's journal was written, and how much of that is durable.

use std::io;
use std::path::{Path, PathBuf};

use super::{Finding, journal, journals};

/// The journal, while there is only one.
#[derive(Debug)]
pub(crate) struct Extent {
    pub(crate) journal: PathBuf,
    /// What is before this byte survives the loss of power.
    pub(crate) synced_bytes: u64,
}

impl Extent {
    /// Of an engine that was just opened, which syncs all there is.
    pub(crate) fn opened(engine: &Path) -> io::Result<Self> {
        let mut extent = Self { journal: Self::only_journal(engine)?, synced_bytes: 0 };
        extent.synced_bytes = extent.written_bytes()?;
        Ok(extent)
    }

    /// The first byte after all that was written. What follows was only set aside.
    pub(crate) fn written_bytes(&self) -> io::Result<u64> {
        journal::end(&self.journal, self.synced_bytes)
    }

    fn only_journal(engine: &Path) -> io::Result<PathBuf> {
        let found = journals(engine).map_err(|finding| match finding {
            Finding::Damage(what) => io::Error::other(what),
            Finding::Io(error) => error,
        })?;
        match <[PathBuf; 1]>::try_from(found) {
            Ok([journal]) => Ok(journal),
            Err(_) => Err(io::Error::other("there is more than one journal")),
        }
    }
}
