//! Workspace automation: `cargo xtask <task>`.

mod backends;
mod bench;
mod cargo;
mod chaos;
mod ci;
mod conformance;
mod deny;
mod instructions;
mod layers;
mod manifests;
mod many;
mod money;
mod msrv;
mod outcome;
mod peers;
mod semantics;
mod sim;
mod sources;
mod style;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::ci::Step;
use crate::outcome::Outcome;

/// Automation of the Loom workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold before a change is accepted
    ///
    /// Runs every step even after one has failed, and ends with a table. A step that could not
    /// run is listed as NOT RUN with the reason; the exit code is 0 only if no step failed.
    Ci {
        /// Run these steps only, for example `--only fmt,layers`
        #[arg(long, value_delimiter = ',', value_name = "STEPS")]
        only: Vec<Step>,
    },
    /// The servers that tests need
    #[command(subcommand)]
    Backends(backends::Action),
    /// Every suite on every adapter, and the matrix of what was shown and what was not
    Conformance(conformance::Options),
    /// The images that servers in containers are started from: pulled, or made of what is installed
    Images,
    /// The tests and the documentation tests, the same as `ci --only test,doctest`
    Test,
    /// Check that dependencies between our crates point inwards, and what each manifest must say
    Layers,
    /// Check the stated minimum Rust version against the dependencies and the running compiler
    Msrv,
    /// Check the house rules that need no compiler
    Style,
    /// Check that every promise in docs/semantics.md names tests that exist
    Semantics,
    /// Check licences, banned and duplicate crates, and where crates come from
    Deny,
    /// Move money between wallets while the server is killed, and count every cent
    Money(money::Size),
    /// Move money among hosts that share stores, while hosts die or stores lose their answers
    #[command(subcommand)]
    Many(many::Many),
    /// Move money while a server is killed and stopped, its disk full or slow, its clock wrong
    Chaos(chaos::Extent),
    /// Simulate clusters in release mode, seed after seed, until one breaks a promise
    Sim(sim::Extent),
    /// Measure Loom beside its peers, its targets and the limits of the machine
    Bench(bench::Options),
    /// Count the instructions of the hot paths, with valgrind
    Instructions(instructions::Use),
    /// Measure Loom beside durable servers and libraries, which are built and installed first
    Peers(peers::Options),
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    if let Err(error) = std::env::set_current_dir(root) {
        eprintln!("{}: {error}", root.display());
        return ExitCode::FAILURE;
    }
    match task {
        Task::Ci { only } => ci::run(&only),
        Task::Test => ci::run(&[Step::Test, Step::Doctest]),
        Task::Backends(action) => exit_code(&backends::run(action)),
        Task::Images => exit_code(&backends::images::run()),
        Task::Conformance(options) => exit_code(&conformance::run(&options)),
        Task::Layers => exit_code(&layers::run()),
        Task::Msrv => exit_code(&msrv::run()),
        Task::Style => exit_code(&style::run()),
        Task::Semantics => exit_code(&semantics::run()),
        Task::Deny => exit_code(&deny::run()),
        Task::Chaos(extent) => exit_code(&chaos::run(&extent)),
        Task::Many(what) => exit_code(&many::run(&what)),
        Task::Money(size) => exit_code(&money::run(&size)),
        Task::Sim(extent) => exit_code(&sim::run(&extent)),
        Task::Bench(options) => quiet_exit_code(&bench::run(&options)),
        Task::Instructions(what) => exit_code(&instructions::run(&what)),
        Task::Peers(options) => exit_code(&peers::run(&options)),
    }
}

/// A task that was asked for by name and did not run has not succeeded.
fn exit_code(outcome: &Outcome) -> ExitCode {
    println!("{outcome}");
    code(outcome)
}

/// As [`exit_code`], of a task whose output others read.
fn quiet_exit_code(outcome: &Outcome) -> ExitCode {
    eprintln!("{outcome}");
    code(outcome)
}

fn code(outcome: &Outcome) -> ExitCode {
    if *outcome == Outcome::Passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests;
