//! The closing table of `cargo xtask ci`.

use std::fmt::Write as _;
use std::time::Duration;

use crate::outcome::Outcome;

/// What became of one step.
pub(super) struct Row {
    pub(super) step: String,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

/// One line per step, and a last line that counts them.
pub(super) fn table(rows: &[Row]) -> String {
    let results: Vec<_> = rows.iter().map(|row| row.outcome.to_string()).collect();
    let step_width = width("step", rows.iter().map(|row| row.step.as_str()));
    let result_width = width("result", results.iter().map(String::as_str));

    let mut table = format!("{:step_width$} | {:result_width$} | seconds\n", "step", "result");
    for (row, result) in rows.iter().zip(&results) {
        let seconds = match row.outcome {
            Outcome::NotRun(_) => "-".to_owned(),
            Outcome::Passed | Outcome::Failed => format!("{:.1}", row.took.as_secs_f64()),
        };
        let _ = writeln!(table, "{:step_width$} | {result:result_width$} | {seconds:>7}", row.step);
    }
    let count =
        |counts: fn(&Outcome) -> bool| rows.iter().filter(|row| counts(&row.outcome)).count();
    let passed = count(|outcome| *outcome == Outcome::Passed);
    let failed = count(|outcome| *outcome == Outcome::Failed);
    let skipped = count(|outcome| matches!(outcome, Outcome::NotRun(_)));
    let _ = write!(table, "\n{passed} passed, {failed} failed, {skipped} skipped");
    table
}

fn width<'a>(heading: &'a str, cells: impl Iterator<Item = &'a str>) -> usize {
    cells.chain([heading]).map(str::len).max().unwrap_or_default()
}
