//! Storage engines that could carry the embedded stores.
//!
//! Every engine gets the same work in the same way: one thread takes what all committers have
//! handed over since it last looked, writes it as one transaction, waits for the disk, and answers
//! all of them. The limit is a file that is only appended to. `loom` is the journal of the
//! embedded stores, with all that a turn is checked against.

mod committer;
mod disk;
mod journal;

use clap::Args;

pub(crate) use self::committer::Committer;
pub(crate) use self::disk::{Append, Fjall};
use self::disk::{Lmdb, Redb, Sled};
use crate::callers::Callers;
use crate::line::{Role, Unit};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Entrant, compete};

/// The size of a record.
const RECORD_BYTES: usize = 200;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    #[command(flatten)]
    place: Place,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.place.directory();
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
    for (work, callers, records) in [
        ("commit, 1 caller", 1, 2_000),
        ("commit, 64 callers", 64, 64 * 500),
        ("commit, 256 callers", 256, 256 * 200),
    ] {
        if !options.report.wants(work) {
            continue;
        }
        let through = |engine: &Committer| {
            runtime.block_on(engine.commit(Callers { callers, operations: records }))
        };
        lines.extend(compete(
            work,
            Unit::PerSecond,
            options.rounds,
            &[
                Entrant::new("loom", Role::Ours, || stores.commit(&runtime, callers, records)),
                Entrant::new("fjall", Role::Peer, || through(&fjall)),
                Entrant::new("LMDB", Role::Peer, || through(&lmdb)),
                Entrant::new("redb", Role::Peer, || through(&redb)),
                Entrant::new("sled", Role::Peer, || through(&sled)),
                Entrant::new("bare log", Role::Limit, || through(&append)),
            ],
        ));
    }
    options.report.print(&lines);
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
