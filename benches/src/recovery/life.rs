//! Processes that are killed.

use std::any::Any;
use std::io::{BufRead as _, BufReader, Read as _};
use std::num::NonZeroU64;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_runtime::core::SnapshotPolicy;
use loom_runtime::{Host, Settings};

use super::{Left, Took};
use crate::callers::{Callers, call};
use crate::counter::{ADD, Counter, GET};

const FILLERS: u32 = 256;

/// A process that does one part, and is killed once it has said what it took.
pub(super) struct Killed;

impl Killed {
    /// Starts this program again, and kills it.
    pub(super) fn start(part: &str) -> Took {
        let program = std::env::current_exe().expect("the path of this program");
        let mut child = Command::new(program)
            .args(["recovery", "--in-process", part])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program runs again");
        let mut said = String::new();
        let stdout = child.stdout.take().expect("its output is ours");
        let read = BufReader::new(stdout).read_line(&mut said);
        child.kill().expect("it waits to be killed");
        child.wait().expect("it is ours");
        read.expect("it says what it took");
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{part}: {error}: {said}"))
    }

    /// Says what this process took, and waits to be killed: until its input ends at the latest.
    pub(super) fn wait(took: &Took) {
        println!("{}", serde_json::to_string(took).expect("plain values"));
        // Whoever started it holds its input for as long as they live.
        let _ = std::io::stdin().read(&mut [0]);
    }
}

/// Has every actor take its turns.
pub(super) async fn fill(dir: &Path, left: Left) -> (Box<dyn Any>, Took) {
    let host = host(dir, left).await;
    let callers = Callers { callers: FILLERS, operations: left.actors * left.turns_each };
    let turns = {
        let host = host.clone();
        move |n| {
            let actor = host.actor(name(n % left.actors)).expect("an id");
            async move {
                let _: u64 = actor.call(ADD, &1).await.expect("a turn");
            }
        }
    };
    let cost = call(callers, turns).await;
    (Box::new(host), Took::of(0.0, &cost))
}

/// Has every actor asked once, and checks what it says.
pub(super) async fn recover(dir: &Path, left: Left, callers: u32) -> (Box<dyn Any>, Took) {
    let started = Instant::now();
    let host = host(dir, left).await;
    let start_s = started.elapsed().as_secs_f64();
    let ask = {
        let host = host.clone();
        move |n| {
            let actor = host.actor(name(n)).expect("an id");
            async move {
                let count: u64 = actor.call(GET, &()).await.expect("an answer");
                assert_eq!(count, u64::from(left.turns_each));
            }
        }
    };
    let cost = call(Callers { callers, operations: left.actors }, ask).await;
    (Box::new(host), Took::of(start_s, &cost))
}

/// The actor of a number.
pub(super) fn name(number: u32) -> String {
    format!("counter/{number}")
}

async fn host(dir: &Path, left: Left) -> Host {
    let stores = EmbeddedStores::open(dir, StoreOptions::default()).expect("a directory of ours");
    let records_max = if left.snapshots { NonZeroU64::MIN } else { NonZeroU64::MAX };
    let snapshots = SnapshotPolicy { records_max, bytes_min: u64::MAX };
    let settings = Settings { snapshots, ..Settings::default() };
    let host = Host::builder(stores).actor::<Counter>().settings(settings).start().await;
    host.expect("a host on a directory of ours")
}
