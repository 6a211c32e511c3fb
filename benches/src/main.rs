//! Loom beside its peers, measured in one run on one machine.
//!
//! Every number comes from rounds that take turns: ours, a peer, the next peer, ours again. What
//! is asserted is that the work was done; times are only printed. `cargo xtask bench` runs all
//! subjects and holds them against their targets.

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

mod callers;
mod cost;
mod counter;
mod durable;
mod engines;
mod expressions;
mod http;
mod line;
mod memory;
mod node;
mod place;
mod recovery;
mod redis;
mod report;
mod resident;
mod rounds;
mod stepper;
mod steps;
mod volatile;
mod workflows;

/// That of the `loom` command, for all that is measured in this process.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Parser)]
#[command(about = "Measures one subject, beside its peers and limits")]
struct Arguments {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand)]
enum Subject {
    /// Durable turns on one directory.
    Durable(durable::Options),
    /// Storage engines that could carry the embedded stores.
    Engines(engines::Options),
    /// An expression of the workflow language.
    Expressions(expressions::Options),
    /// Durable turns over HTTP, on a server in a process of its own.
    Http(http::Options),
    /// What durable actors take: memory while they are idle, and space on the disk.
    Memory(memory::Options),
    /// Coming back after a kill: recovery, replay, activation.
    Recovery(recovery::Options),
    /// Redis as the stores: queue, locks, durable turns; what callers wait with `--latency`.
    Redis(redis::Options),
    /// A durable handler of ten steps.
    Steps(steps::Options),
    /// In-process actors: tell, ask, spawn, lookup, publish, memory.
    Volatile(volatile::Options),
    /// Workflows of ten actions.
    Workflows(workflows::Options),
}

fn main() {
    match Arguments::parse().subject {
        Subject::Durable(options) => durable::run(&options),
        Subject::Engines(options) => engines::run(&options),
        Subject::Expressions(options) => expressions::run(&options),
        Subject::Http(options) => http::run(&options),
        Subject::Memory(options) => memory::run(&options),
        Subject::Recovery(options) => recovery::run(&options),
        Subject::Redis(options) => redis::run(&options),
        Subject::Steps(options) => steps::run(&options),
        Subject::Volatile(options) => volatile::run(&options),
        Subject::Workflows(options) => workflows::run(&options),
    }
}
