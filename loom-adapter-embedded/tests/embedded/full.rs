//! A disk without room.

use std::path::{Path, PathBuf};
use std::process::Command;

use loom_core::Seq;
use loom_ports::{CommitOutcome, ErrorKind, PortError};
use tempfile::tempdir;

use crate::scene::{Owner, actor, length, open, run, turn};

const DIR: &str = "LOOM_TEST_FULL_DIR";
const RECORD_BYTES: usize = 60_000;
const ACTOR: u64 = 1;

/// Commits until the store refuses. Says how many turns it acknowledged.
fn fill(dir: &Path) -> u64 {
    let stores = open(dir).unwrap();
    run(async {
        let owner = Owner::of(&stores).await;
        let mut acknowledged = length(ACTOR, &owner.load(ACTOR).await.unwrap(), RECORD_BYTES);
        let mut unknown = 0;
        let error = loop {
            let next = acknowledged + 1;
            match owner.commit(&[turn(ACTOR, next, RECORD_BYTES)]).await.as_deref() {
                Ok([CommitOutcome::Committed]) => acknowledged += 1,
                Ok([CommitOutcome::Unknown]) if unknown == 0 => unknown += 1,
                Err(_) => break owner.commit(&[turn(ACTOR, next, 10)]).await.unwrap_err(),
                outcome => panic!("{outcome:?} after {acknowledged} turns"),
            }
        };
        assert_refused(&error);
        assert_refused(&owner.load(ACTOR).await.unwrap_err());
        // What was acknowledged can still be read, and nothing that is not known to be on disk.
        let read = async |from| {
            let page = owner.journal.read(&actor(ACTOR), Seq(from), 1).await.unwrap();
            page.items.first().map(|record| record.seq)
        };
        assert_eq!(read(acknowledged).await, Some(Seq(acknowledged)));
        assert_eq!(read(acknowledged + 1).await, None);
        acknowledged
    })
}

fn assert_refused(error: &PortError) {
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(error.to_string().contains("free some space and open it again"), "{error}");
}

fn assert_whole(dir: &Path, acknowledged: u64) {
    let stores = open(dir).unwrap();
    run(async {
        let owner = Owner::of(&stores).await;
        let length = length(ACTOR, &owner.load(ACTOR).await.unwrap(), RECORD_BYTES);
        let possible = acknowledged..=acknowledged + 1;
        assert!(possible.contains(&length), "{length}, not {possible:?}");
        owner.grow(ACTOR, length + 1, RECORD_BYTES).await;
    });
}

/// The limit is on the size of a file. The engine's journal is the first to reach it.
#[test]
fn a_full_disk_is_said_to_be_full_and_loses_nothing() {
    let dir = tempdir().unwrap();
    drop(open(dir.path()).unwrap());
    let output = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 8192; exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "full::the_child", "--nocapture"])
        .env(DIR, dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged = told.lines().find_map(|line| line.strip_prefix("acknowledged "));
    let acknowledged: u64 = acknowledged.expect("the child says so").parse().unwrap();
    assert!(acknowledged > 10, "{acknowledged}");

    assert_whole(dir.path(), acknowledged);
}

#[test]
#[ignore = "the child of the test above"]
fn the_child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    println!("\nacknowledged {}", fill(Path::new(&dir)));
}

#[test]
#[ignore = "mounts a file system, which takes root"]
fn a_full_file_system_is_said_to_be_full_and_loses_nothing() {
    let dir = tempdir().unwrap();
    let mount = Mount::new(dir.path());
    let data = dir.path().join("data");
    let acknowledged = fill(&data);
    assert!(acknowledged > 10, "{acknowledged}");

    mount.resize("256m");
    assert_whole(&data, acknowledged);
}

struct Mount(PathBuf);

impl Mount {
    fn new(at: &Path) -> Self {
        let mount = Self(at.into());
        mount.call(&["mount", "-t", "tmpfs", "-o", "size=24m", "none"]);
        mount
    }

    fn resize(&self, size: &str) {
        self.call(&["mount", "-o", &format!("remount,size={size}")]);
    }

    fn call(&self, command: &[&str]) {
        let status = Command::new(command[0]).args(&command[1..]).arg(&self.0).status();
        assert!(status.unwrap().success(), "{command:?}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.call(&["umount"]);
    }
}
