//! `cargo xtask bench`: the benchmarks, beside their peers.

use std::ffi::OsString;

use crate::cargo;
use crate::outcome::Outcome;

pub(crate) fn run(arguments: &[OsString]) -> Outcome {
    // `http` measures the command as its users build it.
    let mut server = cargo::command(&["build", "--release", "--package", "loom-server"]);
    let built = cargo::run(&mut server);
    if built != Outcome::Passed {
        return built;
    }
    let mut bench = cargo::command(&["run", "--release", "--package", "loom-benches", "--"]);
    cargo::run(bench.args(arguments))
}
