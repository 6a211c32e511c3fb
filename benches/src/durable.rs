//! Durable actors on one directory.
//!
//! Every turn is a call that is answered after its commit. The limits have the same callers wait
//! for the same disk, through one thread that commits for all of them: a file that is only
//! appended to, and the storage engine below the embedded stores, with nothing of an actor.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions, Stats};
use loom_runtime::Host;
use tokio::runtime::{Builder, Runtime};

use crate::callers::{Callers, call};
use crate::cost::Cost;
use crate::counter::{ADD, Counter};
use crate::engines::{Append, Committer, Fjall};
use crate::line::{Came, Line, Role, Unit};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Entrant, compete};

const ACTORS: u32 = 1_000;

const WORKS: [(&str, Callers, u32); 6] = [
    ("durable turn, 1 caller", Callers { callers: 1, operations: 5_000 }, ACTORS),
    ("durable turn, 64 callers", Callers { callers: 64, operations: 40_000 }, ACTORS),
    ("durable turn, 256 callers", Callers { callers: 256, operations: 80_000 }, ACTORS),
    ("durable turn, 1 caller, 1 actor", Callers { callers: 1, operations: 5_000 }, 1),
    ("durable turn, 64 callers, 1 actor", Callers { callers: 64, operations: 40_000 }, 1),
    ("durable turn, 256 callers, 1 actor", Callers { callers: 256, operations: 80_000 }, 1),
];

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
    let bench = Bench {
        runtime: Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime"),
        stores: EmbeddedStores::open(dir.path().join("data"), StoreOptions::default())
            .expect("an empty directory"),
        log: Committer::start(Append::open(&dir.path().join("log"))),
        fjall: Committer::start(Fjall::open(&dir.path().join("fjall"))),
    };
    let start = async { Host::builder(bench.stores.clone()).actor::<Counter>().start().await };
    let host = bench.runtime.block_on(start).expect("a host on an empty directory");
    let mut lines = Vec::new();
    for (work, callers, actors) in WORKS {
        if options.report.wants(work) {
            lines.extend(bench.turns(&host, work, options.rounds, callers, actors));
        }
    }
    bench.runtime.block_on(host.stop(Duration::from_secs(10)));
    options.report.print(&lines);
}

struct Bench {
    runtime: Runtime,
    stores: EmbeddedStores,
    log: Committer,
    fjall: Committer,
}

impl Bench {
    fn turns(
        &self,
        host: &Host,
        work: &str,
        rounds: usize,
        callers: Callers,
        actors: u32,
    ) -> Vec<Line> {
        let last = Cell::new(Stats::default());
        let ours = || {
            let before = self.stores.stats();
            let cost = self.runtime.block_on(turns(host, callers, actors));
            last.set(since(before, self.stores.stats()));
            cost
        };
        let mut lines = compete(
            work,
            Unit::PerSecond,
            rounds,
            &[
                Entrant::new("loom", Role::Ours, ours),
                Entrant::new("bare log", Role::Limit, || {
                    self.runtime.block_on(self.log.commit(callers))
                }),
                Entrant::new("fjall", Role::Limit, || {
                    self.runtime.block_on(self.fjall.commit(callers))
                }),
            ],
        );
        if let Some(Line { came: Came::Measured(ours), .. }) = lines.first_mut() {
            ours.note = Some(said(last.get(), callers.operations));
        }
        lines
    }
}

async fn turns(host: &Host, callers: Callers, actors: u32) -> Cost {
    let host = host.clone();
    let turn = move |n| {
        let actor = host.actor(format!("counter/{}", n % actors)).expect("an id");
        async move {
            let _: u64 = actor.call(ADD, &1).await.expect("a turn");
        }
    };
    call(callers, turn).await
}

fn since(before: Stats, after: Stats) -> Stats {
    Stats {
        requests: after.requests - before.requests,
        groups: after.groups - before.groups,
        syncs: after.syncs - before.syncs,
    }
}

/// What the store was asked meanwhile, by others than callers too: timers and leases are looked
/// after in between.
fn said(stats: Stats, turns: u32) -> String {
    let per_turn = |n: u64| count(n) / f64::from(turns);
    let per_batch = |n: u64| count(n) / count(stats.groups);
    format!(
        "{:.1} turns and {:.2} fsyncs per commit batch; {:.3} fsyncs and {:.2} store requests \
         per turn",
        per_batch(turns.into()),
        per_batch(stats.syncs),
        per_turn(stats.syncs),
        per_turn(stats.requests),
    )
}

fn count(n: u64) -> f64 {
    u32::try_from(n).expect("the runs are short").into()
}
