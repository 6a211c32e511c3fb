//! Storage engines that could carry the embedded stores.
//!
//! Every engine gets the same work in the same way: one thread takes what all committers have
//! handed over since it last looked, writes it as one transaction, waits for the disk, and answers
//! all of them. The limit is a file that is only appended to. `loom, fsync` is the journal of the
//! embedded stores, with all that a turn is checked against.

mod disk;
mod journal;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use clap::Args;
use tokio::sync::oneshot;

use self::disk::{Append, Engine, Fjall, Lmdb, Redb, Sled};
use crate::cost::{Cost, Stopwatch};
use crate::report;
use crate::rounds::{Entrant, compete};

/// The size of a record.
const RECORD_BYTES: usize = 200;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The directory to measure in. Its disk is what counts.
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::tempdir_in(dir).expect("a directory to measure in");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let at = |name: &str| dir.path().join(name);
    let stores = journal::Journals::open(&at("loom"));
    let append = Committer::start(Append::open(&at("append")));
    let fjall = Committer::start(Fjall::open(&at("fjall")));
    let lmdb = Committer::start(Lmdb::open(&at("lmdb")));
    let redb = Committer::start(Redb::open(&at("redb")));
    let sled = Committer::start(Sled::open(&at("sled")));

    let mut lines = Vec::new();
    for (work, committers, records) in [
        ("1 committer", 1, 2_000),
        ("64 committers", 64, 64 * 500),
        ("256 committers", 256, 256 * 200),
    ] {
        let through = |engine| runtime.block_on(commit(engine, committers, records));
        lines.extend(compete(
            work,
            options.rounds,
            &[
                Entrant::new("loom, fsync", || stores.commit(&runtime, committers, records)),
                Entrant::new("fjall", || through(&fjall)),
                Entrant::new("LMDB", || through(&lmdb)),
                Entrant::new("redb", || through(&redb)),
                Entrant::new("sled", || through(&sled)),
                Entrant::new("limit: append", || through(&append)),
            ],
        ));
    }
    report::print(&lines, options.json);
    if !options.json {
        print_rates(&lines);
    }
}

fn print_rates(lines: &[report::Line]) {
    println!("\n{:<18} {:<22} {:>12} {:>12}", "work", "by", "records/s", "cpu us each");
    for line in lines {
        let rate = 1e9 / line.per_operation;
        let cpu_us = line.cpu_ns_per_operation.unwrap_or(f64::NAN) / 1e3;
        println!("{:<18} {:<22} {rate:>12.0} {cpu_us:>12.1}", line.work, line.entrant);
    }
}

/// Group commit in front of an engine.
#[derive(Clone)]
struct Committer {
    inbox: Sender<oneshot::Sender<()>>,
}

impl Committer {
    /// Starts the thread that writes. It ends with the last sender.
    fn start(engine: impl Engine + Send + 'static) -> Self {
        let (inbox, requests) = channel();
        thread::spawn(move || write(engine, &requests));
        Self { inbox }
    }

    /// Returns once one more record is on the disk.
    async fn commit(&self) {
        let (reply, done) = oneshot::channel();
        self.inbox.send(reply).expect("the thread takes requests");
        done.await.expect("the record is written");
    }
}

fn write(mut engine: impl Engine, requests: &Receiver<oneshot::Sender<()>>) {
    let mut next = 0;
    while let Ok(first) = requests.recv() {
        let group: Vec<_> = [first].into_iter().chain(requests.try_iter()).collect();
        let end = next + group.len() as u64;
        engine.write(next..end);
        next = end;
        for reply in group {
            // Whoever waits for it is there until it is answered.
            let _ = reply.send(());
        }
    }
}

async fn commit(engine: &Committer, committers: u32, records: u32) -> Cost {
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..committers)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for _ in 0..records / committers {
                    engine.commit().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a committer");
    }
    watch.stop(records)
}

/// The key of the record at a place. Keys are spread, as those of many actors are, and none is
/// used twice.
fn key(place: u64) -> [u8; 8] {
    // Multiplying by an odd number is a permutation. This one is 2^64 divided by the golden
    // ratio (Knuth, The Art of Computer Programming 3, section 6.4).
    place.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()
}

/// The record at a place: not all zeros, and not the same everywhere.
fn record(place: u64) -> [u8; RECORD_BYTES] {
    let mut record = [0x5A; RECORD_BYTES];
    for (at, byte) in record.iter_mut().enumerate() {
        *byte ^= place.to_le_bytes()[at % 8];
    }
    record
}
