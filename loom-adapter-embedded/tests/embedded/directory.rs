//! Whose a directory is, and in which format.

use std::fs;

use loom_adapter_embedded::OpenError;
use tempfile::tempdir;

use crate::scene::{Owner, open};

fn refusal(dir: &std::path::Path) -> String {
    open(dir).expect_err("it must not open").to_string()
}

#[test]
fn a_directory_is_used_once_at_a_time() {
    let dir = tempdir().unwrap();
    let first = open(dir.path()).unwrap();

    let error = refusal(dir.path());
    let pid = std::process::id();
    assert!(error.ends_with(&format!("is in use by process {pid}")), "{error}");

    let other_handle = first.clone();
    drop(first);
    refusal(dir.path());
    drop(other_handle);
    open(dir.path()).unwrap();
}

#[test]
fn a_port_keeps_the_directory_in_use() {
    let dir = tempdir().unwrap();
    let journal = open(dir.path()).unwrap().journal();
    refusal(dir.path());
    drop(journal);
    open(dir.path()).unwrap();
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    fs::write(dir.path().join("FORMAT"), "loom-embedded 7 and-more\n").unwrap();
    let error = refusal(dir.path());
    assert!(error.contains("has format version 7"), "{error}");
    assert!(error.contains("knows none above 1"), "{error}");
}

#[test]
fn a_format_that_names_none_is_damage() {
    for format in ["", "\n", "loom-embedded", "loom-embedded x", "loom-embedded 0", "loom 1"] {
        let dir = tempdir().unwrap();
        drop(open(dir.path()).unwrap());
        fs::write(dir.path().join("FORMAT"), format).unwrap();
        let error = open(dir.path()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{format:?}: {error}");
    }
}

#[test]
fn a_directory_that_holds_something_else_is_refused() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "").unwrap();
    let error = refusal(dir.path());
    assert!(error.contains("thesis.tex"), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "only the lock was added");
}

#[test]
fn what_is_missing_is_damage_and_not_an_empty_store() {
    for missing in ["FORMAT", "engine", "engine/keyspaces"] {
        let dir = tempdir().unwrap();
        let stores = open(dir.path()).unwrap();
        crate::scene::run(async { Owner::of(&stores).await.grow(1, 1, 10).await });
        drop(stores);

        let path = dir.path().join(missing);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();

        let error = open(dir.path()).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{missing}: {error}");
    }
}
