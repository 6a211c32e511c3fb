//! An engine whose creation was cut short.
//!
//! The engine creates a journal of zeros, then the file `version`, then its keyspaces. It takes
//! a directory without a whole `version` for an empty one, and then fails on the journal.

use std::fs;
use std::io;
use std::path::Path;

use super::journal;

/// How the file `version` begins. The number follows.
const VERSION: &[u8] = b"FJL";

/// Whether the engine was never usable. Nothing can have been written to it.
pub(crate) fn is_unfinished(engine: &Path) -> io::Result<bool> {
    if !engine.exists() {
        return Ok(false);
    }
    let version = unless_missing(fs::read(engine.join("version")))?.unwrap_or_default();
    if version.starts_with(VERSION) && version.len() > VERSION.len() {
        return Ok(false);
    }
    let keyspaces = unless_missing(fs::read_dir(engine.join("keyspaces")))?;
    if keyspaces.is_some_and(|mut keyspaces| keyspaces.next().is_some()) {
        return Ok(false);
    }
    for entry in fs::read_dir(engine)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
        if is_journal && !journal::is_empty(&path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}
