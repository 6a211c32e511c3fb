//! A journal of the engine whose end was not written whole.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use fjall::Database;
use loom_adapter_embedded::OpenError;
use loom_core::{Epoch, HostId};
use loom_ports::Tenure;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tempfile::{TempDir, tempdir};
use twox_hash::XxHash3_64;

use crate::scene::{Owner, PARTITION, copy, length, open, run};

const TURNS: u64 = 24;
const RECORD_BYTES: usize = 900;

/// A directory, and after each turn: how long the journal was, and the group that was synced.
struct Written {
    dir: TempDir,
    marks: Vec<(u64, u64)>,
}

fn written() -> Written {
    let dir = tempdir().unwrap();
    let stores = open(dir.path()).unwrap();
    let mut marks = Vec::new();
    run(async {
        let owner = Owner::of(&stores).await;
        for seq in 1..=TURNS {
            owner.grow(1, seq, RECORD_BYTES).await;
            let before = marks.last().map_or(0, |(written, _)| *written);
            let written = written_bytes(&journal(dir.path()), before);
            marks.push((written, synced(dir.path())));
        }
    });
    drop(stores);
    // The engine sets aside 64 MiB; a little is as good, and faster to read.
    let file = OpenOptions::new().write(true).open(journal(dir.path())).unwrap();
    file.set_len(marks[marks.len() - 1].0 + 10_000).unwrap();
    Written { dir, marks }
}

fn journal(dir: &Path) -> PathBuf {
    dir.join("engine/0.jnl")
}

/// The place after the last byte that is not zero: each batch ends with one. A turn is at most
/// a few kilobytes behind the one before.
fn written_bytes(journal: &Path, before: u64) -> u64 {
    let mut file = File::open(journal).unwrap();
    file.seek(SeekFrom::Start(before)).unwrap();
    let mut bytes = Vec::new();
    file.take(20_000).read_to_end(&mut bytes).unwrap();
    before + bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last as u64 + 1)
}

fn synced(dir: &Path) -> u64 {
    let bytes = fs::read(dir.join("SYNCED")).unwrap();
    u64::from_le_bytes(bytes[..8].try_into().unwrap())
}

/// As if the process had died when `group` was the last that was acknowledged.
fn set_synced(dir: &Path, group: u64) {
    let group = group.to_le_bytes();
    let sum = XxHash3_64::oneshot(&group).to_le_bytes();
    fs::write(dir.join("SYNCED"), [group, sum].concat()).unwrap();
}

#[derive(Clone, Copy, Debug)]
enum Tear {
    /// The file ends here.
    CutOff(u64),
    /// Only zeros follow, as where a page was not written.
    Zeros(u64),
    /// A page in the middle was not written, but what follows was.
    Hole(u64),
    /// Something else was there before.
    Noise(u64),
}

fn tear(journal: &Path, tear: Tear, end: u64) {
    let mut file = OpenOptions::new().write(true).open(journal).unwrap();
    let (at, bytes) = match tear {
        Tear::CutOff(at) => return file.set_len(at).unwrap(),
        Tear::Zeros(at) => (at, vec![0; usize::try_from(end - at).unwrap()]),
        Tear::Hole(at) => (at, vec![0; usize::try_from((end - at) / 2).unwrap()]),
        Tear::Noise(at) => (at, vec![0x5A; usize::try_from(end - at).unwrap()]),
    };
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&bytes).unwrap();
}

#[test]
fn a_torn_tail_loses_only_what_was_not_acknowledged() {
    let Written { dir, marks } = written();
    let mut chance = Pcg64::seed_from_u64(3);
    let end = marks[marks.len() - 1].0;
    for n in 0..80 {
        let at = chance.random_range(marks[0].0..end);
        let damage = [Tear::CutOff(at), Tear::Zeros(at), Tear::Hole(at), Tear::Noise(at)][n % 4];
        // All turns before the damage are there as a whole.
        let whole = marks.iter().filter(|(written, _)| *written <= at).count();

        let torn = copy(dir.path());
        set_synced(torn.path(), marks[whole - 1].1);
        tear(&journal(torn.path()), damage, end);

        // Twice, for the second life must be able to build on the first.
        for more in 0..2 {
            let stores = open(torn.path()).unwrap_or_else(|error| panic!("{damage:?}: {error}"));
            run(async {
                let owner = Owner::of(&stores).await;
                let length = length(1, &owner.load(1).await.unwrap(), RECORD_BYTES);
                let expected = whole as u64 + more;
                // A turn may be whole although the note that its group ended is not.
                let possible = expected..=expected + 1;
                assert!(possible.contains(&length), "{damage:?}: {length}, not {possible:?}");
                owner.grow(1, length + 1, RECORD_BYTES).await;
            });
        }
    }
}

/// No checksum covers the number of a batch, and a page may end within it.
#[test]
fn a_batch_torn_in_its_number_alone_is_torn() {
    const NUMBER: u64 = 5;
    let Written { dir, marks } = written();
    let (end, group) = marks[marks.len() - 2];
    for bytes in [[0; 8], [0x5A; 8], [0, 0, 0, 0, 0, 0, 0, 0x80]] {
        let torn = copy(dir.path());
        set_synced(torn.path(), group);
        let mut file = OpenOptions::new().write(true).open(journal(torn.path())).unwrap();
        file.seek(SeekFrom::Start(end + NUMBER)).unwrap();
        file.write_all(&bytes).unwrap();
        drop(file);
        for more in 0..2 {
            let stores = open(torn.path()).unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
            run(async {
                let owner = Owner::of(&stores).await;
                let length = length(1, &owner.load(1).await.unwrap(), RECORD_BYTES);
                assert_eq!(length, marks.len() as u64 - 1 + more, "{bytes:?}");
                owner.grow(1, length + 1, RECORD_BYTES).await;
            });
        }
    }
}

