//! Durable turns over HTTP, on a server in a process of its own.
//!
//! Callers keep their connections, and each waits for its answer before it asks again. They take
//! processor time from the server, which is on the same machine; the server's own is counted
//! apart. The limit is the same server answering without a turn.

use std::path::PathBuf;

use clap::Args;

mod callers;
mod server;

use callers::{Load, Measured};
use server::Server;

use crate::cost::middle;
use crate::line::{Figures, Line, Role, Unit};
use crate::place::Place;
use crate::report::Report;

const ACTORS: u32 = 1_000;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    #[command(flatten)]
    place: Place,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// The `loom` command, built beforehand: `cargo build --release -p loom-server`. Without this,
    /// the one beside this program.
    #[arg(long)]
    server: Option<PathBuf>,
    /// What an answered turn survives: fsync or os.
    #[arg(long, default_value = "fsync")]
    durability: String,
}

const ONE: &str = "durable counter over HTTP, 1 caller";
const MANY: &str = "durable counter over HTTP, 64 callers";
const NO_TURN: &str = "answers without a turn";

/// The work, by whom, and how much of it.
const WORKS: [(&str, &str, Role, Load); 7] = [
    (ONE, "loom", Role::Ours, load(1, ACTORS, 5_000)),
    (ONE, NO_TURN, Role::Limit, load(1, 0, 10_000)),
    (MANY, "loom", Role::Ours, load(64, ACTORS, 40_000)),
    (MANY, "loom, with keys", Role::Aside, Load { keyed: true, ..load(64, ACTORS, 40_000) }),
    (MANY, "loom, 1 actor", Role::Aside, load(64, 1, 40_000)),
    (MANY, "loom, 256 callers", Role::Aside, load(256, ACTORS, 80_000)),
    (MANY, NO_TURN, Role::Limit, load(64, 0, 80_000)),
];

const fn load(callers: u32, actors: u32, requests: u32) -> Load {
    Load { callers, actors, requests, keyed: false }
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.place.directory();
    let server =
        Server::start(options.server.as_deref(), &dir.path().join("data"), &options.durability);
    eprintln!("{}, durability {}", server.program().display(), options.durability);
    let works: Vec<_> = WORKS.into_iter().filter(|(work, ..)| options.report.wants(work)).collect();
    let mut measured: Vec<Vec<Measured>> = works.iter().map(|_| Vec::new()).collect();
    for round in 0..=options.rounds {
        for ((.., load), measured) in works.iter().zip(&mut measured) {
            let result = load.run(&server, round);
            // The first does not count.
            if round > 0 {
                measured.push(result);
            }
        }
    }
    let lines = works.iter().zip(&measured).map(|((work, by, role, _), rounds)| {
        let median = |part: fn(&Measured) -> f64| middle(rounds.iter().map(part));
        let figures = Figures {
            amount: median(|it| it.per_second),
            unit: Unit::PerSecond,
            cpu_us: Some(median(|it| it.server_cpu_us)),
            p50_us: Some(median(|it| it.p50_us)),
            p99_us: Some(median(|it| it.p99_us)),
            note: None,
        };
        Line::measured(work, by, *role, figures)
    });
    options.report.print(&lines.collect::<Vec<_>>());
}
