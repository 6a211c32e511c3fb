//! Calling Cargo, and what it knows about the workspace.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::outcome::Outcome;

/// The crates under test; the benchmarks' peers take long to build and are checked apart.
pub(crate) const TESTED: [&str; 5] =
    ["--workspace", "--exclude", "loom-benches", "--features", "loom-server/azure"];

const LIBRARY_BACKTRACES: &str = "RUST_LIB_BACKTRACE";

/// The part of `cargo metadata` that the checks read.
#[derive(Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: BTreeSet<String>,
    /// Where it builds.
    pub(crate) target_directory: PathBuf,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Where the package comes from; `None` for a path.
    pub(crate) source: Option<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Clone, Default, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// Set when the dependency is a path, as all crates of this workspace are.
    pub(crate) path: Option<PathBuf>,
}

impl Metadata {
    /// Asks Cargo, with all features on and for every platform.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let output = command(&["metadata", "--format-version=1", "--all-features"])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", output.status).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The crates of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

/// `cargo ARGUMENTS`, by the Cargo that runs this program.
///
/// Where backtraces are asked for, they are of panics alone: the emulator of the Azure SDK takes one
/// for each header that a request does not have.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments);
    if std::env::var_os(LIBRARY_BACKTRACES).is_none() {
        command.env(LIBRARY_BACKTRACES, "0");
    }
    command
}

/// Runs a command with its output going straight to ours.
pub(crate) fn run(command: &mut Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        Ok(_) => Outcome::Failed,
        Err(error) => Outcome::of(Err(error.into())),
    }
}

/// Whether `cargo SUBCOMMAND` can be run on this machine.
pub(crate) fn has(subcommand: &str) -> bool {
    command(&[subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