#[test]
fn a_tail_that_was_acknowledged_is_not_dropped_in_silence() {
    let Written { dir, marks } = written();
    let mut chance = Pcg64::seed_from_u64(4);
    let end = marks[marks.len() - 1].0;
    for n in 0..40 {
        let at = chance.random_range(marks[0].0..end);
        let damage = [Tear::CutOff(at), Tear::Zeros(at), Tear::Hole(at), Tear::Noise(at)][n % 4];
        let torn = copy(dir.path());
        tear(&journal(torn.path()), damage, end);
        let before = fs::read(journal(torn.path())).unwrap();

        let error = open(torn.path()).expect_err("acknowledged work is missing");

        assert!(matches!(error, OpenError::Damaged { .. }), "{damage:?}: {error}");
        let after = fs::read(journal(torn.path())).unwrap();
        assert!(before == after, "{damage:?}: what is left must stay for whoever mends it");
    }
}

/// A directory as it is after the engine has begun a new journal: all of `turns` turns are in data
/// files. The last turn is in the journal.
fn after_a_rotation(turns: u64) -> TempDir {
    let dir = tempdir().unwrap();
    let write = |seqs: RangeInclusive<u64>| {
        let stores = open(dir.path()).unwrap();
        run(async {
            let owner = Owner::of(&stores).await;
            for seq in seqs {
                owner.grow(1, seq, RECORD_BYTES).await;
            }
        });
    };
    write(1..=turns);
    let engine = Database::builder(dir.path().join("engine")).open().unwrap();
    let rows = engine.keyspace("rows", || unreachable!("it is there")).unwrap();
    rows.rotate_memtable_and_wait().unwrap();
    drop((rows, engine));
    fs::remove_file(journal(dir.path())).unwrap();
    File::create(dir.path().join("engine/1.jnl")).unwrap();
    // Without a claim, which would be a group of its own.
    let stores = open(dir.path()).unwrap();
    run(async {
        let tenure =
            Tenure { partition: PARTITION, host: HostId::parse("host").unwrap(), epoch: Epoch(1) };
        let owner = Owner { journal: stores.journal(), tenure };
        owner.grow(1, turns + 1, RECORD_BYTES).await;
    });
    drop(stores);
    dir
}

/// As if the power had been lost while the journal was being opened, and its end put aside.
fn put_aside(dir: &Path, journal: &Path) {
    let written = fs::read(journal).unwrap();
    let (from, bytes) = (0_u64.to_le_bytes(), (written.len() as u64).to_le_bytes());
    fs::write(dir.join("ASIDE"), [&from, &bytes, &written[..]].concat()).unwrap();
    File::create(journal).unwrap();
}

#[test]
fn the_first_group_of_a_journal_may_be_torn_as_any_other() {
    let dir = after_a_rotation(TURNS);
    let group = synced(dir.path());
    let end = dir.path().join("engine/1.jnl").metadata().unwrap().len();
    let damages = [Tear::Hole(100), Tear::Hole(300), Tear::Noise(500), Tear::CutOff(700)];
    for (damage, n) in damages.into_iter().cycle().zip(0..16) {
        let (is_lost, is_second_try) = (n / 4 % 2 == 1, n / 8 == 1);
        let torn = copy(dir.path());
        let path = torn.path().join("engine/1.jnl");
        set_synced(torn.path(), if is_lost { group } else { group - 1 });
        tear(&path, damage, end);
        let before = fs::read(&path).unwrap();
        if is_second_try {
            put_aside(torn.path(), &path);
        }
        match open(torn.path()) {
            Ok(stores) => {
                assert!(!is_lost, "{damage:?}");
                let owner = run(Owner::of(&stores));
                let loaded = run(owner.load(1)).unwrap();
                assert_eq!(length(1, &loaded, RECORD_BYTES), TURNS, "{damage:?}");
                run(owner.grow(1, TURNS + 1, RECORD_BYTES));
            }
            Err(error) => {
                assert!(is_lost && error.to_string().contains("damaged"), "{damage:?}: {error}");
                let after = fs::read(&path).unwrap();
                assert!(before == after, "{damage:?}: what is left must stay for whoever mends it");
            }
        }
        assert!(!torn.path().join("ASIDE").exists());
    }
}

#[test]
fn a_loss_can_be_accepted() {
    let Written { dir, marks } = written();
    tear(&journal(dir.path()), Tear::CutOff(marks[9].0), 0);
    let error = open(dir.path()).unwrap_err().to_string();
    assert!(error.contains("remove the file SYNCED"), "{error}");

    fs::remove_file(dir.path().join("SYNCED")).unwrap();

    let stores = open(dir.path()).unwrap();
    run(async {
        let owner = Owner::of(&stores).await;
        assert_eq!(length(1, &owner.load(1).await.unwrap(), RECORD_BYTES), 10);
    });
}
