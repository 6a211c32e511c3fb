//! What happened, and what came of it.

use std::collections::BTreeMap;
use std::fmt::{Arguments, Write as _};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::fault::Fault;

/// What happened, and what came of it.
pub(super) struct Report {
    began: Instant,
    rows: BTreeMap<Fault, Row>,
    again: BTreeMap<String, u64>,
    forgotten: Vec<Value>,
    dead_letters: usize,
    slowest_move: Duration,
}

#[derive(Default)]
struct Row {
    times: u32,
    felt: u32,
    /// How long it took until all was at work again, where that was waited for.
    back_after: Vec<Duration>,
}

impl Report {
    pub(super) fn new(began: Instant) -> Self {
        let (rows, again, forgotten, dead_letters, slowest_move) = Default::default();
        Self { began, rows, again, forgotten, dead_letters, slowest_move }
    }

    pub(super) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    /// Prints what is happening, and when.
    pub(super) fn say(&self, what: Arguments<'_>) {
        println!("{:8.2} s  {what}", self.since_start().as_secs_f64());
    }

    /// A fault has happened. `felt` says that somebody was seen to suffer it.
    pub(super) fn happened(&mut self, fault: Fault, felt: bool) {
        let row = self.rows.entry(fault).or_default();
        row.times += 1;
        row.felt += u32::from(felt);
    }

    /// All is at work again, this long after a fault.
    pub(super) fn back(&mut self, fault: Fault, after: Duration) {
        self.rows.entry(fault).or_default().back_after.push(after);
    }

    /// How often moves were asked for again, and why.
    pub(super) fn again(&mut self, again: BTreeMap<String, u64>) {
        self.again = again;
    }

    /// What the hosts found to be forgotten. It is said at once, as the balances will show it.
    pub(super) fn forgotten(&mut self, forgotten: Vec<Value>) {
        for told in &forgotten {
            self.say(format_args!("Redis has forgotten what it had acknowledged: {told}"));
        }
        self.forgotten = forgotten;
    }

    /// The messages that were given up. They are said at once, with their reasons.
    pub(super) fn dead_letters(&mut self, letters: &[Value]) {
        for letter in letters {
            self.say(format_args!("a dead letter: {letter}"));
        }
        self.dead_letters = letters.len();
    }

    pub(super) fn slowest_move(&mut self, took: Duration) {
        self.slowest_move = took;
    }

    pub(super) fn table(&self) -> String {
        let mut table = format!(
            "{:<18} {:>5} {:>5}   back at work after: median, max\n",
            "fault", "times", "felt"
        );
        for fault in Fault::ALL {
            let row = self.rows.get(&fault).map_or("NOT RUN".to_owned(), Row::to_string);
            let _ = writeln!(table, "{:<18} {row}", fault.name());
        }
        let again = self.again.iter().map(|(why, times)| format!("{why}: {times}"));
        let _ = writeln!(table, "asked again after {}", again.collect::<Vec<_>>().join(", "));
        let _ = writeln!(table, "turns that Redis forgot: {}", self.forgotten_turns());
        let _ = writeln!(table, "dead letters: {}", self.dead_letters);
        let _ = writeln!(table, "slowest move {:.2} s", self.slowest_move.as_secs_f64());
        table
    }

    fn forgotten_turns(&self) -> u64 {
        self.forgotten.iter().filter_map(|told| told["found"].as_u64()).sum()
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { times, felt, back_after } = self;
        write!(f, "{times:>5} {felt:>5}")?;
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
