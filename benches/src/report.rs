//! What is printed.

use serde::Serialize;

/// The median result of one entrant at one piece of work.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// What was done.
    pub(crate) work: &'static str,
    /// By whom.
    pub(crate) entrant: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// How much of it each operation took.
    pub(crate) per_operation: f64,
    /// Processor time of all threads, where it was measured.
    pub(crate) cpu_ns_per_operation: Option<f64>,
    /// Above 1: more than ours.
    pub(crate) ratio_to_ours: f64,
}

/// Prints one aligned table, or one JSON array.
pub(crate) fn print(lines: &[Line], json: bool) {
    if json {
        let text = serde_json::to_string_pretty(lines).expect("lines are plain values");
        println!("{text}");
        return;
    }
    println!("{:<18} {:<22} {:>12} {:>12} {:>8}", "work", "by", "per op", "cpu ns/op", "/ ours");
    let mut last = "";
    for line in lines {
        let work = if line.work == last { "" } else { line.work };
        last = line.work;
        let amount = format!("{:.0} {}", line.per_operation, line.unit);
        let cpu = line.cpu_ns_per_operation.map_or(String::new(), |cpu| format!("{cpu:.0}"));
        let ratio = line.ratio_to_ours;
        println!("{work:<18} {:<22} {amount:>12} {cpu:>12} {ratio:>8.2}", line.entrant);
    }
}
