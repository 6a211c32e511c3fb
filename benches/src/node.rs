//! Peers that are programs of Node's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

/// A program of Node's, installed with what it needs.
pub(crate) struct NodeProgram(PathBuf);

impl NodeProgram {
    /// Installs `work.mjs` and the packages beside it from `benches/NAME` into a scratch
    /// directory. Says why it is not there.
    pub(crate) fn install(name: &str) -> Result<Self, String> {
        const PROGRAM: &str = "work.mjs";
        let failed = |error: std::io::Error| error.to_string();
        let dir = Path::new("target/peers").join(name);
        fs::create_dir_all(&dir).map_err(failed)?;
        for file in ["package.json", PROGRAM] {
            fs::copy(Path::new("benches").join(name).join(file), dir.join(file)).map_err(failed)?;
        }
        let mut npm = Command::new("npm");
        npm.current_dir(&dir).args(["install", "--ignore-scripts", "--no-package-lock"]);
        npm.args(["--no-audit", "--no-fund", "--prefer-offline"]).stdout(Stdio::null());
        match npm.status() {
            Ok(status) if status.success() => Ok(Self(dir.join(PROGRAM))),
            Ok(_) => Err("npm could not install it".into()),
            Err(error) => Err(format!("no npm ({error}): install Node")),
        }
    }

    /// Runs it to its end, and reads what it says it took.
    pub(crate) fn run<T: DeserializeOwned>(&self, arguments: &[&str]) -> T {
        let output = Command::new("node")
            .arg(&self.0)
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .expect("npm comes with node");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        serde_json::from_slice(&output.stdout).expect("it says what it took")
    }
}
