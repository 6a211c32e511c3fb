//! What runs the tests, and says what became of each.

mod libtest;
mod nextest;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::Command;

use super::cells::Test;
use crate::cargo;

/// What became of a test, as its runner reported it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// It was told not to run.
    Ignored,
}

/// Tests that were reported, and nothing about others.
pub(super) type Report = BTreeMap<Test, Verdict>;

/// The runner that is installed.
#[derive(Clone, Copy)]
pub(super) enum Runner {
    Nextest,
    /// One process for each target.
    Libtest,
}

/// The targets in which suites run, besides the libraries.
///
/// All crates are named to Cargo, so that what is built is what `cargo xtask ci` builds.
const TARGETS: [&str; 15] = [
    "azurite",
    "blob",
    "coordination",
    "cosmos",
    "embedded",
    "failover",
    "idempotency",
    "interrupted",
    "journal",
    "keyvault",
    "lock",
    "queue",
    "redis",
    "rows",
    "state",
];

impl Runner {
    pub(super) fn installed() -> Self {
        if cargo::has("nextest") { Self::Nextest } else { Self::Libtest }
    }

    /// All tests that there are in the targets.
    pub(super) fn list(self) -> Result<Vec<Test>, Box<dyn Error>> {
        match self {
            Self::Nextest => nextest::list(),
            Self::Libtest => libtest::list(),
        }
    }

    /// What these tests print to their standard error.
    pub(super) fn printed(self, tests: &[&Test]) -> Result<String, Box<dyn Error>> {
        match self {
            Self::Nextest => nextest::printed(tests),
            Self::Libtest => libtest::printed(tests),
        }
    }

    /// Runs these tests, and perhaps some beside them. `prepare` changes the environment of
    /// whatever runs them.
    pub(super) fn run(
        self,
        tests: &[&Test],
        prepare: &dyn Fn(&mut Command),
    ) -> Result<Report, Box<dyn Error>> {
        match self {
            Self::Nextest => nextest::run(tests, prepare),
            Self::Libtest => libtest::run(tests, prepare),
        }
    }
}

/// `cargo SUBCOMMAND`, of the targets.
fn cargo_of_targets(subcommand: &[&str]) -> Command {
    let mut command = cargo::command(subcommand);
    command.args(cargo::TESTED).arg("--lib");
    for target in TARGETS {
        command.args(["--test", target]);
    }
    command
}

/// The modules in which tests stand: `journal::`, and nothing for the root.
fn modules<'a>(tests: &[&'a Test]) -> Vec<(&'a Test, &'a str)> {
    let module =
        |test: &&'a Test| (*test, &test.name[..test.name.rfind("::").map_or(0, |at| at + 2)]);
    let mut modules: Vec<_> = tests.iter().map(module).collect();
    let key = |(test, module): &(&'a Test, &'a str)| {
        (test.package.clone(), test.target.clone(), (*module).to_owned())
    };
    modules.sort_by_key(key);
    modules.dedup_by_key(|one| key(one));
    modules
}
