//! `cargo xtask peers`: Loom beside its durable peers.
//!
//! Builds and installs below `target/peers` what `benches/peers` needs. A peer for which that
//! fails is not run, and the table says why.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, value_parser};

use crate::cargo::{self, Metadata};
use crate::outcome::Outcome;

const SOURCES: &str = "benches/peers";
const BUILT: &str = "target/peers/cargo";
const NODE: &str = "target/peers/node";

/// What a peer needs to be there.
struct Peer {
    name: &'static str,
    /// A package of the workspace in `benches/peers`.
    package: Option<&'static str>,
    /// The packages in `benches/peers/node`.
    node: bool,
}

const PEERS: &[Peer] = &[
    Peer { name: "restate", package: Some("peers-restate"), node: true },
    Peer { name: "workerd", package: None, node: true },
    Peer { name: "durare", package: Some("peers-durare"), node: false },
    Peer { name: "duroxide", package: Some("peers-duroxide"), node: false },
    Peer { name: "dbos", package: None, node: true },
    Peer { name: "dbos-rust", package: Some("peers-dbos"), node: false },
];

/// What is measured, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The peers to measure; all of them, unless told otherwise, and Loom always
    #[arg(value_parser = PEERS.iter().map(|peer| peer.name).collect::<Vec<_>>())]
    names: Vec<String>,
    /// Write the rows to this file, too
    #[arg(long)]
    json: Option<PathBuf>,
    /// Rounds that count
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long each load lasts
    #[arg(long, default_value_t = 5, value_parser = value_parser!(u64).range(1..))]
    seconds: u64,
}

pub(crate) fn run(options: &Options) -> Outcome {
    let mut server = cargo::command(&["build", "--release", "--package", "loom-server"]);
    let built = cargo::run(&mut server);
    if built != Outcome::Passed {
        return built;
    }
    let built = cargo::run(&mut build(&["peers-measure", "peers-loom"]));
    if built != Outcome::Passed {
        return built;
    }
    let loom = match Metadata::load() {
        Ok(metadata) => metadata.target_directory.join("release/loom"),
        Err(error) => return Outcome::of(Err(error)),
    };
    let programs = Path::new(BUILT).join("release");
    let mut measure = Command::new(programs.join("peers-measure"));
    measure.arg("--loom").arg(loom).arg("--programs").arg(&programs);
    measure.args(["--sources", SOURCES, "--node", NODE, "--dir", "target/peers/run"]);
    measure.args(["--rounds", &options.rounds.to_string()]);
    measure.args(["--seconds", &options.seconds.to_string()]);
    if let Some(file) = &options.json {
        measure.arg("--json").arg(file);
    }
    for (peer, reason) in prepare(&options.names) {
        measure.args(["--absent", &format!("{}={reason}", peer.name)]);
    }
    cargo::run(measure.args(&options.names))
}

/// Builds and installs. Returns what is not there, and why.
fn prepare(names: &[String]) -> Vec<(&'static Peer, String)> {
    let chosen = |peer: &&Peer| names.is_empty() || names.iter().any(|name| name == peer.name);
    let chosen: Vec<_> = PEERS.iter().filter(chosen).collect();
    let needs_node = chosen.iter().any(|peer| peer.node);
    let node = if needs_node { install().map_err(|error| error.to_string()) } else { Ok(()) };
    let absent = chosen.into_iter().filter_map(|peer| {
        let built = peer.package.map_or(Outcome::Passed, |it| cargo::run(&mut build(&[it])));
        if built != Outcome::Passed {
            return Some((peer, "it could not be built".to_owned()));
        }
        let reason = node.as_ref().err().filter(|_| peer.node)?;
        Some((peer, reason.clone()))
    });
    absent.collect()
}

fn build(packages: &[&str]) -> Command {
    let mut command = cargo::command(&["build", "--release", "--target-dir", BUILT]);
    command.arg("--manifest-path").arg(Path::new(SOURCES).join("Cargo.toml"));
    for package in packages {
        command.args(["--package", package]);
    }
    command
}

/// Installs what runs on Node, or comes from its registry. Nothing of it runs meanwhile.
fn install() -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(NODE)?;
    for name in ["package.json", "dbos.mjs"] {
        fs::copy(Path::new(SOURCES).join("node").join(name), Path::new(NODE).join(name))?;
    }
    let mut npm = Command::new("npm");
    npm.current_dir(NODE).args(["install", "--ignore-scripts", "--no-package-lock"]);
    npm.args(["--no-audit", "--no-fund", "--prefer-offline"]);
    match npm.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("npm could not install it".into()),
        Err(error) => Err(format!("no npm ({error}): install Node").into()),
    }
}
