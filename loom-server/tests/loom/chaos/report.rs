//! What happened, and what came of it.

use std::collections::BTreeMap;
use std::fmt::{Arguments, Write as _};
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::machine::Machine;

/// What happened, and what came of it.
pub(super) struct Report {
    began: Instant,
    rows: BTreeMap<Fault, Row>,
    slowest_move: Duration,
}

#[derive(Default)]
struct Row {
    runs: u32,
    felt: u32,
    /// How long it took each time until the server did its work again.
    back_after: Vec<Duration>,
}

impl Report {
    pub(super) fn new(began: Instant) -> Self {
        Self { began, rows: BTreeMap::new(), slowest_move: Duration::ZERO }
    }

    /// Prints what is happening, and when.
    pub(super) fn say(&self, what: Arguments<'_>) {
        println!("{:8.2} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// A fault has happened. `felt` says that the server was seen to suffer it.
    pub(super) fn happened(&mut self, fault: Fault, felt: bool) {
        let row = self.rows.entry(fault).or_default();
        row.runs += 1;
        row.felt += u32::from(felt);
    }

    /// The server does its work again, this long after the end of a fault.
    pub(super) fn back(&mut self, fault: Fault, after: Duration) {
        self.rows.entry(fault).or_default().back_after.push(after);
    }

    pub(super) fn slowest_move(&mut self, took: Duration) {
        self.slowest_move = took;
    }

    pub(super) fn table(&self, machine: &Machine) -> String {
        let mut table = format!(
            "{:<12} {:>5} {:>5}   back at work after: median, max\n",
            "fault", "times", "felt"
        );
        for fault in Fault::ALL {
            let line = match (self.rows.get(&fault), machine.lacks(fault)) {
                (None, Some(why)) => format!("NOT RUN ({why})"),
                (None, None) => "NOT RUN (chance did not choose it)".to_owned(),
                (Some(row), _) => row.to_string(),
            };
            let _ = writeln!(table, "{:<12} {line}", fault.name());
        }
        let _ = writeln!(table, "slowest move {:.2} s", self.slowest_move.as_secs_f64());
        table
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { runs, felt, back_after } = self;
        write!(f, "{runs:>5} {felt:>5}")?;
        let mut sorted = back_after.clone();
        sorted.sort_unstable();
        let (Some(median), Some(max)) =
            (sorted.get(sorted.len().saturating_sub(1) / 2), sorted.last())
        else {
            return Ok(());
        };
        write!(f, "   {:.3} s, {:.3} s", median.as_secs_f64(), max.as_secs_f64())
    }
}
