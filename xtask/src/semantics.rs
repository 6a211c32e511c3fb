//! `cargo xtask semantics`: checks that every promise names tests, and that these exist.

mod index;
mod promises;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::outcome::{Findings, Outcome};
use crate::semantics::index::Tests;
use crate::semantics::promises::promises;
use crate::sources::{Source, rust_files};

const DOCUMENT: &str = "docs/semantics.md";

pub(crate) fn run() -> Outcome {
    Outcome::of(findings())
}

fn findings() -> Findings {
    let document = fs::read_to_string(DOCUMENT).map_err(|error| format!("{DOCUMENT}: {error}"))?;
    Ok(check(&document, &rust_files(Path::new("."))?))
}

fn check(document: &str, sources: &[Source]) -> Vec<String> {
    let promises = promises(document);
    if promises.is_empty() {
        return vec![format!("{DOCUMENT}: has no promise (a heading such as `### 1. …`)")];
    }
    let tests = Tests::of(sources);
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    for promise in &promises {
        let number = promise.number;
        if !numbers.insert(number) {
            findings.push(format!("promise {number} is there twice"));
        }
        if promise.tests.is_empty() {
            findings.push(format!("promise {number} names no test"));
        }
        for test in promise.tests.iter().filter(|test| !tests.contains(test)) {
            findings.push(format!("promise {number} names {test}, which does not exist"));
        }
    }
    findings
}
