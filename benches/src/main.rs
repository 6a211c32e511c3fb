//! Loom beside its peers, measured in one run on one machine.
//!
//! Every number comes from rounds that take turns: ours, a peer, the next peer, ours again. What
//! is asserted is that the work was done; times are only printed.

use std::process::Command;

use clap::{CommandFactory, Parser, Subcommand};

mod cost;
mod counter;
mod durable;
mod engines;
mod http;
mod memory;
mod report;
mod resident;
mod rounds;
mod volatile;

#[derive(Parser)]
#[command(about = "Measures Loom beside its peers")]
struct Arguments {
    /// All of them, one after the other, unless told otherwise.
    #[command(subcommand)]
    subject: Option<Subject>,
}

#[derive(Subcommand)]
enum Subject {
    /// Durable turns on one directory.
    Durable(durable::Options),
    /// Storage engines that could carry the embedded stores.
    Engines(engines::Options),
    /// Durable turns over HTTP, on a server in a process of its own.
    Http(http::Options),
    /// What durable actors take: memory while they are idle, and space on the disk.
    Memory(memory::Options),
    /// In-process actors: tell, ask, spawn, lookup, publish, memory.
    Volatile(volatile::Options),
}

fn main() {
    let Some(subject) = Arguments::parse().subject else { return all() };
    match subject {
        Subject::Durable(options) => durable::run(&options),
        Subject::Engines(options) => engines::run(&options),
        Subject::Http(options) => http::run(&options),
        Subject::Memory(options) => memory::run(&options),
        Subject::Volatile(options) => volatile::run(&options),
    }
}

/// Each subject gets a process of its own, because a heap never quite forgets.
fn all() {
    let program = std::env::current_exe().expect("the path of this program");
    for subject in Arguments::command().get_subcommands() {
        println!("== {}", subject.get_name());
        let ended = Command::new(&program).arg(subject.get_name()).status();
        assert!(ended.expect("this program runs").success(), "{} failed", subject.get_name());
    }
}
