//! What a run went through, and what came of it.

use std::collections::BTreeMap;
use std::fmt::{Arguments, Display, Formatter, Result, Write as _};
use std::time::{Duration, Instant};

/// The faults of a run, and what came of each.
pub(crate) struct Toll<F> {
    began: Instant,
    rows: BTreeMap<F, Row>,
}

#[derive(Default)]
struct Row {
    times: u32,
    felt: u32,
    /// How long it took until all was at work again, where that was waited for.
    back_after: Vec<Duration>,
}

impl<F: Copy + Ord> Toll<F> {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), rows: BTreeMap::new() }
    }

    pub(crate) fn since_start(&self) -> Duration {
        self.began.elapsed()
    }

    /// Prints what is happening, and when.
    pub(crate) fn say(&self, what: Arguments<'_>) {
        println!("{:8.2} s  {what}", self.since_start().as_secs_f64());
    }

    /// A fault has happened. `felt` says that somebody was seen to suffer it.
    pub(crate) fn happened(&mut self, fault: F, felt: bool) {
        let row = self.rows.entry(fault).or_default();
        row.times += 1;
        row.felt += u32::from(felt);
    }

    /// All is at work again, this long after a fault.
    pub(crate) fn back(&mut self, fault: F, after: Duration) {
        self.rows.entry(fault).or_default().back_after.push(after);
        self.say(format_args!("  back at work after {:.3} s", after.as_secs_f64()));
    }

    /// One line for each fault. `name` names it, and `why_not` says why it did not happen.
    pub(crate) fn table(
        &self,
        faults: impl IntoIterator<Item = F>,
        name: impl Fn(F) -> &'static str,
        why_not: impl Fn(F) -> String,
    ) -> String {
        let head = "back at work after: median, max";
        let mut table = format!("{:<18} {:>5} {:>5}   {head}\n", "fault", "times", "felt");
        for fault in faults {
            let line = match self.rows.get(&fault) {
                Some(row) => row.to_string(),
                None => format!("NOT RUN ({})", why_not(fault)),
            };
            let _ = writeln!(table, "{:<18} {line}", name(fault));
        }
        table
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
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
