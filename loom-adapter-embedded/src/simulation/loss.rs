//! What a loss of power does to a directory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use crate::directory;
use crate::watermark;

/// What a disk writes as a whole, or not.
const PAGE_BYTES: usize = 4096;
/// Zeros that follow in a journal for which more room was set aside than it needs. The engine
/// sets aside 64 MiB, which would all have to be read.
const ROOM_BYTES: usize = 4096;

/// What became of the part of the journal that was not synced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Loss {
    /// How large the part was.
    pub unsynced_bytes: u64,
    /// How much of it, from its beginning, is as it was written.
    pub kept_bytes: u64,
    /// What is behind that.
    pub rest: Rest,
}

/// What follows the last byte that was kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rest {
    /// The end of the file.
    Nothing,
    /// Zeros, as where the length of a file is durable and its contents are not.
    Zeros,
    /// Zeros to the end of the page, and then all that was written.
    Hole,
    /// Noise to the end of the page, and then all that was written.
    Noise {
        /// Which noise.
        seed: u64,
    },
}

impl Loss {
    pub(super) fn choose(unsynced_bytes: u64, below: &mut dyn FnMut(u64) -> u64) -> Self {
        let kept_bytes = match below(4) {
            0 => 0,
            1 => unsynced_bytes,
            _ => below(unsynced_bytes + 1),
        };
        let rest = match below(4) {
            0 => Rest::Nothing,
            1 => Rest::Zeros,
            2 => Rest::Hole,
            _ => Rest::Noise { seed: below(u64::MAX) },
        };
        Self { unsynced_bytes, kept_bytes, rest }
    }

    /// What is left of a journal.
    pub(super) fn of(self, mut journal: Vec<u8>) -> Vec<u8> {
        let end = journal.len();
        let lost = usize::try_from(self.unsynced_bytes - self.kept_bytes).unwrap_or(end);
        let kept = end - lost;
        let page = kept..(kept + 1).next_multiple_of(PAGE_BYTES).min(end);
        match self.rest {
            Rest::Nothing => journal.truncate(kept),
            Rest::Zeros => {
                journal.truncate(kept);
                journal.resize(end + ROOM_BYTES, 0);
            }
            Rest::Hole => journal[page].fill(0),
            Rest::Noise { seed } => {
                for (n, byte) in journal[page].iter_mut().enumerate() {
                    *byte = XxHash3_64::oneshot_with_seed(seed, &n.to_le_bytes()).to_le_bytes()[0];
                }
            }
        }
        journal
    }
}

/// Copies a directory without its journal and its watermark.
///
/// The engine's other files were synced when they were written. A blob was synced before anything
/// could refer to it; but one that was removed may be there again, in part or as a whole.
pub(super) fn copy(from: &Path, to: &Path, below: &mut dyn FnMut(u64) -> u64) -> io::Result<()> {
    refuse_data_files(&from.join(directory::ENGINE).join(directory::KEYSPACES))?;
    copy_all(from, to)?;
    let blobs = to.join(directory::BLOBS);
    match below(4) {
        0 => fs::write(blobs.join("unfinished-0"), b"any"),
        1 => fs::write(blobs.join("0".repeat(64)), b"thing"),
        _ => Ok(()),
    }
}

/// The first `bytes` of a file.
pub(super) fn read(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    File::open(path)?.take(bytes).read_to_end(&mut found)?;
    Ok(found)
}

/// A watermark that was written, not before the one that is durable: each write is one sector,
/// and none was synced.
pub(super) fn watermark(
    durable: &[u8],
    latest: &[u8],
    below: &mut dyn FnMut(u64) -> u64,
) -> Vec<u8> {
    let (first, Some(last)) = (watermark::decode(durable), watermark::decode(latest)) else {
        return latest.into();
    };
    let written = last - first.unwrap_or(0);
    match (below(2), below(written + 1)) {
        (0, _) => latest.into(),
        (_, back) if back < written => watermark::encode(last - back).into(),
        _ => durable.into(),
    }
}

fn refuse_data_files(keyspaces: &Path) -> io::Result<()> {
    for entry in fs::read_dir(keyspaces)? {
        let entry = entry?;
        // The first holds what the engine knows of the others.
        if entry.file_name() != "0" && fs::read_dir(entry.path().join("tables"))?.next().is_some() {
            return Err(io::Error::other("more was written than can be simulated"));
        }
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), PathBuf::from(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_all(&path, &to.join(name))?;
        } else if name.extension().is_none_or(|extension| extension != "jnl") {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
