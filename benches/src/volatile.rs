//! In-process actors.
//!
//! Every entrant has the same counter actor, on the same two threads (actix, which is made for
//! one, on one). Telling and publishing count until the last message was handled; spawning
//! counts until each new actor has handled its first message.

use std::process::Command;
use std::time::Duration;

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use crate::cost::Cost;
use crate::report::{self, Line};
use crate::rounds::{Entrant, compete};

mod actix_peer;
mod coerce_peer;
mod kameo_peer;
mod limits;
mod memory;
mod ours;
mod ractor_peer;
mod receipts;

const TELLS: u32 = 500_000;
const ASKS: u32 = 100_000;
const SPAWNS: u32 = 10_000;
const LOOKUPS: u32 = 500_000;
const PUBLISHES: u32 = 2_000;
const IDLE_ACTORS: u32 = 100_000;

/// Published to, and named.
const CROWD: usize = 100;
const NAMES: usize = 1_000;

/// Messages that may wait for one actor, where the peer has bounds.
const CAPACITY: usize = 1_024;

/// No answer takes this long, but everyone who can has a limit as in production.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Rounds that count.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Only work whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Print the memory of idle actors of one entrant, measured in this process.
    #[arg(long, hide = true)]
    memory_of: Option<String>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    if let Some(entrant) = &options.memory_of {
        println!("{}", memory::of(entrant, IDLE_ACTORS));
        return;
    }
    let wanted = |work: &str| options.only.as_ref().is_none_or(|only| work.contains(only));
    let mut lines = Vec::new();
    for (work, entrants) in works(&runtime()) {
        if wanted(work) {
            lines.extend(compete(work, options.rounds, &entrants));
        }
    }
    if wanted(memory::WORK) {
        lines.extend(memory());
    }
    report::print(&lines, options.json);
}

fn works(runtime: &Runtime) -> Vec<(&'static str, Vec<Entrant<'_>>)> {
    vec![
        (
            "tell",
            vec![
                Entrant::new("loom", || on(runtime, ours::tell(TELLS))),
                Entrant::new("limit: tokio mpsc", || on(runtime, limits::tell(TELLS))),
                Entrant::new("kameo", || on(runtime, kameo_peer::tell(TELLS))),
                Entrant::new("ractor", || on(runtime, ractor_peer::tell(TELLS))),
                Entrant::new("coerce", || on(runtime, coerce_peer::tell(TELLS))),
                Entrant::new("actix, one thread", || actix_peer::tell(TELLS)),
            ],
        ),
        (
            "ask",
            vec![
                Entrant::new("loom", || on(runtime, ours::ask(ASKS))),
                Entrant::new("limit: mpsc, oneshot", || on(runtime, limits::ask(ASKS))),
                Entrant::new("kameo", || on(runtime, kameo_peer::ask(ASKS))),
                Entrant::new("ractor", || on(runtime, ractor_peer::ask(ASKS))),
                Entrant::new("coerce", || on(runtime, coerce_peer::ask(ASKS))),
                Entrant::new("actix, one thread", || actix_peer::ask(ASKS)),
            ],
        ),
        (
            "spawn",
            vec![
                Entrant::new("loom", || on(runtime, ours::spawn(SPAWNS))),
                Entrant::new("limit: tokio task", || on(runtime, limits::spawn(SPAWNS))),
                Entrant::new("kameo", || on(runtime, kameo_peer::spawn(SPAWNS))),
                Entrant::new("ractor", || on(runtime, ractor_peer::spawn(SPAWNS))),
                Entrant::new("coerce", || on(runtime, coerce_peer::spawn(SPAWNS))),
                Entrant::new("actix, one thread", || actix_peer::spawn(SPAWNS)),
            ],
        ),
        (
            "lookup, 2 threads",
            vec![
                Entrant::new("loom", || on(runtime, ours::lookup(LOOKUPS))),
                Entrant::new("limit: rwlock, map", || limits::lookup(LOOKUPS)),
                Entrant::new("kameo", || on(runtime, kameo_peer::lookup(LOOKUPS))),
                Entrant::new("ractor", || on(runtime, ractor_peer::lookup(LOOKUPS))),
            ],
        ),
        (
            "publish to 100",
            vec![
                Entrant::new("loom topic", || on(runtime, ours::publish(PUBLISHES))),
                Entrant::new("limit: 100 try_send", || on(runtime, limits::publish(PUBLISHES))),
                Entrant::new("kameo, 100 tells", || on(runtime, kameo_peer::publish(PUBLISHES))),
                Entrant::new("ractor output port", || on(runtime, ractor_peer::publish(PUBLISHES))),
                Entrant::new("coerce, 100 notifies", || {
                    on(runtime, coerce_peer::publish(PUBLISHES))
                }),
                Entrant::new("actix, one thread", || actix_peer::publish(PUBLISHES)),
            ],
        ),
    ]
}

/// Each entrant gets a process of its own, because a heap never quite forgets.
fn memory() -> Vec<Line> {
    let program = std::env::current_exe().expect("the path of this program");
    let bytes = memory::ENTRANTS.map(|entrant| {
        let output = Command::new(&program).args(["volatile", "--memory-of", entrant]).output();
        let output = output.expect("this program runs again");
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse::<f64>().unwrap_or_else(|_| {
            panic!("{entrant}: {text}{}", String::from_utf8_lossy(&output.stderr))
        })
    });
    let lines = memory::ENTRANTS.iter().zip(bytes).map(|(entrant, amount)| Line {
        work: memory::WORK,
        entrant,
        unit: "B",
        per_operation: amount,
        cpu_ns_per_operation: None,
        ratio_to_ours: amount / bytes[0],
    });
    lines.collect()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Runs on a worker thread, where actors talk to each other in real programs.
fn on(runtime: &Runtime, work: impl Future<Output = Cost> + Send + 'static) -> Cost {
    runtime.block_on(runtime.spawn(work)).expect("the work asserts that it was done")
}

fn names() -> Vec<String> {
    (0..NAMES).map(|number| format!("actor-{number}")).collect()
}

/// Calls `find` with names from two threads, half of `lookups` each.
fn from_two_threads(lookups: u32, find: impl Fn(&str) -> bool + Sync) {
    let names = names();
    let work = |offset: usize| {
        for lookup in 0..lookups as usize / 2 {
            assert!(find(&names[(lookup * 7 + offset) % NAMES]));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(0));
        scope.spawn(|| work(NAMES / 2));
    });
}
