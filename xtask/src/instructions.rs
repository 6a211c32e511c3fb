//! `cargo xtask instructions`: how many instructions the hot paths take, and whether that is more
//! than it was. Unlike times, the counts do not depend on what else the machine does.

mod book;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use clap::Args;
use serde::Deserialize;

use self::book::Book;
use crate::cargo;
use crate::outcome::Outcome;

/// Where the counts are kept.
const BOOK: &str = "benches/instructions.toml";

/// What is done with the counts, other than printing them.
#[derive(Args)]
pub(crate) struct Use {
    /// Fail if a path takes over 5 % more than is recorded
    #[arg(long, conflicts_with = "bless")]
    check: bool,
    /// Record the counts
    #[arg(long)]
    bless: bool,
}

impl Use {
    /// As `--check`.
    pub(crate) const CHECK: Self = Self { check: true, bless: false };
}

pub(crate) fn run(what: &Use) -> Outcome {
    count(what).unwrap_or_else(|error| Outcome::of(Err(error)))
}

fn count(what: &Use) -> Result<Outcome, Box<dyn Error>> {
    if !has_valgrind() {
        let reason = "no valgrind on this machine: apt-get install valgrind".to_owned();
        return Ok(Outcome::NotRun(reason));
    }
    let (rustc, machine) = (rustc()?, machine());
    let recorded = Book::read(BOOK);
    if what.check {
        let unlike = recorded.as_ref().map_err(ToString::to_string);
        if let Some(reason) = unlike?.unlike(&rustc, &machine) {
            return Ok(Outcome::NotRun(reason));
        }
    }
    let program = build()?;
    let mut counts = BTreeMap::new();
    for subject in subjects(&program)? {
        counts.insert(subject.clone(), per_operation(&program, &subject)?);
    }
    let counted = Book { rustc, machine, counts };
    if what.bless {
        counted.write(BOOK)?;
    }
    let comparison = book::compare(recorded.as_ref().ok(), &counted);
    println!("{}", comparison.table);
    Ok(if what.check { Outcome::of(Ok(comparison.findings)) } else { Outcome::Passed })
}

/// How often a subject does its work in the two runs whose difference is taken.
const TIMES: [u32; 2] = [100, 600];

/// What happens once in a process is in both runs, and does not count.
fn per_operation(program: &PathBuf, subject: &str) -> Result<u64, Box<dyn Error>> {
    let [few, many] = TIMES.map(|times| instructions(program, subject, times));
    Ok(many?.saturating_sub(few?) / u64::from(TIMES[1] - TIMES[0]))
}

/// The instructions of all threads of one run.
fn instructions(program: &PathBuf, subject: &str, times: u32) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([subject, &times.to_string()])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{subject}: {}\n{said}", output.status).into());
    }
    collected(&said).ok_or_else(|| format!("{subject}: no count in\n{said}").into())
}

/// The total, in what callgrind says when a program ends.
fn collected(said: &str) -> Option<u64> {
    let totals = said.lines().rev().find_map(|line| line.split_once("Collected :"));
    totals?.1.trim().parse().ok()
}

fn subjects(program: &PathBuf) -> Result<Vec<String>, Box<dyn Error>> {
    let output = Command::new(program).output()?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

/// Builds the program without the benchmarks' peers, and says where it is.
fn build() -> Result<PathBuf, Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Said {
        executable: Option<PathBuf>,
    }
    let output = cargo::command(&["build", "--release", "--package", "loom-benches"])
        .args(["--no-default-features", "--bin", "instructions"])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("the program that is counted could not be built".into());
    }
    let said = String::from_utf8(output.stdout)?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Said>(line).ok());
    let executable = messages.filter_map(|message| message.executable).next_back();
    executable.ok_or_else(|| "no program was built".into())
}

fn has_valgrind() -> bool {
    let asked = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn rustc() -> Result<String, Box<dyn Error>> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// What decides which instructions libraries choose at run time, to copy and to hash.
fn machine() -> String {
    #[cfg(target_arch = "x86_64")]
    let wide = if std::arch::is_x86_feature_detected!("avx2") { " with AVX2" } else { "" };
    #[cfg(not(target_arch = "x86_64"))]
    let wide = "";
    format!("{} {}{wide}", std::env::consts::OS, std::env::consts::ARCH)
}
