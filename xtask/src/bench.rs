//! `cargo xtask bench`: Loom beside its peers, its targets and the limits of the machine.

mod goals;
mod line;
mod peers;
mod table;

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use clap::{Args, Subcommand, value_parser};

use self::goals::{GOALS, Goal};
use self::line::Line;
use self::table::Table;
use crate::cargo;
use crate::outcome::Outcome;

/// What is measured, and how.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Only work whose name contains this
    #[arg(long, value_name = "WORK")]
    only: Option<String>,
    /// What `cargo xtask peers --json FILE` found: an array of `{"work": …, "peer": …,
    /// "per_second": …, "cpu_us": …}`, with the names of the table
    #[arg(long, value_name = "FILE")]
    peers: Option<PathBuf>,
    /// Rounds that count, where there are rounds
    #[arg(long, value_parser = value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// The directory to measure in: its disk is what counts
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    subject: Option<Subject>,
}

#[derive(Subcommand)]
enum Subject {
    /// One subject alone with its own options, for example `volatile --rounds 3`; `help` lists them
    #[command(external_subcommand)]
    Alone(Vec<OsString>),
}

/// The benchmarks, as a command that takes a subject.
fn benches() -> std::process::Command {
    cargo::command(&["run", "--quiet", "--release", "--package", "loom-benches", "--"])
}

pub(crate) fn run(options: &Options) -> Outcome {
    let alone = options.subject.as_ref().map(|Subject::Alone(arguments)| arguments);
    if alone.is_none() && options.goals().is_empty() {
        let only = options.only.as_deref().unwrap_or_default();
        return Outcome::of(Ok(vec![format!("the name of no work contains {only:?}")]));
    }
    if let Some(dir) = options.dir.as_ref().filter(|dir| !dir.is_dir()) {
        return Outcome::of(Ok(vec![format!("{}: there is no such directory", dir.display())]));
    }
    let of_peers = match options.peers.as_deref().map_or(Ok(Vec::new()), peers::read) {
        Ok(lines) => lines,
        Err(error) => return Outcome::of(Err(error)),
    };
    // `http` measures the command as its users build it.
    if alone.is_none_or(|arguments| arguments.iter().any(|argument| argument == "http")) {
        let mut server = cargo::command(&["build", "--release", "--package", "loom-server"]);
        let built = cargo::run(&mut server);
        if built != Outcome::Passed {
            return built;
        }
    }
    match alone {
        Some(arguments) => cargo::run(benches().args(arguments)),
        None => options.all(of_peers).unwrap_or_else(|error| Outcome::of(Err(error))),
    }
}

impl Options {
    /// What is to be measured.
    fn goals(&self) -> Vec<Goal> {
        let wanted = |goal: &Goal| self.only.as_ref().is_none_or(|only| goal.work.contains(only));
        GOALS.iter().copied().filter(wanted).collect()
    }

    /// Measures, and puts it beside what is known of peers.
    fn all(&self, mut lines: Vec<Line>) -> Result<Outcome, Box<dyn Error>> {
        let goals = self.goals();
        let mut failed = Vec::new();
        for subject in goals::subjects(&goals) {
            eprintln!("== {subject}");
            match self.measure(subject) {
                Ok(measured) => lines.extend(measured),
                Err(error) => {
                    eprintln!("{subject}: {error}");
                    failed.push((subject, error.to_string()));
                }
            }
        }
        let table = Table::of(&goals, &lines, &failed);
        if self.json {
            println!("{}", serde_json::to_string_pretty(&table)?);
        } else {
            println!("{}\n\n{table}", machine());
        }
        Ok(if failed.is_empty() { Outcome::Passed } else { Outcome::Failed })
    }

    /// Has one subject measured in a process of its own, because a heap never quite forgets.
    fn measure(&self, subject: &str) -> Result<Vec<Line>, Box<dyn Error>> {
        let mut run = benches();
        run.args([subject, "--json"]).stdout(Stdio::piped()).stderr(Stdio::inherit());
        if let Some(only) = &self.only {
            run.args(["--only", only]);
        }
        if let Some(rounds) = self.rounds.filter(|_| subject != "memory") {
            run.args(["--rounds", &rounds.to_string()]);
        }
        if let Some(dir) = self.dir.as_ref().filter(|_| !["redis", "volatile"].contains(&subject)) {
            run.arg("--dir").arg(dir);
        }
        let output = run.output()?;
        if !output.status.success() {
            return Err(output.status.to_string().into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{processors} processors, {} {}", std::env::consts::OS, kernel.trim())
}
