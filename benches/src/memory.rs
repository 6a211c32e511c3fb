//! What durable actors take on one directory: memory, and space on the disk.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::report::{self, Line};

mod growth;
mod population;

use population::Population;

const IDLE_ACTORS: u32 = 100_000;
const FEW_ACTIVE: usize = 1_000;
const KNOWN_ACTORS: u32 = 1_000_000;
const KNOWN_ACTIVE: usize = 10_000;
const GROWTH_TURNS: u32 = 1_000_000;

/// Measures one piece of work in a directory.
type Measure = fn(&Path) -> Vec<Line>;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Only work whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// The directory to measure in.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Print what one population takes, measured in this process.
    #[arg(long, hide = true, value_parser = Population::parse)]
    in_process: Option<Population>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    if let Some(population) = &options.in_process {
        population.live();
        return;
    }
    let wanted = |work: &str| options.only.as_ref().is_none_or(|only| work.contains(only));
    let dir = options.dir.clone().unwrap_or_else(std::env::temp_dir);
    let works: [(_, Measure); 3] =
        [("idle actor", idle), ("a million known", known), ("a million turns", growth)];
    let mut lines = Vec::new();
    for (work, measure) in works {
        if wanted(work) {
            let dir = tempfile::tempdir_in(&dir).expect("a directory to measure in");
            lines.extend(measure(dir.path()).into_iter().map(|line| Line { work, ..line }));
        }
    }
    report::print(&lines, options.json);
}

/// Two processes do the same on the same directory, and only one of them keeps the actors.
/// Their difference is what the actors take, without what the store and the turns did.
fn idle(dir: &Path) -> Vec<Line> {
    let all = usize::try_from(IDLE_ACTORS).expect("a count in memory");
    let _ = Population::new(dir, IDLE_ACTORS, FEW_ACTIVE).measure();
    let few = Population::new(dir, IDLE_ACTORS, FEW_ACTIVE).measure();
    let all = Population::new(dir, IDLE_ACTORS, all + 1).measure();
    assert_eq!(all.active, u64::from(IDLE_ACTORS));
    let each = |bytes: u64, actors: u64| exact(bytes / actors);
    let more_bytes = all.resident_bytes.saturating_sub(few.resident_bytes);
    let grown_bytes = all.resident_bytes.saturating_sub(all.empty_bytes);
    lines(
        "B",
        &[
            ("loom", each(more_bytes, all.active - few.active)),
            ("with all of the store", each(grown_bytes, all.active)),
            ("target", 2048.0),
        ],
    )
}

fn known(dir: &Path) -> Vec<Line> {
    let measured = Population::new(dir, KNOWN_ACTORS, KNOWN_ACTIVE).measure();
    assert!(measured.active <= KNOWN_ACTIVE as u64);
    let mut lines = lines(
        "MiB",
        &[
            ("loom, at the end", mib(measured.resident_bytes)),
            ("loom, at its largest", mib(measured.peak_bytes)),
            ("target", 300.0),
        ],
    );
    lines.extend(self::lines("s", &[("loom, time taken", measured.seconds)]));
    lines
}

fn growth(dir: &Path) -> Vec<Line> {
    let growth = growth::of(dir, GROWTH_TURNS);
    lines(
        "MiB",
        &[
            ("loom, at the end", mib(growth.at_end)),
            ("loom, at half", mib(growth.at_half)),
            ("loom, at its largest", mib(growth.largest)),
            ("written to the disk", mib(growth.written)),
        ],
    )
}

fn mib(bytes: u64) -> f64 {
    exact(bytes / 1024) / 1024.0
}

fn exact(amount: u64) -> f64 {
    u32::try_from(amount).expect("less than four terabytes").into()
}

fn lines(unit: &'static str, amounts: &[(&'static str, f64)]) -> Vec<Line> {
    let ours = amounts.first().map_or(f64::NAN, |(_, amount)| *amount);
    let lines = amounts.iter().map(|(entrant, amount)| Line {
        work: "",
        entrant,
        unit,
        per_operation: *amount,
        cpu_ns_per_operation: None,
        ratio_to_ours: amount / ours,
    });
    lines.collect()
}
