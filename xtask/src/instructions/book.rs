//! The recorded counts, and how new ones differ from them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

/// More or less than that is no accident, in percent.
const TOLERANCE_PERCENT: u64 = 5;

/// Instructions for each operation, and what they depend on beside the code.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(super) struct Book {
    pub(super) rustc: String,
    pub(super) machine: String,
    #[serde(rename = "instructions")]
    pub(super) counts: BTreeMap<String, u64>,
}

/// How two books differ.
pub(super) struct Comparison {
    /// Every subject of either, for people.
    pub(super) table: String,
    /// What is worse, or cannot be told.
    pub(super) findings: Vec<String>,
}

impl Book {
    pub(super) fn read(path: &str) -> Result<Self, Box<dyn Error>> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        Ok(toml::from_str(&text).map_err(|error| format!("{path}: {error}"))?)
    }

    pub(super) fn write(&self, path: &str) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(path, self.text())?)
    }

    /// As it is stored.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "# Instructions for each operation. Written by `cargo xtask instructions --bless`.\n\
             rustc = \"{}\"\nmachine = \"{}\"\n\n[instructions]\n",
            self.rustc, self.machine
        );
        for (subject, count) in &self.counts {
            let _ = writeln!(text, "\"{subject}\" = {count}");
        }
        text
    }

    /// Why counts made with `rustc` on `machine` say nothing about these.
    pub(super) fn unlike(&self, rustc: &str, machine: &str) -> Option<String> {
        let unlike = |recorded: &str, now: &str| {
            (recorded != now).then(|| format!("recorded with {recorded}, and this is {now}"))
        };
        unlike(&self.rustc, rustc).or_else(|| unlike(&self.machine, machine))
    }
}

/// Holds new counts against those that are recorded.
pub(super) fn compare(recorded: Option<&Book>, counted: &Book) -> Comparison {
    let mut table = format!("{:<30} {:>12} {:>12} {:>9}", "subject", "recorded", "now", "change");
    let mut findings = Vec::new();
    let old = recorded.map(|book| book.counts.clone()).unwrap_or_default();
    let mut subjects: Vec<_> = old.keys().chain(counted.counts.keys()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    for subject in subjects {
        let (before, now) = (old.get(subject), counted.counts.get(subject));
        let (change, finding) = match (before, now) {
            (Some(&before), Some(&now)) => judge(before, now),
            (None, _) => ("new".to_owned(), Some("is not recorded".to_owned())),
            (_, None) => ("gone".to_owned(), Some("is recorded, and is not counted".to_owned())),
        };
        let shown = |count: Option<&u64>| count.map_or("-".to_owned(), u64::to_string);
        let (before, now) = (shown(before), shown(now));
        let _ = write!(table, "\n{subject:<30} {before:>12} {now:>12} {change:>9}");
        findings.extend(finding.map(|finding| format!("{subject}: {finding}")));
    }
    if !findings.is_empty() {
        table += "\n`cargo xtask instructions --bless` records what is meant to be.";
    }
    Comparison { table, findings }
}

/// The change for people, and what is wrong with it.
fn judge(before: u64, now: u64) -> (String, Option<String>) {
    let (whole, part) = (u128::from(before), u128::from(before.abs_diff(now)));
    let permille = (part * 1_000).checked_div(whole).unwrap_or(u128::from(u16::MAX));
    let sign = if now < before { '-' } else { '+' };
    let change = format!("{sign}{}.{} %", permille / 10, permille % 10);
    let beyond = part * 100 > whole * u128::from(TOLERANCE_PERCENT);
    match (beyond, now > before) {
        (true, true) => {
            let finding = format!("{now} instructions, {change} of the recorded {before}");
            (change, Some(finding))
        }
        (true, false) => (format!("{change}, less"), None),
        (false, _) => (change, None),
    }
}
