//! `cargo xtask sim`: clusters simulated, seed after seed.

use std::process::Command;

use clap::{Args, value_parser};

use crate::cargo;
use crate::outcome::Outcome;

/// What is simulated; `cargo xtask sim -- --help` says what else there is.
#[derive(Args)]
pub(crate) struct Extent {
    /// How many seeds
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u64).range(1..))]
    seeds: u64,
    /// Stop after so many minutes, whatever is left
    #[arg(long, value_parser = value_parser!(u64).range(1..=525_600))]
    minutes: Option<u64>,
    /// Plant a bug, and try seeds until it is found; without a name, all that are known
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "all")]
    planted: Option<String>,
    /// Goes to the simulation as it is, for example `-- --from 5000 --scenario bank`
    #[arg(last = true, value_name = "ARGUMENTS")]
    rest: Vec<String>,
}

/// As many seeds as were asked for, with the code that users run.
pub(crate) fn run(extent: &Extent) -> Outcome {
    if let Some(planted) = &extent.planted {
        let mut hunt = binary("hunt", &["--release"]);
        hunt.args(["--seeds", &extent.seeds.to_string()]);
        return cargo::run(hunt.arg(planted).args(&extent.rest));
    }
    let mut simulate = simulate(&["--release"]);
    simulate.args(["--seeds", &extent.seeds.to_string()]);
    if let Some(minutes) = extent.minutes {
        simulate.args(["--minutes", &minutes.to_string()]);
    }
    cargo::run(simulate.args(&extent.rest))
}

/// The seeds that every change is held against, and some that no change before was.
pub(crate) fn some() -> Outcome {
    const SEEDS: [&str; 2] = ["--seeds", "200"];
    let always = cargo::run(simulate(&[]).args(SEEDS));
    let Some(from) = first_of_commit() else {
        println!("the commit is not known: no new seeds");
        return always;
    };
    println!("new seeds, from {from}: those of this commit");
    let new = cargo::run(simulate(&[]).args(SEEDS).args(["--from", &from.to_string()]));
    if always == Outcome::Passed { new } else { always }
}

fn simulate(profile: &[&str]) -> Command {
    binary("simulate", profile)
}

fn binary(name: &str, profile: &[&str]) -> Command {
    let mut run = cargo::command(&["run", "--quiet", "--package", "loom-simulation"]);
    run.args(profile).args(["--bin", name, "--"]);
    run
}

fn first_of_commit() -> Option<u64> {
    let head = Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    from_hash(std::str::from_utf8(&head.stdout).ok()?)
}

/// The first seed of a commit: the first digits of its hash, as they can be typed again.
fn from_hash(hash: &str) -> Option<u64> {
    u64::from_str_radix(hash.get(..8)?, 16).ok()
}

#[cfg(test)]
mod tests;
