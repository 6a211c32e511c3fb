//! `cargo nextest`, which reports in lines of JSON.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Report, Verdict, cargo_of_targets, modules};
use crate::conformance::cells::Test;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct List {
    rust_suites: BTreeMap<String, Suite>,
}

#[derive(Deserialize)]
struct Suite {
    testcases: BTreeMap<String, serde_json::Value>,
}

/// A line of a report.
#[derive(Deserialize)]
struct Line {
    r#type: String,
    event: String,
    #[serde(default)]
    name: String,
}

pub(super) fn list() -> Result<Vec<Test>, Box<dyn Error>> {
    let mut list = cargo_of_targets(&["nextest", "list"]);
    let output = list.args(["--message-format", "json"]).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("cargo nextest list: {}", output.status).into());
    }
    let list: List = serde_json::from_slice(&output.stdout)?;
    let of_suite = |(binary, suite): (&String, &Suite)| {
        suite.testcases.keys().map(|name| test(binary, name)).collect::<Vec<_>>()
    };
    Ok(list.rust_suites.iter().flat_map(of_suite).collect())
}

pub(super) fn run(
    tests: &[&Test],
    prepare: &dyn Fn(&mut Command),
) -> Result<Report, Box<dyn Error>> {
    let mut run = cargo_of_targets(&["nextest", "run", "--no-fail-fast"]);
    run.args(["--cargo-quiet", "--status-level", "fail", "--final-status-level", "fail"]);
    run.args(["--message-format", "libtest-json", "-E", &filter(tests)]);
    run.env("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1").stdout(Stdio::piped());
    prepare(&mut run);
    let mut run = run.spawn()?;
    let said = run.stdout.take().ok_or("its output is piped")?;
    let mut report = Report::new();
    for line in BufReader::new(said).lines() {
        if let Some((test, verdict)) = verdict(&line?) {
            report.insert(test, verdict);
        }
    }
    // Tests that fail end it with an error, and are in the report.
    run.wait()?;
    Ok(report)
}

pub(super) fn printed(tests: &[&Test]) -> Result<String, Box<dyn Error>> {
    let mut run = cargo_of_targets(&["nextest", "run", "--cargo-quiet", "--no-capture"]);
    let filter: Vec<_> = tests.iter().map(|test| exactly(test)).collect();
    let output = run.args(["-E", &filter.join(" or ")]).output()?;
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(printed) } else { Err(printed.into()) }
}

fn exactly(test: &Test) -> String {
    format!("(binary_id(={}) and test(={}))", binary(test), test.name)
}

/// All tests in the modules of these.
fn filter(tests: &[&Test]) -> String {
    let mut filter = String::new();
    for (test, module) in modules(tests) {
        let or = if filter.is_empty() { "" } else { " or " };
        let binary = binary(test);
        let _ = write!(filter, "{or}(binary_id(={binary}) and test(/^{module}[^:]+$/))");
    }
    filter
}

/// `loom-core`, `loom-server::loom`.
fn binary(test: &Test) -> String {
    let target = test.target.as_ref();
    target.map_or_else(|| test.package.clone(), |target| format!("{}::{target}", test.package))
}

fn test(binary: &str, name: &str) -> Test {
    let (package, target) = match binary.split_once("::") {
        // A report calls a library by the name of its crate, a list by none.
        Some((package, target)) if target.replace('_', "-") == package => (package, None),
        Some((package, target)) => (package, Some(target.to_owned())),
        None => (binary, None),
    };
    Test { package: package.to_owned(), target, name: name.to_owned() }
}

/// What a line says of a test that has ended.
fn verdict(line: &str) -> Option<(Test, Verdict)> {
    let line: Line = serde_json::from_str(line).ok()?;
    if line.r#type != "test" {
        return None;
    }
    let (binary, name) = line.name.split_once('$')?;
    let verdict = match line.event.as_str() {
        "ok" => Verdict::Passed,
        "failed" => Verdict::Failed,
        "ignored" => Verdict::Ignored,
        _ => return None,
    };
    Some((test(binary, name), verdict))
}

#[cfg(test)]
mod tests;
