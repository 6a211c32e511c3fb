//! How far the engine's journal must reach.
//!
//! The number of the last group that was answered, in a small file of its own that is written,
//! without a sync, after each group. It is never ahead of what is durable, and survives the
//! death of the process; so a journal that ends before it has lost what was answered. The
//! engine alone cannot tell such a loss from a write that was cut short.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use twox_hash::XxHash3_64;

/// Its name in the directory.
pub(crate) const FILE: &str = "SYNCED";

#[derive(Debug)]
pub(crate) struct Watermark(File);

impl Watermark {
    /// Opens the file, and reads the number. `None` if there is none, or not a whole one.
    pub(crate) fn open(dir: &Path) -> io::Result<(Self, Option<u64>)> {
        let path = dir.join(FILE);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((Self(file), decode(&bytes)))
    }

    pub(crate) fn write(&mut self, group: u64) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&encode(group))
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

pub(crate) fn encode(group: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    let group = group.to_le_bytes();
    bytes[..8].copy_from_slice(&group);
    bytes[8..].copy_from_slice(&XxHash3_64::oneshot(&group).to_le_bytes());
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Option<u64> {
    let group = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
    (bytes == encode(group)).then_some(group)
}
