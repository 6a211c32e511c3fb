//! `kill -9` at any moment.
//!
//! A child, which is this test again, commits turns and tells each acknowledged one on its
//! standard output. The parent kills it, and looks at what is there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tempfile::tempdir;
use tokio::task::JoinHandle;

use crate::scene::{Owner, length, open, run, turn};

const DIR: &str = "LOOM_TEST_CRASH_DIR";
const KILLS: u32 = 24;
const ACTORS: u64 = 8;
const RECORD_BYTES: usize = 700;

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = tempdir().unwrap();
    let mut chance = Pcg64::seed_from_u64(9);
    let mut acknowledged = vec![0; usize::try_from(ACTORS).unwrap()];
    for kill in 0..KILLS {
        let mut child = child(dir.path());
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut told = output.lines().map(|line| line.unwrap());
        // Not before it works, or a kill would prove nothing.
        let first = told.by_ref().find(|line| line.starts_with("ok ")).expect("the child works");
        std::thread::sleep(Duration::from_micros(chance.random_range(0..150_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in [first].into_iter().chain(told) {
            // The last line may be cut short.
            if let [Ok(actor), Ok(seq)] = numbers(&line)[..] {
                acknowledged[usize::try_from(actor).unwrap()] = seq;
            }
        }

        let stores = open(dir.path()).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        run(async {
            let owner = Owner::of(&stores).await;
            for (actor, acknowledged) in (0..).zip(&mut acknowledged) {
                let length = length(actor, &owner.load(actor).await.unwrap(), RECORD_BYTES);
                // One turn may have been committed without being told.
                let possible = *acknowledged..=*acknowledged + 1;
                assert!(possible.contains(&length), "kill {kill}: {actor}:{length} {possible:?}");
                *acknowledged = length;
            }
        });
    }
    assert!(acknowledged.iter().sum::<u64>() > u64::from(KILLS) * 10, "{acknowledged:?}");
}

/// `ok ACTOR SEQ`, where each number ends with a full stop, so that none is cut short unseen.
fn numbers(line: &str) -> Vec<Result<u64, ()>> {
    let numbers = line.strip_prefix("ok ").unwrap_or_default().split_whitespace();
    numbers.map(|word| word.strip_suffix('.').ok_or(())?.parse().map_err(drop)).collect()
}

fn child(dir: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::the_child", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "the child of the test above"]
fn the_child() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let stores = open(Path::new(&dir)).unwrap();
    run(async {
        let owner = Owner::of(&stores).await;
        let work = (0..ACTORS).map(|actor| {
            let owner = owner.clone();
            tokio::spawn(async move {
                let mut seq = length(actor, &owner.load(actor).await.unwrap(), RECORD_BYTES);
                loop {
                    seq += 1;
                    owner.grow(actor, seq, RECORD_BYTES).await;
                    println!("\nok {actor}. {seq}.");
                }
            })
        });
        let actors: Vec<JoinHandle<()>> = work.collect();
        // None of them ends.
        for actor in actors {
            actor.await.unwrap();
        }
    });
}

#[test]
fn a_turn_sent_again_after_a_kill_is_committed_once() {
    let dir = tempdir().unwrap();
    for seq in 1..=3 {
        let stores = open(dir.path()).unwrap();
        run(async {
            let owner = Owner::of(&stores).await;
            for before in 1..seq {
                let outcomes = owner.commit(&[turn(1, before, 10)]).await.unwrap();
                assert_eq!(outcomes, [loom_ports::CommitOutcome::Already]);
            }
            owner.grow(1, seq, 10).await;
        });
    }
}
