//! `cargo xtask ci`: every step in order, and a table of what became of each.

mod table;
#[cfg(test)]
mod tests;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::backends::Place;
use crate::backends::azurite;
use crate::cargo::TESTED;
use crate::ci::table::{Row, table};
use crate::outcome::Outcome;
use crate::{
    backends, cargo, conformance, deny, instructions, layers, msrv, semantics, sim, style,
};

/// What is built alone too: without the emulator that tests bring, and without Azure.
const ALONE: [&str; 5] = ["check", "--package", "loom-adapter-cosmos", "--package", "loom-server"];

/// The tests that need Azurite, as `cargo nextest` names them.
const AZURE: &str = "binary_id(loom-adapter-azure-blob::azurite) or test(/^(pairing|secrecy)::/)";

/// One step of `cargo xtask ci`, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    Fmt,
    Clippy,
    Benches,
    Layers,
    Msrv,
    Style,
    Semantics,
    Test,
    Readiness,
    Azure,
    Doctest,
    Containers,
    Sim,
    Docs,
    Instructions,
    Deny,
    Advisories,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self) -> Outcome {
        match self {
            Self::Fmt => cargo::run(&mut cargo::command(&["fmt", "--all", "--check"])),
            Self::Clippy => cargo::run(
                cargo::command(&["clippy", "--all-targets"])
                    .args(TESTED)
                    .args(["--", "-D", "warnings"]),
            ),
            Self::Benches => benches(),
            Self::Layers => layers::run(),
            Self::Msrv => msrv::run(),
            Self::Style => style::run(),
            Self::Semantics => semantics::run(),
            Self::Test => test(),
            Self::Readiness => conformance::check(),
            Self::Azure => azure(),
            Self::Doctest => {
                cargo::run(cargo::command(&["test", "--doc", "--no-fail-fast"]).args(TESTED))
            }
            Self::Containers => conformance::in_containers(),
            Self::Sim => sim::some(),
            Self::Docs => cargo::run(
                cargo::command(&["doc", "--no-deps"])
                    .args(TESTED)
                    .env("RUSTDOCFLAGS", "-D warnings"),
            ),
            Self::Instructions => instructions::run(&instructions::Use::CHECK),
            Self::Deny => deny::run(),
            Self::Advisories => deny::advisories(),
        }
    }
}

/// Runs the steps in `only`, or all of them when it is empty.
pub(crate) fn run(only: &[Step]) -> ExitCode {
    let rows = rows(only, Step::run);
    println!("\n{}", table(&rows));
    let failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// One row per step, those that were not asked for included.
fn rows(only: &[Step], mut run: impl FnMut(Step) -> Outcome) -> Vec<Row> {
    let row = |step: &Step| {
        if !only.is_empty() && !only.contains(step) {
            let outcome = Outcome::NotRun("not selected".to_owned());
            return Row { step: step.name(), outcome, took: Duration::ZERO };
        }
        println!("\n==== {}", step.name());
        let begun = Instant::now();
        let outcome = run(*step);
        let took = begun.elapsed();
        println!("==== {}: {outcome}, {:.1} s", step.name(), took.as_secs_f64());
        Row { step: step.name(), outcome, took }
    };
    Step::value_variants().iter().map(row).collect()
}

/// The benchmarks are compiled apart, so that what they alone need is not built for the tests.
fn benches() -> Outcome {
    let mut clippy = cargo::command(&["clippy", "--package", "loom-benches", "--all-targets"]);
    cargo::run(clippy.args(["--", "-D", "warnings"]))
}

/// All tests but the documentation tests, which `cargo nextest` does not know, and those that need
/// an emulator of Azure.
///
/// The servers they need are started once for all of them.
fn test() -> Outcome {
    let mut test = if cargo::has("nextest") {
        let others = format!("not ({AZURE})");
        let mut test = cargo::command(&["nextest", "run", "--no-fail-fast", "-E", &others]);
        test.args(["--test-threads", &threads()]).args(TESTED);
        test
    } else {
        let kinds = ["test", "--lib", "--bins", "--tests", "--examples", "--no-fail-fast"];
        let mut test = cargo::command(&kinds);
        test.args(["--exclude", "loom-adapter-azure-blob"]).args(TESTED);
        test.args(["--", "--skip", "pairing::", "--skip", "secrecy::"]);
        test
    };
    with_servers(&Place::Processes, &mut test)
}

/// How many tests run at once: one more than there are cores, as many of them wait for a disk, a
/// server or a lease.
fn threads() -> String {
    (std::thread::available_parallelism().map_or(1, usize::from) + 1).to_string()
}

/// The tests that need Azurite, where it is installed or can be.
fn azure() -> Outcome {
    let alone = cargo::run(&mut cargo::command(&ALONE));
    if alone != Outcome::Passed {
        return alone;
    }
    if let Err(error) = azurite::make_sure() {
        return Outcome::NotRun(error.to_string());
    }
    let threads = threads();
    let with_nextest =
        [&["nextest", "run", "--no-fail-fast", "--test-threads", &threads, "-E", AZURE][..]];
    let without = [
        &["test", "--no-fail-fast", "--test", "azurite"][..],
        &["test", "--no-fail-fast", "--test", "loom", "pairing::"],
        &["test", "--no-fail-fast", "--test", "loom", "secrecy::"],
    ];
    let commands = if cargo::has("nextest") { &with_nextest[..] } else { &without };
    let run =
        |command: &&[&str]| with_servers(&Place::Processes, cargo::command(command).args(TESTED));
    let mut outcomes = commands.iter().map(run);
    outcomes.find(|outcome| *outcome != Outcome::Passed).unwrap_or(Outcome::Passed)
}

fn with_servers(place: &Place, test: &mut Command) -> Outcome {
    match backends::Servers::start(place) {
        Ok(servers) => cargo::run(test.envs(servers.variables())),
        Err(error) => Outcome::of(Err(error)),
    }
}
