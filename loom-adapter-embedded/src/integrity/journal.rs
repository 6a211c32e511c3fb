//! The engine's journal.
//!
//! A journal is a sequence of batches, then zeros. All numbers are little-endian.
//!
//! ```text
//! start  1  items: u32  number: u64
//! item   2  type: u8  compression: u8  keyspace: u64  key: u16  value: u32  stored: u32  bytes…
//! clear  4  keyspace: u64
//! end    3  xxh3-64 of the items: u64  "FJL" 3
//! ```
//!
//! The numbers of batches rise, from journal to journal too.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, BufReader, ErrorKind, Read};
#[cfg(any(test, feature = "simulation"))]
use std::io::{Seek, SeekFrom};
use std::path::Path;

use twox_hash::XxHash3_64;

use super::Finding;
use crate::key::{Key, Table};

const MAGIC: [u8; 4] = *b"FJL\x03";

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Reached {
    number: Option<u64>,
    /// The last group that is there as a whole.
    pub(super) group: Option<u64>,
}

/// Where a journal cannot be read on.
#[derive(Debug)]
pub(super) struct Broken {
    /// The first byte of the batch.
    pub(super) from: u64,
    /// The byte.
    pub(super) at: u64,
    /// The batch is whole but for its number.
    pub(super) is_out_of_order: bool,
}

/// Reads a journal to its end. `None` if all of it is whole.
pub(super) fn read(path: &Path, reached: &mut Reached) -> Result<Option<Broken>, Finding> {
    let mut input = Input::open(path, 1 << 18)?;
    loop {
        let from = input.at;
        match input.batch() {
            Ok(Some(batch)) => {
                if reached.number.is_some_and(|before| !follows(batch.number, before)) {
                    return Ok(Some(Broken { from, at: from, is_out_of_order: true }));
                }
                reached.number = Some(batch.number);
                reached.group = batch.group.or(reached.group);
            }
            Ok(None) => return Ok(None),
            Err(error)
                if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData) =>
            {
                return Ok(Some(Broken { from, at: input.at, is_out_of_order: false }));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether a batch may have this number behind another. No checksum covers it: a batch that was
/// torn in its number alone looks whole, and a number that jumped would leave too few behind it.
fn follows(number: u64, before: u64) -> bool {
    const JUMP_MAX: u64 = 1 << 32;
    number > before && number - before <= JUMP_MAX
}

/// Whether nothing was ever written to a journal.
pub(super) fn is_empty(path: &Path) -> io::Result<bool> {
    match Input::open(path, 1 << 18)?.zeros() {
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(false),
        result => result.map(|()| true),
    }
}

/// The end of the whole batches of a journal, the first of which begins at `from`.
#[cfg(any(test, feature = "simulation"))]
pub(super) fn end(path: &Path, from: u64) -> io::Result<u64> {
    let mut input = Input::open(path, 1 << 13)?;
    input.file.seek(SeekFrom::Start(from))?;
    input.at = from;
    loop {
        let end = input.at;
        match input.tag()? {
            Some(1) => input.rest_of_batch()?,
            _ => return Ok(end),
        };
    }
}

struct Batch {
    number: u64,
    group: Option<u64>,
}

struct Input {
    file: BufReader<File>,
    at: u64,
}

impl Input {
    fn open(path: &Path, buffer_bytes: usize) -> io::Result<Self> {
        Ok(Self { file: BufReader::with_capacity(buffer_bytes, File::open(path)?), at: 0 })
    }

    /// The next batch, or `None` where only zeros follow.
    fn batch(&mut self) -> io::Result<Option<Batch>> {
        match self.tag()? {
            Some(1) => self.rest_of_batch().map(Some),
            None | Some(0) => self.zeros().map(|()| None),
            Some(_) => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn rest_of_batch(&mut self) -> io::Result<Batch> {
        let items = u32::from_le_bytes(self.take()?);
        let number = u64::from_le_bytes(self.take()?);
        let (mut sum, mut group) = (XxHash3_64::new(), None);
        for _ in 0..items {
            group = self.item(&mut sum)?.or(group);
        }
        let [tag] = self.take()?;
        let checksum = u64::from_le_bytes(self.take()?);
        if tag != 3 || self.take()? != MAGIC || checksum != sum.finish() {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Batch { number, group })
    }

    /// Reads over an item. Returns the number of the group that it ends, if it ends one.
    fn item(&mut self, sum: &mut XxHash3_64) -> io::Result<Option<u64>> {
        let [tag] = self.take()?;
        sum.write(&[tag]);
        match tag {
            2 => {}
            4 => {
                sum.write(&self.take::<8>()?);
                return Ok(None);
            }
            _ => return Err(ErrorKind::InvalidData.into()),
        }
        let head: [u8; 20] = self.take()?;
        sum.write(&head);
        let key_bytes = u64::from(u16::from_le_bytes([head[10], head[11]]));
        let value_bytes = u64::from(u32::from_le_bytes([head[16], head[17], head[18], head[19]]));
        let key = self.bytes(key_bytes)?;
        let value = self.bytes(value_bytes)?;
        sum.write(&key);
        sum.write(&value);
        let ends_group = key == Key::of(Table::Group).as_ref();
        Ok(ends_group.then(|| value.try_into().ok().map(u64::from_be_bytes)).flatten())
    }

    fn tag(&mut self) -> io::Result<Option<u8>> {
        match self.take::<1>() {
            Ok([tag]) => Ok(Some(tag)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn bytes(&mut self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // A length that went bad must not be believed before that much was read.
        let read = (&mut self.file).take(count).read_to_end(&mut bytes)? as u64;
        self.at += read;
        if read < count { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    fn zeros(&mut self) -> io::Result<()> {
        let (zeros, mut chunk) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        loop {
            match self.file.read(&mut chunk)? {
                0 => return Ok(()),
                read if chunk[..read] == zeros[..read] => self.at += read as u64,
                _ => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }
}
