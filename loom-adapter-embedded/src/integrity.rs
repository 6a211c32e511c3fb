//! What is checked of the files in a directory.
//!
//! | what | checked | when |
//! |---|---|---|
//! | blocks of data files | XXH3-128, by the engine | when read |
//! | the list of data files | XXH3-128, here | when opened |
//! | records of the engine's journal | XXH3-64, by the engine; their order, here | when opened |
//! | that the journal holds all that was answered | group number, here | when opened |
//! | blobs | SHA-256, or XXH3-64 of each 64 KiB for a range, by the blob store | when read |
//!
//! The engine (fjall 3, `fjall::journal`, `lsm_tree::version`) cuts its journal off at the first
//! place that does not parse, be it a write that was cut short or a byte that went bad years
//! ago. It does not check the numbers that order its batches, nor its list of data files. So
//! both are read here first, and the engine is not started if anything that was answered is
//! missing; where only the engine can tell, what is to be cut off is kept until it has.

mod creation;
mod doubt;
#[cfg(any(test, feature = "simulation"))]
pub(crate) mod extent;
mod journal;
mod manifest;

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use self::creation::is_unfinished;
pub(crate) use self::doubt::Doubt;
use crate::error::OpenError;

/// What is wrong.
#[derive(Debug)]
pub(crate) enum Finding {
    Damage(String),
    Io(io::Error),
}

impl Finding {
    pub(crate) fn into_error(self, dir: &Path) -> OpenError {
        match self {
            Self::Damage(what) => OpenError::Damaged { dir: dir.into(), what },
            Self::Io(source) => OpenError::Io { dir: dir.into(), source },
        }
    }
}

impl From<io::Error> for Finding {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Says that groups which were answered are not there.
pub(crate) fn lost(found: u64, synced: u64) -> String {
    format!(
        "it ends with group {found}, but group {synced} was acknowledged; restore a backup, or \
         remove the file SYNCED to go on without what is missing"
    )
}

/// Reads the engine's journal and lists of files before the engine does.
///
/// Cuts off what was not written whole, if it was not acknowledged: `synced` is the last group
/// that was. Changes nothing else. Returns an end of which this is not known.
pub(crate) fn check(
    dir: &Path,
    engine: &Path,
    synced: Option<u64>,
) -> Result<Option<Doubt>, Finding> {
    if !engine.exists() {
        return Ok(None);
    }
    manifest::check(&engine.join("keyspaces"))?;
    let journals = journals(engine)?;
    if let Some(last) = journals.last() {
        doubt::put_back(dir, last)?;
    }
    let mut reached = journal::Reached::default();
    for (i, path) in journals.iter().enumerate() {
        let Some(broken) = journal::read(path, &mut reached)? else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let what = if broken.is_out_of_order { "is out of order" } else { "cannot be read" };
        let place = format!("engine/{name} {what} at byte {}", broken.at);
        let is_last = i + 1 == journals.len();
        match (reached.group, synced) {
            _ if !is_last => return Err(Finding::Damage(place)),
            (Some(group), Some(synced)) if group < synced => {
                return Err(Finding::Damage(format!("{place}; {}", lost(group, synced))));
            }
            // Nothing says that what is behind it was not acknowledged.
            (_, None) if broken.is_out_of_order => return Err(Finding::Damage(place)),
            (None, Some(_)) => {
                return Ok(Some(Doubt { journal: path.clone(), from: broken.from }));
            }
            _ => {
                let file = OpenOptions::new().write(true).open(path)?;
                file.set_len(broken.from)?;
                file.sync_all()?;
            }
        }
    }
    Ok(None)
}

/// The engine's journals, oldest first.
fn journals(engine: &Path) -> Result<Vec<PathBuf>, Finding> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(engine)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jnl") {
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            let Some(number) = number else {
                return Err(Finding::Damage(format!("{} has no number", path.display())));
            };
            journals.push((number, path));
        }
    }
    journals.sort();
    Ok(journals.into_iter().map(|(_, path)| path).collect())
}
