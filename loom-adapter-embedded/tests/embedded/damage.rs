//! Bytes that went bad.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use loom_adapter_embedded::EmbeddedStores;
use loom_ports::{BlobName, ErrorKind, PortError, Put, PutCondition};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tempfile::{TempDir, tempdir};

use crate::scene::{Owner, copy, length, open, open_os, run, turn};

const ACTORS: u64 = 6;
const TURNS: u64 = 900;
const RECORD_BYTES: usize = 4096;
const FLIPS: usize = 100;

/// Enough that part of it is in data files, and part only in the journal.
fn written() -> TempDir {
    let dir = tempdir().unwrap();
    let stores = open_os(dir.path());
    run(async {
        let owner = Owner::of(&stores).await;
        for actor in 0..ACTORS {
            for first in (1..=TURNS).step_by(100) {
                let turns: Vec<_> =
                    (first..first + 100).map(|seq| turn(actor, seq, RECORD_BYTES)).collect();
                let _ = owner.commit(&turns).await.unwrap();
            }
        }
        let blobs = stores.blobs();
        let put = Put { bytes: blob(), condition: PutCondition::Always };
        let _ = blobs.put(&blob_name(), put).await.unwrap();
    });
    drop(stores);
    // Opened once more, the journal ends where its last batch does.
    drop(open_os(dir.path()));
    dir
}

fn blob() -> Bytes {
    crate::scene::record(77, 7, 300_000)
}

fn blob_name() -> BlobName {
    BlobName::parse("some/value").unwrap()
}

/// All files that hold data, larger ones more often.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !["LOCK", "lock"].iter().any(|name| path.ends_with(name)) {
            let times = 1 + path.metadata().unwrap().len().ilog2() / 8;
            found.extend((0..times).map(|_| path.clone()));
        }
    }
    found.sort();
    found
}

fn flip(path: &Path, at: u64, mask: u8) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ mask]).unwrap();
}

/// Reads everything. What is not an error must be right.
async fn read_all(stores: &EmbeddedStores) -> Result<(), PortError> {
    let owner = Owner::try_of(stores).await?;
    for actor in 0..ACTORS {
        assert_eq!(length(actor, &owner.load(actor).await?, RECORD_BYTES), TURNS);
    }
    let actors = owner.journal.actors(crate::scene::PARTITION, None, 100).await?;
    assert_eq!(actors.items.len() as u64, ACTORS);
    let blobs = stores.blobs();
    let range = blobs.get(&blob_name(), Some(200_000..200_010)).await?;
    assert_eq!(range, Some(blob().slice(200_000..200_010)));
    assert_eq!(blobs.get(&blob_name(), None).await?, Some(blob()));
    Ok(())
}

#[test]
fn no_flipped_byte_gives_wrong_data() {
    let dir = written();
    let files = files(dir.path());
    assert!(files.iter().any(|path| path.to_string_lossy().contains("/tables/")));
    let mut chance = Pcg64::seed_from_u64(5);
    let (mut at_open, mut at_read, mut harmless) = (0, 0, 0);
    for _ in 0..FLIPS {
        let path = &files[chance.random_range(0..files.len())];
        let at = chance.random_range(0..path.metadata().unwrap().len());
        let mask = 1 << chance.random_range(0..8);
        let copy = copy(dir.path());
        let name = path.strip_prefix(dir.path()).unwrap();
        flip(&copy.path().join(name), at, mask);

        match open(copy.path()) {
            Err(error) => {
                assert!(error.to_string().contains("damaged"), "{name:?} {at}: {error}");
                at_open += 1;
            }
            Ok(stores) => match run(read_all(&stores)) {
                Ok(()) => harmless += 1,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{name:?} {at}: {error}");
                    at_read += 1;
                }
            },
        }
    }
    assert!(at_open > 15 && at_read > 15, "{at_open} {at_read} {harmless}");
}

fn assert_damaged(dir: &Path, what: &str) {
    let error = open(dir).map(drop).expect_err(what).to_string();
    assert!(error.contains("is damaged"), "{what}: {error}");
}

/// The engine does not check its list of data files.
#[test]
fn a_bad_byte_in_a_list_of_data_files_is_found() {
    let dir = written();
    for keyspace in ["0", "1"] {
        let keyspace = dir.path().join("engine/keyspaces").join(keyspace);
        let current = fs::read(keyspace.join("current")).unwrap();
        let list = u64::from_le_bytes(current[..8].try_into().unwrap());
        for path in [keyspace.join("current"), keyspace.join(format!("v{list}"))] {
            for at in 0..path.metadata().unwrap().len() {
                flip(&path, at, 1);
                assert_damaged(dir.path(), &format!("{} at {at}", path.display()));
                flip(&path, at, 1);
            }
        }
    }
    assert_eq!(run(read_all(&open(dir.path()).unwrap())).map_err(|it| it.to_string()), Ok(()));
}

/// The engine does not check the numbers by which it orders batches.
#[test]
fn a_bad_number_of_a_batch_is_found() {
    const END_THEN_START: &[u8] = b"FJL\x03\x01";
    const NUMBER: u64 = END_THEN_START.len() as u64 + 4;
    let dir = tempdir().unwrap();
    let stores = open_os(dir.path());
    run(async {
        let owner = Owner::of(&stores).await;
        for seq in 1..=20 {
            owner.grow(1, seq, 100).await;
        }
    });
    drop(stores);
    let journal = dir.path().join("engine/0.jnl");
    let mut bytes = Vec::new();
    fs::File::open(&journal).unwrap().take(100_000).read_to_end(&mut bytes).unwrap();
    let ends = bytes.windows(END_THEN_START.len()).enumerate();
    let ends: Vec<_> = ends.filter(|(_, it)| *it == END_THEN_START).map(|(at, _)| at).collect();
    assert!(ends.len() > 20, "{}", ends.len());
    for end in &ends[..ends.len() - 1] {
        for mask in [1, 2, 0x80] {
            let at = *end as u64 + NUMBER;
            flip(&journal, at, mask);
            let found = open(dir.path()).map(drop);
            flip(&journal, at, mask);
            let error = found.expect_err("a number that is wrong").to_string();
            assert!(error.contains("is damaged"), "{at}: {error}");
        }
    }
}
