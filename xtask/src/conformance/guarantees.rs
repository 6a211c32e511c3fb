//! What adapters declare: the answers of their journals, and what can be chosen when they are
//! opened.

use std::fs;
use std::io;

use super::adapters::Adapter;
use super::cells::Test;

/// The test in which a journal tells it.
pub(super) const TEST: &str = "what_a_commit_survives_is_told";

/// What a journal says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Guarantee {
    pub(super) adapter: &'static Adapter,
    pub(super) turn_bytes_max: u64,
    pub(super) durability: String,
}

/// Something that can be chosen, and what an answered write then survives.
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) survives: String,
}

/// What tests printed, each adapter once.
pub(super) fn told(printed: &str) -> Vec<Guarantee> {
    let mut told: Vec<Guarantee> = printed.lines().filter_map(guarantee).collect();
    told.sort_by_key(|guarantee| guarantee.adapter.column());
    told.dedup();
    told
}

/// `guarantee PACKAGE MODULE TURN_BYTES_MAX DURABILITY`
fn guarantee(line: &str) -> Option<Guarantee> {
    let (_, told) = line.split_once("guarantee loom-adapter-")?;
    let mut words = told.splitn(4, ' ');
    let package = format!("loom-adapter-{}", words.next()?);
    let path: Vec<_> = words.next()?.split("::").collect();
    let adapter = Adapter::of(&package, &path)?;
    let turn_bytes_max = words.next()?.parse().ok()?;
    Some(Guarantee { adapter, turn_bytes_max, durability: words.next()?.trim().to_owned() })
}

/// The tests that tell.
pub(super) fn tests(all: &[Test]) -> Vec<&Test> {
    all.iter().filter(|test| test.name.rsplit("::").next() == Some(TEST)).collect()
}

impl Adapter {
    /// What can be chosen when it is opened, as the enumeration of it says.
    pub(super) fn choices(&self) -> io::Result<Vec<Choice>> {
        let Some(path) = self.durability else { return Ok(Vec::new()) };
        Ok(choices(&fs::read_to_string(path)?))
    }
}

/// The variants of `enum Durability`, each with the first sentence of what is said of it.
fn choices(source: &str) -> Vec<Choice> {
    let lines = source.lines().skip_while(|line| !line.starts_with("pub enum Durability"));
    let lines = lines.skip(1).take_while(|line| *line != "}").map(str::trim);
    let (mut choices, mut said) = (Vec::new(), String::new());
    for line in lines {
        if let Some(comment) = line.strip_prefix("///") {
            said.push_str(comment);
        } else if let Some(variant) = line.strip_suffix(',') {
            let survives = said.split(". ").next().unwrap_or_default().trim();
            let survives = survives.split(':').next().unwrap_or_default();
            let survives = survives.trim_end_matches('.').to_owned();
            choices.push(Choice { name: kebab(variant), survives });
            said.clear();
        }
    }
    choices
}

/// `AofSynced` as settings say it: `aof-synced`, and `Replicas(u8)` as `replicas(n)`.
fn kebab(variant: &str) -> String {
    let (name, numbered) = match variant.split_once('(') {
        Some((name, _)) => (name, "(n)"),
        None => (variant, ""),
    };
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(c.to_ascii_lowercase());
    }
    words + numbered
}

#[cfg(test)]
mod tests;
