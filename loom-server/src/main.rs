//! The `loom` command: durable actors on one directory, from a file of messages or over HTTP.

mod actors;
#[cfg(feature = "azure")]
mod azure;
#[cfg(not(feature = "azure"))]
#[path = "azure_absent.rs"]
mod azure;
mod cli;
mod cluster;
mod config;
mod config_check;
#[cfg(feature = "azure")]
mod cosmos;
mod dead_letters;
mod deployment;
mod dev;
mod exit;
mod hosting;
mod http;
mod journal;
mod kinds;
mod logging;
mod placement;
mod record_view;
mod run;
mod secrets;
mod serve;
mod serving;
mod signals;
mod small;
mod stores;
mod workflow;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

use crate::cli::{Cli, Command};
use crate::exit::{Exit, Stop};

/// What one thread makes, another lets go: turns are committed by a thread of their own. The
/// allocator of the system takes a quarter of a host's processor time for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done }.into();
        }
    };
    logging::start(&cli.command);
    let exit = match runtime().and_then(|runtime| runtime.block_on(carry_out(cli.command))) {
        Ok(exit) => exit,
        Err(stop) => {
            complain(&stop.why);
            stop.exit
        }
    };
    exit.into()
}

fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn carry_out(command: Command) -> Result<Exit, Stop> {
    match command {
        Command::Run(run) => run::run(run).await,
        Command::Dev(dev) => dev::run(dev).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Config(config) => config_check::run(config).await,
        Command::Secrets(secrets) => secrets::run(secrets).await,
        Command::Journal(journal) => journal::run(journal).await,
        Command::Cluster(cluster) => cluster::run(cluster).await,
        #[cfg(feature = "azure")]
        Command::Cosmos(cosmos) => cosmos::run(cosmos).await,
        Command::Actors(actors) => actors::run(actors).await,
        Command::DeadLetters(letters) => dead_letters::run(letters).await,
        Command::Workflow(workflow) => workflow::run(workflow).await,
    }
}

fn complain(why: &str) {
    if why.is_empty() {
        return;
    }
    let mut stderr = io::stderr();
    let coloured = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let label = if coloured { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    // Nobody is left to tell if this fails.
    let _ = writeln!(stderr, "{label} {why}");
}
