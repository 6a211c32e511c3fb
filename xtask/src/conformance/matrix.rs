//! The matrix, for people at a terminal.

use std::fmt::Write as _;

use super::adapters::ADAPTERS;
use super::cells::Shows;
use super::evidence::{Evidence, Tally};
use super::ports::PORTS;

/// Rows are ports, columns are adapters; a cell says how many cases passed of those that there are.
pub(super) fn matrix(evidence: &Evidence) -> String {
    let mut notes = Vec::new();
    let mut heading = vec![evidence.way.name().to_owned()];
    heading.extend(ADAPTERS.iter().map(|adapter| adapter.name.to_owned()));
    heading.push("broken stores".to_owned());
    let mut rows = vec![heading];
    for port in &PORTS {
        let cells = ADAPTERS.iter().map(|adapter| Shows::Case(port, adapter));
        let cells = cells.chain([Shows::Caught(port)]);
        let mut row = vec![port.name.to_owned()];
        row.extend(cells.map(|shows| cell(evidence, shows, &mut notes)));
        rows.push(row);
    }
    let mut faults = vec!["faults".to_owned()];
    let cells = ADAPTERS.iter().map(Shows::Beyond);
    faults.extend(cells.map(|shows| cell(evidence, shows, &mut notes)));
    faults.push(String::new());
    rows.push(faults);
    let is_empty = |cell: &String| cell == "-" || cell.is_empty();
    rows.retain(|row| !row[1..].iter().all(is_empty));
    let columns: Vec<_> = (0..rows[0].len())
        .filter(|column| !rows[1..].iter().all(|row| is_empty(&row[*column])))
        .collect();
    for row in &mut rows {
        *row = columns.iter().map(|column| row[*column].clone()).collect();
    }

    let widths: Vec<_> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or_default())
        .collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join(" | ").trim_end());
    }
    for (n, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "({}) {note}", n + 1);
    }
    for server in &evidence.servers {
        let _ = writeln!(text, "{server}");
    }
    text
}

fn cell(evidence: &Evidence, shows: Shows, notes: &mut Vec<String>) -> String {
    let found = evidence.groups.iter().find(|(group, _)| group.shows == shows);
    let Some((group, tally)) = found else { return "-".to_owned() };
    match tally {
        Tally::Ran { passed, .. } => format!("{passed} of {}", group.tests.len()),
        Tally::NotRun(why) => {
            let at = notes.iter().position(|note| note == why).unwrap_or_else(|| {
                notes.push(why.clone());
                notes.len() - 1
            });
            format!("not run ({})", at + 1)
        }
    }
}
