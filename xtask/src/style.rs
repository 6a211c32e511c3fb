//! `cargo xtask style`: house rules that need no compiler.

mod code;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::Path;

use crate::outcome::{Findings, Outcome};
use crate::sources::{Source, rust_files};

const LINES_MAX: usize = 500;

/// Names that say where code was put and not what it is.
const EMPTY_NAMES: &[&str] = &["utils", "common", "helpers", "types"];

/// Unfinished, or switched off without a word.
const NEVER: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore]"];

const PRINTING: &[&str] = &["print!", "println!", "eprint!", "eprintln!"];

/// What talks to a terminal, by the first directory of its path.
const PRINTERS: &[&str] = &["benches", "examples", "loom-server", "simulation", "xtask"];

/// What is itself a test or an example, and may unwrap.
const UNWRAPPERS: &[&str] = &["benches", "examples", "loom-testkit"];

pub(crate) fn run() -> Outcome {
    Outcome::of(findings())
}

fn findings() -> Findings {
    Ok(rust_files(Path::new("."))?.iter().flat_map(check).collect())
}

fn check(source: &Source) -> Vec<String> {
    let path = source.path.display();
    let crate_directory = source.path.iter().next().and_then(OsStr::to_str).unwrap_or_default();
    let code = code::without_text(&source.text);
    let shipped = if is_test(&source.path) { String::new() } else { code::without_tests(&code) };

    let mut findings = Vec::new();
    findings.extend(misnamed(&source.path).map(|why| format!("{path}: {why}")));
    let lines = source.text.lines().count();
    if lines > LINES_MAX {
        findings.push(format!("{path}: {lines} lines, more than {LINES_MAX}"));
    }
    let mut forbid = |words: &[&str], code: &str| {
        for (line, word) in words.iter().flat_map(|word| occurrences(word, code)) {
            findings.push(format!("{path}:{line}: {word}"));
        }
    };
    forbid(NEVER, &code);
    if !PRINTERS.contains(&crate_directory) {
        forbid(PRINTING, &shipped);
    }
    if !UNWRAPPERS.contains(&crate_directory) {
        forbid(&[".unwrap()"], &shipped);
    }
    findings
}

/// What is wrong with the name of a file or of a directory on the way to it.
fn misnamed(path: &Path) -> Option<String> {
    if path.ends_with("mod.rs") {
        return Some("a module's file is named after the module".to_owned());
    }
    let path = path.with_extension("");
    let empty = path.iter().find(|part| EMPTY_NAMES.iter().any(|name| part == name))?;
    Some(format!("`{}` does not say what is in it", empty.display()))
}

/// Whether the whole file is only built for tests, benchmarks or examples.
fn is_test(path: &Path) -> bool {
    let test_directory = |part| ["tests", "benches", "examples"].iter().any(|name| part == *name);
    path.ends_with("tests.rs") || path.iter().skip(1).any(test_directory)
}

/// The lines, from 1, on which `word` stands as a word of its own.
fn occurrences<'a>(word: &'a str, code: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let stands_alone = move |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !word.starts_with(char::is_alphabetic)
                || !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
        })
    };
    let lines = code.lines().enumerate().filter(move |(_, line)| stands_alone(line));
    lines.map(move |(at, _)| (at + 1, word))
}
