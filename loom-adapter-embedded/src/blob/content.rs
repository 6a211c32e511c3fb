//! Contents of blobs: files that are named by their SHA-256.
//!
//! A file is written under a name that is no hash, synced, and renamed. It is pinned from then
//! until a row refers to it, so that no concurrent deletion takes it away in between.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_64;

use super::name;
use crate::directory;
use crate::error::Broken;
use crate::reader::Reader;

/// Each part of a file has its own checksum, so that a range is checked without the rest.
const PART_BYTES: usize = 64 * 1024;
/// How the names of files begin that are being written.
const UNFINISHED: &str = "unfinished-";

/// SHA-256 of a content, in hexadecimal.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Etag(Arc<str>);

/// The files, and which of them must stay.
#[derive(Clone, Debug)]
pub(crate) struct Blobs {
    dir: PathBuf,
    unfinished: Arc<AtomicU64>,
    pins: Arc<Mutex<HashMap<Etag, usize>>>,
}

/// Keeps a content from being removed.
#[derive(Debug)]
pub(crate) struct Pin {
    etag: Etag,
    pins: Arc<Mutex<HashMap<Etag, usize>>>,
}

/// A content that is being written. Dropped before its end, it is removed.
#[derive(Debug)]
pub(crate) struct Writing {
    file: File,
    /// Where it is, until it has its name.
    path: Option<PathBuf>,
    hash: Sha256,
    sums: Vec<u8>,
    /// The beginning of the next part.
    part: Vec<u8>,
    size: u64,
}

impl Writing {
    pub(crate) fn add(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART_BYTES - self.part.len()));
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == PART_BYTES {
                self.end_part();
            }
        }
        Ok(())
    }

    fn end_part(&mut self) {
        if !self.part.is_empty() {
            self.sums.extend(sum(&self.part));
            self.part.clear();
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // It is removed at the next opening if it cannot be now.
            let _ = fs::remove_file(path);
        }
    }
}

impl Etag {
    fn of(bytes: &[u8]) -> Self {
        Self::of_digest(&Sha256::digest(bytes))
    }

    fn of_digest(digest: &[u8]) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in digest {
            write!(hex, "{byte:02x}").expect("a string takes any text");
        }
        Self(hex.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        &*self.0 == text
    }
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Blobs {
    /// Removes what was not finished, and what no row refers to.
    pub(crate) fn open(dir: PathBuf, rows: &Reader<'_>) -> Result<Self, Broken> {
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            if file.starts_with(UNFINISHED) || !name::is_used(rows, &Etag(file.into()))? {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { dir, unfinished: Arc::default(), pins: Arc::default() })
    }

    /// Begins to write a content that is not known yet.
    pub(crate) fn begin(&self) -> Result<Writing, Broken> {
        let path = self.unfinished();
        let file = File::create(&path)?;
        let (hash, sums) = (Sha256::new(), Vec::new());
        Ok(Writing { file, path: Some(path), hash, sums, part: Vec::new(), size: 0 })
    }

    /// Stores a content durably that was written to its end. Returns its size and the checksums of
    /// its parts.
    pub(crate) fn finish(&self, mut writing: Writing) -> Result<(Pin, u64, Vec<u8>), Broken> {
        writing.end_part();
        let pin = self.pin(Etag::of_digest(&writing.hash.clone().finalize()));
        writing.file.sync_all()?;
        // What is there under this name may have gone bad.
        if let Some(unfinished) = writing.path.take() {
            fs::rename(unfinished, self.path(&pin.etag))?;
        }
        directory::sync(&self.dir)?;
        Ok((pin, writing.size, std::mem::take(&mut writing.sums)))
    }

    /// Stores a content durably. Returns the checksums of its parts.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(Pin, Vec<u8>), Broken> {
        let pin = self.pin(Etag::of(bytes));
        let path = self.path(&pin.etag);
        let sums = bytes.chunks(PART_BYTES).flat_map(sum).collect();
        let unfinished = self.unfinished();
        // What is there under this name may have gone bad.
        let is_there = fs::read(&path).is_ok_and(|there| there == bytes);
        let written = if is_there { Ok(()) } else { write(&unfinished, &path, bytes) };
        let written = written.and_then(|()| directory::sync(&self.dir));
        if let Err(error) = written {
            // It is removed at the next opening if it cannot be now.
            let _ = fs::remove_file(&unfinished);
            return Err(error.into());
        }
        Ok((pin, sums))
    }

    /// Reads a content, or the part of it in `range`. `None` if it is not there.
    pub(crate) fn read(
        &self,
        etag: &Etag,
        size: u64,
        sums: Option<&[u8]>,
        range: Option<Range<u64>>,
    ) -> Result<Option<Bytes>, Broken> {
        let Some(sums) = sums else { return Ok(None) };
        let mut file = match File::open(self.path(etag)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let damaged = || Broken::Blob { name: etag.to_string() };
        let range = range.unwrap_or(0..size);
        let (start, end) = (range.start.min(size), range.end.min(size));
        if start >= end {
            return Ok(Some(Bytes::new()));
        }
        let part = PART_BYTES as u64;
        let (first, after) = (start / part, end.div_ceil(part));
        let expected = usize::try_from(first).ok().zip(usize::try_from(after).ok());
        let expected = expected.and_then(|(first, after)| sums.get(first * 8..after * 8));

        let from = first * part;
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&mut file).take((after * part).min(size) - from).read_to_end(&mut bytes)?;
        let found: Vec<u8> = bytes.chunks(PART_BYTES).flat_map(sum).collect();
        if expected != Some(&found) {
            return Err(damaged());
        }
        let at = |offset: u64| usize::try_from(offset - from).map_err(|_| damaged());
        Ok(Some(Bytes::from(bytes).slice(at(start)?..at(end)?)))
    }

    /// Gives a content another name, to be removed under, unless it is pinned or used.
    pub(crate) fn set_aside(&self, etag: &Etag, aside: &Path, rows: &Reader<'_>) {
        let pins = lock(&self.pins);
        if !pins.contains_key(etag) && matches!(name::is_used(rows, etag), Ok(false)) {
            // Two may have had the same to remove.
            let _ = fs::rename(self.path(etag), aside);
        }
    }

    /// A name for a file that is not there yet, or to be removed.
    pub(crate) fn unfinished(&self) -> PathBuf {
        let n = self.unfinished.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{UNFINISHED}{n}"))
    }

    fn pin(&self, etag: Etag) -> Pin {
        *lock(&self.pins).entry(etag.clone()).or_default() += 1;
        Pin { etag, pins: Arc::clone(&self.pins) }
    }

    fn path(&self, etag: &Etag) -> PathBuf {
        self.dir.join(etag.as_str())
    }
}

impl Pin {
    pub(crate) fn etag(&self) -> &Etag {
        &self.etag
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = lock(&self.pins);
        if let Some(count) = pins.get_mut(&self.etag) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.etag);
            }
        }
    }
}

fn write(unfinished: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

fn lock(pins: &Mutex<HashMap<Etag, usize>>) -> MutexGuard<'_, HashMap<Etag, usize>> {
    pins.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sum(part: &[u8]) -> [u8; 8] {
    XxHash3_64::oneshot(part).to_be_bytes()
}
