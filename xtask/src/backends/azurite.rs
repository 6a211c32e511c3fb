//! Azurite, the emulator of Azure's blob storage, from npm.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::install;

/// The version that the adapter is tested with.
pub(super) const PACKAGE: &str = "azurite@3.37.0";
/// Where `loom-testkit` looks for it.
pub(super) const DIR: &str = "target/backends/azurite";
const PROGRAM: &str = "target/backends/azurite/node_modules/.bin/azurite-blob";

/// Installs it if it is not there.
pub(crate) fn make_sure() -> Result<(), Box<dyn Error>> {
    if is_installed() {
        return Ok(());
    }
    if install::version("npm").is_none() {
        return Err("Azurite is not installed, and npm, which installs it, is not either".into());
    }
    fs::create_dir_all(DIR)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", PACKAGE]);
    let installed = npm.current_dir(DIR).status()?;
    if installed.success() && is_installed() {
        return Ok(());
    }
    Err(format!("npm install {PACKAGE}: {installed}").into())
}

pub(crate) fn is_installed() -> bool {
    Path::new(PROGRAM).exists()
}
