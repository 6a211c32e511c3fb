//! The test programs themselves, where `cargo nextest` is not installed.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Report, Verdict, cargo_of_targets, modules};
use crate::conformance::cells::Test;

/// A line of what Cargo says of a build.
#[derive(Deserialize)]
struct Line {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    executable: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    /// Whether it is a test program.
    test: bool,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

/// A test program.
struct Program {
    package: String,
    target: Option<String>,
    /// The directory of its package, in which it is run.
    directory: PathBuf,
    path: PathBuf,
}

pub(super) fn list() -> Result<Vec<Test>, Box<dyn Error>> {
    let mut tests = Vec::new();
    for program in programs()? {
        let output = program.command().arg("--list").output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = said.lines().filter_map(|line| line.strip_suffix(": test"));
        tests.extend(names.map(|name| program.test(name)));
    }
    Ok(tests)
}

pub(super) fn run(
    tests: &[&Test],
    prepare: &dyn Fn(&mut Command),
) -> Result<Report, Box<dyn Error>> {
    let modules = modules(tests);
    let mut report = Report::new();
    for program in programs()? {
        let own = modules.iter().filter(|(test, _)| program.has(test));
        let own: Vec<_> = own.map(|(_, module)| *module).collect();
        if own.is_empty() {
            continue;
        }
        let mut run = program.command();
        // A name that is empty is part of all.
        run.args(own).stderr(Stdio::inherit());
        prepare(&mut run);
        let said = String::from_utf8_lossy(&run.output()?.stdout).into_owned();
        let verdicts = said.lines().filter_map(verdict);
        report.extend(verdicts.map(|(name, verdict)| (program.test(name), verdict)));
    }
    Ok(report)
}

pub(super) fn printed(tests: &[&Test]) -> Result<String, Box<dyn Error>> {
    let mut printed = String::new();
    for program in programs()? {
        let own = tests.iter().filter(|test| program.has(test));
        let own: Vec<_> = own.map(|test| test.name.as_str()).collect();
        if !own.is_empty() {
            let output = program.command().args(own).args(["--exact", "--nocapture"]).output()?;
            printed.push_str(&String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(printed)
}

/// `test journal::a_case ... ok`
fn verdict(line: &str) -> Option<(&str, Verdict)> {
    let (name, said) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let verdict = match said.split([',', ' ']).next()? {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed,
        "ignored" => Verdict::Ignored,
        _ => return None,
    };
    Some((name, verdict))
}

/// Builds them.
fn programs() -> Result<Vec<Program>, Box<dyn Error>> {
    let mut build = cargo_of_targets(&["test", "--no-run"]);
    let build = build.args(["--message-format", "json"]).stderr(Stdio::inherit()).output()?;
    if !build.status.success() {
        return Err(format!("cargo test --no-run: {}", build.status).into());
    }
    let said = String::from_utf8_lossy(&build.stdout).into_owned();
    Ok(said.lines().filter_map(program).collect())
}

fn program(line: &str) -> Option<Program> {
    let line: Line = serde_json::from_str(line).ok()?;
    let (manifest, target, path) = (line.manifest_path?, line.target?, line.executable?);
    let tests = line.profile.is_some_and(|profile| profile.test);
    if line.reason != "compiler-artifact" || !tests {
        return None;
    }
    let directory = manifest.parent()?.to_owned();
    let package = directory.file_name()?.to_str()?.to_owned();
    let is_test = target.kind.iter().any(|kind| kind == "test");
    Some(Program { package, target: is_test.then_some(target.name), directory, path })
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.directory);
        command
    }

    fn has(&self, test: &Test) -> bool {
        test.package == self.package && test.target == self.target
    }

    fn test(&self, name: &str) -> Test {
        let (package, target) = (self.package.clone(), self.target.clone());
        Test { package, target, name: name.to_owned() }
    }
}

#[cfg(test)]
mod tests;
