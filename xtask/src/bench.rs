//! `cargo xtask bench`: the benchmarks, beside their peers.

use std::ffi::OsString;

use crate::cargo;
use crate::outcome::Outcome;

pub(crate) fn run(arguments: &[OsString]) -> Outcome {
    let mut bench = cargo::command(&["run", "--release", "--package", "loom-benches", "--"]);
    cargo::run(bench.args(arguments))
}
