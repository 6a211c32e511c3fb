//! Loom beside its durable peers, measured in one run on one machine.
//!
//! In each round every peer is started in turn on an empty directory, does its work, and is
//! stopped before the next one starts; the numbers are medians of the rounds. Nothing here builds
//! or installs: `cargo xtask peers` does, and says what it could not.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, value_parser};

mod http;
mod obedient;
mod peer;
mod process;
mod report;
mod running;
mod start;
mod work;

use peer::{PEERS, Peer, Places};
use report::Row;
use work::{Took, Work};

/// How long a load runs at least before it counts.
const WARMUP: Duration = Duration::from_secs(1);

#[derive(Parser)]
#[command(about = "Measures Loom beside its durable peers")]
struct Arguments {
    /// The peers to measure. All of them, unless told otherwise; Loom always.
    names: Vec<String>,
    /// Write the rows to this file, too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Rounds that count.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each load lasts.
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u64).range(1..))]
    seconds: u64,
    /// What is not there to be measured.
    #[arg(long, value_name = "NAME=REASON", value_parser = reason)]
    absent: Vec<(String, String)>,
    #[command(flatten)]
    places: Places,
}

fn reason(text: &str) -> Result<(String, String), String> {
    let (name, reason) = text.split_once('=').ok_or("NAME=REASON")?;
    Ok((name.to_owned(), reason.to_owned()))
}

/// The rounds of one peer, or why it was not run.
type Measured = Result<HashMap<Work, Vec<Took>>, String>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let known = |name: &&String| PEERS.iter().any(|peer| peer.name == **name);
    if let Some(name) = arguments.names.iter().find(|name| !known(name)) {
        eprintln!("{name}: no such peer");
        return ExitCode::FAILURE;
    }
    let rows = rows(&arguments.measure_all());
    report::print(&rows);
    let written = arguments.json.map_or(Ok(()), |file| report::write(&rows, &file));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn measure_all(&self) -> Vec<(&'static Peer, Measured)> {
        let chosen = |peer: &&Peer| {
            let all = self.names.is_empty() || peer.name == peer::OURS;
            all || self.names.iter().any(|name| name == peer.name)
        };
        let absent = |peer: &Peer| self.absent.iter().find(|(name, _)| name == peer.name);
        let nothing_yet = |peer| match absent(peer) {
            Some((_, reason)) => (peer, Err(reason.clone())),
            None => (peer, Ok(HashMap::new())),
        };
        let mut all: Vec<(_, Measured)> = PEERS.iter().filter(chosen).map(nothing_yet).collect();
        for round in 1..=self.rounds {
            for (peer, measured) in &mut all {
                let Ok(rounds) = measured else { continue };
                eprintln!("round {round} of {}: {}", self.rounds, peer.name);
                match self.measure(peer) {
                    Ok(each) => {
                        for (work, took) in each {
                            rounds.entry(work).or_default().push(took);
                        }
                    }
                    Err(reason) => {
                        eprintln!("{}: {reason}", peer.name);
                        *measured = Err(format!("round {round}: {reason}"));
                    }
                }
            }
        }
        all
    }

    /// One round of one peer.
    fn measure(&self, peer: &Peer) -> Result<Vec<(Work, Took)>, String> {
        let time = Duration::from_secs(self.seconds);
        let mut running = start::start(peer, &self.places)?;
        let each = peer.works.iter().map(|(work, _)| {
            running.warm_up(*work, WARMUP)?;
            Ok((*work, running.load(*work, time)?))
        });
        each.collect()
    }
}

fn rows(all: &[(&'static Peer, Measured)]) -> Vec<Row> {
    let mut rows = Vec::new();
    for work in Work::ALL {
        for (peer, measured) in all {
            let Some(note) = peer.note(work) else { continue };
            rows.push(match measured {
                Ok(rounds) => {
                    let rounds = rounds.get(&work).cloned().unwrap_or_default();
                    Row::of(work, peer.name, rounds, note)
                }
                Err(reason) => Row::not_run(work, peer.name, reason),
            });
        }
    }
    rows
}
