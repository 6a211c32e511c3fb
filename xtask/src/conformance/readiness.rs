//! `docs/readiness.md`: what each adapter promises, and what was shown of it.

mod check;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;

use super::adapters::{ADAPTERS, Adapter};
use super::cells::Shows;
use super::evidence::{Evidence, Tally};
use super::guarantees::Guarantee;
use super::ports::{PORTS, Port};
use super::way::Way;

pub(super) use check::check;

pub(super) const DOCUMENT: &str = "docs/readiness.md";
pub(super) const COMMAND: &str =
    "cargo xtask conformance --place processes,containers,address --write";
const WAYS: [Way; 3] = [Way::Processes, Way::Containers, Way::Address];

pub(super) fn write(evidence: &[Evidence], told: &[Guarantee]) -> Result<(), Box<dyn Error>> {
    fs::write(DOCUMENT, document(evidence, told)?)?;
    println!("{DOCUMENT} is written");
    Ok(())
}

fn document(evidence: &[Evidence], told: &[Guarantee]) -> Result<String, Box<dyn Error>> {
    let mut text = format!(
        "# Readiness\n\n\
         Made by `{COMMAND}`, and by nothing else: from what the adapters declare, and from what the\n\
         test runner reported of each case. `cargo xtask ci` compares it with the cases that there are.\n\n\
         A backend is had in three ways: *processes* that are started for the tests (emulators of our own run within\n\
         the test), *containers*, or servers at an *address* that the environment names.\n\n\
         ## Ports\n\n"
    );
    let ports = PORTS
        .iter()
        .map(|port| Ok(vec![port.name.to_owned(), port.role.to_owned(), port.promise()?]));
    let ports = ports.collect::<Result<Vec<_>, std::io::Error>>()?;
    table(&mut text, &["port", "role", "promise"], ports);
    text.push_str("\n## Adapters\n\n");
    let mut adapters = Vec::new();
    for adapter in &ADAPTERS {
        let has = |(group, _): &&(super::evidence::Group, Tally)| matches!(group.shows, Shows::Case(_, other) if other == adapter);
        if evidence.iter().any(|evidence| evidence.groups.iter().any(|group| has(&group))) {
            adapters.push(declared(adapter, told)?);
        }
    }
    let head = ["adapter", "an answered write survives, by `durability`", "largest turn"];
    table(&mut text, &head, adapters);
    text.push_str("\n## Cells\n\n");
    let shows = PORTS
        .iter()
        .flat_map(|port| ADAPTERS.iter().map(move |adapter| Shows::Case(port, adapter)));
    let cells = shows.filter_map(|shows| cell(evidence, told, shows)).collect();
    let head = ["port", "adapter", "role", "guarantee", "cases"];
    let head: Vec<_> = head.into_iter().chain(WAYS.map(Way::name)).collect();
    table(&mut text, &head, cells);
    text.push_str("\n## Faults\n\nTests of an adapter beyond the suites: its server dies, stops, fills its disk, loses requests and replies.\n\n");
    let faults = ADAPTERS.iter().map(Shows::Beyond);
    let faults = faults.filter_map(|shows| rest(evidence, shows)).collect();
    table(&mut text, &["adapter", "tests", "processes"], faults);
    text.push_str(
        "\n## Broken stores\n\nTests in which a suite must catch stores with planted defects.\n\n",
    );
    let broken = PORTS.iter().map(Shows::Caught);
    let broken = broken.filter_map(|shows| rest(evidence, shows)).collect();
    table(&mut text, &["port", "tests", "processes"], broken);
    Ok(text)
}

/// What an adapter says of itself.
fn declared(adapter: &Adapter, told: &[Guarantee]) -> Result<Vec<String>, Box<dyn Error>> {
    let choices = adapter.choices()?;
    let guarantee = told.iter().find(|guarantee| guarantee.adapter == adapter);
    let survives = if choices.is_empty() {
        guarantee.map_or_else(String::new, |guarantee| format!("`{}`", guarantee.durability))
    } else {
        let choice = choices.iter().map(|choice| format!("`{}`: {}", choice.name, choice.survives));
        choice.collect::<Vec<_>>().join("; ")
    };
    let turn = guarantee.map_or_else(String::new, |guarantee| size(guarantee.turn_bytes_max));
    Ok(vec![adapter.name.to_owned(), survives, turn])
}

/// A row of the table that is checked.
fn cell(evidence: &[Evidence], told: &[Guarantee], shows: Shows) -> Option<Vec<String>> {
    let Shows::Case(port, adapter) = shows else { return None };
    let there = there(evidence, shows)?;
    let mut row = vec![port.name.to_owned(), adapter.name.to_owned(), port.role.to_owned()];
    row.push(guarantee(port, adapter, told));
    row.push(there.to_string());
    row.extend(WAYS.map(|way| found(evidence, way, shows, there)));
    Some(row)
}

/// As the port promises, but where an adapter says more.
fn guarantee(port: &Port, adapter: &Adapter, told: &[Guarantee]) -> String {
    let told = told.iter().find(|guarantee| guarantee.adapter == adapter);
    match (port.name, told) {
        ("journal", Some(told)) => {
            format!("turns up to {}, tested as `{}`", size(told.turn_bytes_max), told.durability)
        }
        _ if port.name == "blobs" && adapter.package == "loom-adapter-redis" => {
            "small values, larger ones are refused".to_owned()
        }
        _ => "as promised".to_owned(),
    }
}

fn rest(evidence: &[Evidence], shows: Shows) -> Option<Vec<String>> {
    let there = there(evidence, shows)?;
    let name = match shows.names() {
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) => return None,
    };
    Some(vec![name, there.to_string(), found(evidence, Way::Processes, shows, there)])
}

/// How many tests there are.
fn there(evidence: &[Evidence], shows: Shows) -> Option<usize> {
    let mut groups = evidence.iter().flat_map(|evidence| &evidence.groups);
    groups.find_map(|(group, _)| (group.shows == shows).then_some(group.tests.len()))
}

fn found(evidence: &[Evidence], way: Way, shows: Shows, there: usize) -> String {
    let Some(evidence) = evidence.iter().find(|evidence| evidence.way == way) else {
        return "not run (nothing was reported)".to_owned();
    };
    let tally = evidence.groups.iter().find(|(group, _)| group.shows == shows);
    match tally.map(|(_, tally)| tally) {
        Some(Tally::Ran { passed, .. }) if *passed == there => "passed".to_owned(),
        Some(Tally::Ran { passed, .. }) => format!("**{passed} passed**"),
        Some(Tally::NotRun(why)) => format!("not run ({why})"),
        None => "-".to_owned(),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => {
            format!("{} MiB", bytes >> 20)
        }
        bytes if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => {
            format!("{} KiB", bytes >> 10)
        }
        bytes => format!("{bytes} bytes"),
    }
}

fn table(text: &mut String, head: &[&str], rows: Vec<Vec<String>>) {
    let _ = writeln!(text, "| {} |", head.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | ").replace('\n', " "));
    }
}
