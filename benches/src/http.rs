//! Durable turns over HTTP, on a server in a process of its own.
//!
//! Callers keep their connections, and each waits for its answer before it asks again. They take
//! processor time from the server, which is on the same machine; the server's own is counted
//! apart. The limit is the same server answering without a turn.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

mod callers;
mod server;

use callers::{Load, Measured};
use server::Server;

const ACTORS: u32 = 1_000;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Only work whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// The `loom` command, built beforehand: `cargo build --release -p loom-server`.
    #[arg(long, default_value = "target/release/loom")]
    server: PathBuf,
    /// The directory to measure in. Its disk is what counts.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// What an answered turn survives: fsync or os.
    #[arg(long, default_value = "fsync")]
    durability: String,
}

/// The medians of one piece of work.
#[derive(Serialize)]
struct Row {
    work: &'static str,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    /// Processor time of the server for each answer, on all its threads.
    server_cpu_us: f64,
}

const WORKS: [(&str, Load); 7] = [
    ("1 caller", Load { callers: 1, actors: ACTORS, requests: 5_000, keyed: false }),
    ("1 caller, no turn", Load { callers: 1, actors: 0, requests: 10_000, keyed: false }),
    ("64 callers", Load { callers: 64, actors: ACTORS, requests: 40_000, keyed: false }),
    ("64 callers, keys", Load { callers: 64, actors: ACTORS, requests: 40_000, keyed: true }),
    ("64 on 1 actor", Load { callers: 64, actors: 1, requests: 40_000, keyed: false }),
    ("256 callers", Load { callers: 256, actors: ACTORS, requests: 80_000, keyed: false }),
    ("64 callers, no turn", Load { callers: 64, actors: 0, requests: 80_000, keyed: false }),
];

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::tempdir_in(dir).expect("a directory to measure in");
    let server = Server::start(&options.server, &dir.path().join("data"), &options.durability);
    eprintln!("{}, durability {}", server.program().display(), options.durability);
    let wanted = |work: &str| options.only.as_ref().is_none_or(|only| work.contains(only));
    let works: Vec<_> = WORKS.into_iter().filter(|(work, _)| wanted(work)).collect();
    let mut measured: Vec<Vec<Measured>> = works.iter().map(|_| Vec::new()).collect();
    for round in 0..=options.rounds {
        for ((_, load), measured) in works.iter().zip(&mut measured) {
            let result = load.run(&server, round);
            // The first does not count.
            if round > 0 {
                measured.push(result);
            }
        }
    }
    let rows = works.iter().zip(&measured).map(|((work, _), rounds)| Row {
        work,
        per_second: median(rounds, |it| it.per_second),
        p50_us: median(rounds, |it| it.p50_us),
        p99_us: median(rounds, |it| it.p99_us),
        server_cpu_us: median(rounds, |it| it.server_cpu_us),
    });
    print(&rows.collect::<Vec<_>>(), options.json);
}

fn median(rounds: &[Measured], part: fn(&Measured) -> f64) -> f64 {
    let mut parts: Vec<_> = rounds.iter().map(part).collect();
    parts.sort_unstable_by(f64::total_cmp);
    parts.get(parts.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(rows: &[Row], json: bool) {
    if json {
        let text = serde_json::to_string_pretty(rows).expect("rows are plain values");
        println!("{text}");
        return;
    }
    let columns = ["work", "per second", "p50 us", "p99 us", "server cpu us"];
    let [work, per_second, p50, p99, cpu] = columns;
    println!("{work:<22} {per_second:>12} {p50:>10} {p99:>10} {cpu:>14}");
    for Row { work, per_second, p50_us, p99_us, server_cpu_us } in rows {
        println!(
            "{work:<22} {per_second:>12.0} {p50_us:>10.0} {p99_us:>10.0} {server_cpu_us:>14.1}"
        );
    }
}
