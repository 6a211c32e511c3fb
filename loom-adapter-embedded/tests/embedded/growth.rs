//! What a directory grows to.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use loom_core::Seq;
use loom_ports::Turn;
use tempfile::tempdir;

use crate::scene::{Owner, head, open_os, run, turn};

const ACTORS: u64 = 4;
const TURNS: u64 = 50_000;
const SNAPSHOT_EVERY: u64 = 100;
const RECORD_BYTES: usize = 4096;

/// The bytes that the files of a directory take on the disk.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.blocks() * 512,
            // The engine removes files meanwhile.
            Err(_) => 0,
        })
        .sum()
}

#[test]
fn trimmed_journals_do_not_grow_without_bound() {
    let dir = tempdir().unwrap();
    let stores = open_os(dir.path());
    let mut largest = 0;
    run(async {
        let owner = Owner::of(&stores).await;
        for first in (1..=TURNS).step_by(50) {
            let turns: Vec<_> = (first..first + 50)
                .flat_map(|seq| (0..ACTORS).map(move |actor| (actor, seq)))
                .map(|(actor, seq)| {
                    let snapshot = seq % SNAPSHOT_EVERY == 0;
                    let trim_before = snapshot.then_some(Seq(seq));
                    Turn { snapshot, trim_before, ..turn(actor, seq, RECORD_BYTES) }
                })
                .collect();
            let outcomes = owner.commit(&turns).await.unwrap();
            assert!(outcomes.iter().all(|it| *it == loom_ports::CommitOutcome::Committed));
            if first % 1000 == 1 {
                largest = largest.max(size(dir.path()));
            }
        }
        for actor in 0..ACTORS {
            let loaded = owner.load(actor).await.unwrap();
            assert_eq!(loaded.head, head(TURNS));
            assert_eq!(loaded.records.len(), 1);
        }
    });
    // 800 MB were written, of which never more than 2 MB were needed.
    assert!(largest < 400 * 1024 * 1024, "{largest} bytes");
}
