//! A directory whose creation was cut short.

use std::fs::{self, File};
use std::path::Path;

use tempfile::tempdir;

use crate::{EmbeddedStores, OpenError, Options};

/// What there is of `engine` while it is created, in this order, each with its length.
const STEPS: [(&str, u64); 6] = [
    ("lock", 0),
    ("keyspaces/", 0),
    ("0.jnl", 0),
    ("0.jnl", 64 * 1024 * 1024),
    ("version", 0),
    ("version", 3),
];

fn create(engine: &Path, steps: usize) {
    fs::create_dir(engine).unwrap();
    for (name, bytes) in &STEPS[..steps] {
        let path = engine.join(name);
        if name.ends_with('/') {
            fs::create_dir(path).unwrap();
        } else if *name == "version" {
            fs::write(path, &b"FJL"[..usize::try_from(*bytes).unwrap()]).unwrap();
        } else {
            File::create(path).unwrap().set_len(*bytes).unwrap();
        }
    }
}

#[test]
fn a_creation_that_was_cut_short_begins_anew() {
    for steps in 0..=STEPS.len() {
        let dir = tempdir().unwrap();
        drop(EmbeddedStores::open(dir.path(), Options::default()).unwrap());
        fs::remove_dir_all(dir.path().join("engine")).unwrap();
        create(&dir.path().join("engine"), steps);
        EmbeddedStores::open(dir.path(), Options::default())
            .unwrap_or_else(|error| panic!("after {steps} steps: {error}"));
    }
}

#[test]
fn an_engine_that_was_used_is_not_taken_for_unfinished() {
    let dir = tempdir().unwrap();
    drop(EmbeddedStores::open(dir.path(), Options::default()).unwrap());
    let engine = dir.path().join("engine");
    fs::remove_file(engine.join("version")).unwrap();
    let error = EmbeddedStores::open(dir.path(), Options::default()).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. } | OpenError::Damaged { .. }), "{error}");
    assert!(engine.join("keyspaces/1/current").exists());
}
