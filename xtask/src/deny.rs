//! `cargo xtask deny`: holds the dependencies against `deny.toml`.
//!
//! Uses the `cargo-deny` of the machine, or builds the version named here (a minute on two cores)
//! and keeps it in `target/tools`.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cargo;
use crate::outcome::Outcome;

const VERSION: &str = "0.20.2";
const TOOLS: &str = "target/tools";

/// Licences, banned and duplicate crates, and where crates come from.
pub(crate) fn run() -> Outcome {
    deny(&["check", "bans", "licenses", "sources"]).unwrap_or_else(|error| Outcome::of(Err(error)))
}

/// Known vulnerabilities. A database that was not fetched just now proves nothing.
pub(crate) fn advisories() -> Outcome {
    let checked = match deny(&["fetch", "db"]) {
        Ok(Outcome::Passed) => deny(&["check", "--disable-fetch", "advisories"]),
        Ok(_) => Ok(Outcome::NotRun("advisory database unreachable".to_owned())),
        Err(error) => Err(error),
    };
    checked.unwrap_or_else(|error| Outcome::of(Err(error)))
}

/// Runs `cargo-deny`; an error when there is none to run.
fn deny(arguments: &[&str]) -> Result<Outcome, Box<dyn Error>> {
    Ok(cargo::run(cargo_deny()?.args(arguments)))
}

fn cargo_deny() -> Result<Command, Box<dyn Error>> {
    let installed = Path::new(TOOLS).join("bin/cargo-deny");
    if version(Command::new("cargo-deny")).is_some() {
        return Ok(Command::new("cargo-deny"));
    }
    if version(Command::new(&installed)).is_none_or(|version| !version.ends_with(VERSION)) {
        let install = cargo::command(&["install", "--locked", "--force", "--debug", "cargo-deny"])
            .args(["--version", VERSION, "--root", TOOLS])
            .status()?;
        if !install.success() {
            return Err(format!("cargo-deny {VERSION} could not be installed").into());
        }
    }
    Ok(Command::new(installed))
}

/// What the program says to `--version`, or nothing when it cannot be run.
fn version(mut program: Command) -> Option<String> {
    let output = program.arg("--version").stderr(Stdio::null()).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
