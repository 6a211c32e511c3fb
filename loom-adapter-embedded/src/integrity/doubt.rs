//! An end of the journal of which only the engine can tell whether it was acknowledged.
//!
//! The engine begins a new journal now and then, and deletes old ones once all they hold is in
//! data files. If the very first group of a journal is torn, the number of the group before it is
//! in a data file, and the engine may refuse to start over what is torn. So the end is put aside
//! in a file of its own and cut off, the engine is started and asked, and then the end is
//! forgotten, or put back. Whenever this is cut short, the file is there, and the end is put back
//! first of all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::directory;

/// The file's name in the directory. It holds the place in the journal and the journal's length (8
/// bytes each, little-endian), and what was there, without the zeros at its end.
const FILE: &str = "ASIDE";

/// What is in doubt.
#[derive(Debug)]
pub(crate) struct Doubt {
    /// The last journal.
    pub(super) journal: PathBuf,
    /// Where the end begins.
    pub(super) from: u64,
}

/// An end that was put aside.
#[derive(Debug)]
#[must_use = "it is to be forgotten or put back"]
pub(crate) struct Aside {
    dir: PathBuf,
    journal: PathBuf,
}

impl Doubt {
    /// Cuts the end off, and keeps a copy in `dir`.
    pub(crate) fn put_aside(self, dir: &Path) -> io::Result<Aside> {
        let Self { journal, from } = self;
        let mut file = OpenOptions::new().read(true).write(true).open(&journal)?;
        file.seek(SeekFrom::Start(from))?;
        let mut end = Vec::new();
        let bytes = from + file.read_to_end(&mut end)? as u64;
        let last = end.iter().rposition(|&byte| byte != 0);
        end.truncate(last.map_or(0, |last| last + 1));
        let unfinished = dir.join(format!("{FILE}.new"));
        File::create(&unfinished).and_then(|mut aside| {
            aside.write_all(&from.to_le_bytes())?;
            aside.write_all(&bytes.to_le_bytes())?;
            aside.write_all(&end)?;
            aside.sync_all()
        })?;
        fs::rename(unfinished, dir.join(FILE))?;
        directory::sync(dir)?;
        file.set_len(from)?;
        file.sync_all()?;
        Ok(Aside { dir: dir.into(), journal })
    }
}

impl Aside {
    /// It was not acknowledged.
    pub(crate) fn forget(self) -> io::Result<()> {
        fs::remove_file(self.dir.join(FILE))?;
        directory::sync(&self.dir)
    }

    /// It may have been acknowledged.
    pub(crate) fn put_back(self) -> io::Result<()> {
        put_back(&self.dir, &self.journal)
    }
}

/// Puts back what was put aside, if anything was.
pub(super) fn put_back(dir: &Path, journal: &Path) -> io::Result<()> {
    let aside = match fs::read(dir.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        aside => aside?,
    };
    let parts = aside.split_first_chunk().and_then(|(from, rest)| {
        let (bytes, end) = rest.split_first_chunk()?;
        Some((u64::from_le_bytes(*from), u64::from_le_bytes(*bytes), end))
    });
    let (from, bytes, end) = parts.ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut file = OpenOptions::new().write(true).open(journal)?;
    file.set_len(from)?;
    file.seek(SeekFrom::Start(from))?;
    file.write_all(end)?;
    file.set_len(bytes)?;
    file.sync_all()?;
    fs::remove_file(dir.join(FILE))?;
    directory::sync(dir)
}
