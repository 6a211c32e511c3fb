//! Programs that servers for tests are made of, from the packages of the machine.

use std::error::Error;
use std::process::{Command, Stdio};

/// Installs `package` if there is no `program`.
pub(crate) fn make_sure(program: &str, package: &str) -> Result<(), Box<dyn Error>> {
    if version(program).is_some() {
        return Ok(());
    }
    let by_hand =
        format!("{program} is not installed; install it by hand (apt-get install {package})");
    if !is_root() {
        return Err(format!("{by_hand}, or run this as root").into());
    }
    for arguments in [&["update"][..], &["install", "-y", "--no-install-recommends", package]] {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        match apt.status() {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(format!("{by_hand}: apt-get: {status}").into()),
            Err(error) => return Err(format!("{by_hand}: apt-get: {error}").into()),
        }
    }
    version(program).map(drop).ok_or_else(|| by_hand.into())
}

/// What a program says of its version, or nothing when it cannot be run.
pub(crate) fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
