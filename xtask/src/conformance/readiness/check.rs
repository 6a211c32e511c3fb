//! Whether the document still speaks of what there is.

use std::collections::BTreeMap;

use super::COMMAND;
use crate::conformance::cells::Shows;
use crate::conformance::evidence::Group;

/// A cell: port and adapter.
type Name = (String, String);

/// What the document says otherwise than the tests that there are.
pub(in crate::conformance) fn check(document: &str, groups: &[Group]) -> Vec<String> {
    let named = cells(document);
    let there: BTreeMap<Name, usize> = groups.iter().filter_map(there).collect();
    let mut findings = Vec::new();
    for ((port, adapter), count) in &there {
        match named.get(&(port.clone(), adapter.clone())) {
            Some(said) if said == count => {}
            Some(said) => {
                findings.push(format!("{port}, {adapter}: {count} cases are there, not {said}"));
            }
            None => findings.push(format!("{port}, {adapter}: the cell is not named")),
        }
    }
    for (port, adapter) in named.keys().filter(|name| !there.contains_key(name)) {
        findings.push(format!("{port}, {adapter}: there is no such cell"));
    }
    if !findings.is_empty() {
        findings.push(format!("docs/readiness.md is made anew by {COMMAND}"));
    }
    findings
}

/// The rows of the section `Cells`.
fn cells(document: &str) -> BTreeMap<Name, usize> {
    let section = document.split("\n## ").find(|section| section.starts_with("Cells"));
    let rows = section.unwrap_or_default().lines();
    let cell = |row: &str| {
        let mut columns = row.strip_prefix('|')?.split('|').map(str::trim);
        let (port, adapter) = (columns.next()?.to_owned(), columns.next()?.to_owned());
        Some(((port, adapter), columns.nth(2)?.parse().ok()?))
    };
    rows.filter_map(cell).collect()
}

fn there(group: &Group) -> Option<(Name, usize)> {
    let Shows::Case(port, adapter) = group.shows else { return None };
    Some(((port.name.to_owned(), adapter.name.to_owned()), group.tests.len()))
}
