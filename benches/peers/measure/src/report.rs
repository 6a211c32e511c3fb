//! What is printed, and written.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::peer::OURS;
use crate::work::{Took, Work};

/// One peer at one piece of work. The numbers are medians, and missing when it was not run.
#[derive(Serialize)]
pub(crate) struct Row {
    work: &'static str,
    peer: &'static str,
    per_second: Option<f64>,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    cpu_us: Option<f64>,
    note: String,
}

impl Row {
    pub(crate) fn of(work: Work, peer: &'static str, mut rounds: Vec<Took>, note: &str) -> Self {
        let mut median = |part: fn(&Took) -> f64| {
            rounds.sort_unstable_by(|one, other| part(one).total_cmp(&part(other)));
            rounds.get(rounds.len() / 2).map(part)
        };
        Self {
            work: work.name(),
            peer,
            per_second: median(|it| it.per_second),
            p50_us: median(|it| it.p50_us),
            p99_us: median(|it| it.p99_us),
            cpu_us: median(|it| it.cpu_us),
            note: note.to_owned(),
        }
    }

    pub(crate) fn not_run(work: Work, peer: &'static str, reason: &str) -> Self {
        let note = format!("not run: {reason}");
        let work = work.name();
        Self { work, peer, per_second: None, p50_us: None, p99_us: None, cpu_us: None, note }
    }
}

/// Prints a table for each piece of work.
pub(crate) fn print(rows: &[Row]) {
    for rows in rows.chunk_by(|one, other| one.work == other.work) {
        println!("{}", rows[0].work);
        let columns = ["", "per second", "p50 us", "p99 us", "cpu us"];
        let [peer, per_second, p50, p99, cpu] = columns;
        println!("  {peer:<10} {per_second:>10} {p50:>9} {p99:>9} {cpu:>8}");
        for row in rows {
            let number =
                |number: Option<f64>| number.map_or("-".to_owned(), |it| format!("{it:.0}"));
            let [per_second, p50, p99, cpu] =
                [row.per_second, row.p50_us, row.p99_us, row.cpu_us].map(number);
            let peer = row.peer;
            println!("  {peer:<10} {per_second:>10} {p50:>9} {p99:>9} {cpu:>8}");
        }
        if let Some(times) = times(rows) {
            println!("  {times}");
        }
        for Row { peer, note, .. } in rows {
            println!("  {peer}: {note}");
        }
        println!();
    }
}

/// Ours beside the best of the others.
fn times(rows: &[Row]) -> Option<String> {
    let ours = rows.iter().find(|row| row.peer == OURS)?.per_second?;
    let others = rows.iter().filter(|row| row.peer != OURS);
    let best = others.filter_map(|row| Some((row.per_second?, row.peer)));
    let (best, name) = best.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    Some(format!("{:.1} times the best peer, {name}", ours / best))
}

/// Writes one JSON array.
pub(crate) fn write(rows: &[Row], file: &Path) -> Result<(), String> {
    let text = serde_json::to_string_pretty(rows).expect("rows are plain values");
    fs::write(file, text + "\n").map_err(|error| format!("{}: {error}", file.display()))
}
