//! What durable actors take on one directory: memory, and space on the disk.

use std::path::Path;

use clap::Args;

use crate::line::{Figures, Line, Role, Unit};
use crate::place::Place;
use crate::report::Report;

mod growth;
mod population;

use population::Population;

const IDLE_ACTORS: u32 = 100_000;
const FEW_ACTIVE: usize = 1_000;
const KNOWN_ACTORS: u32 = 1_000_000;
const KNOWN_ACTIVE: usize = 10_000;
const GROWTH_TURNS: u32 = 1_000_000;

/// Measures one piece of work in a directory: by whom, and what they are to us.
type Measure = fn(&Path) -> Vec<(&'static str, Role, Figures)>;

const WORKS: [(&str, Measure); 3] = [
    ("memory per idle actor, durable", idle),
    ("memory, a million actors known", known),
    ("disk after a million turns", growth),
];

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    #[command(flatten)]
    place: Place,
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
    let mut lines = Vec::new();
    for (work, measure) in WORKS {
        if options.report.wants(work) {
            let dir = options.place.directory();
            let measured = measure(dir.path());
            let line = |(by, role, figures)| Line::measured(work, by, role, figures);
            lines.extend(measured.into_iter().map(line));
        }
    }
    options.report.print(&lines);
}

/// Two processes do the same on the same directory, and only one of them keeps the actors.
/// Their difference is what the actors take, without what the store and the turns did.
fn idle(dir: &Path) -> Vec<(&'static str, Role, Figures)> {
    let all = usize::try_from(IDLE_ACTORS).expect("a count in memory");
    let _ = Population::new(dir, IDLE_ACTORS, FEW_ACTIVE).measure();
    let few = Population::new(dir, IDLE_ACTORS, FEW_ACTIVE).measure();
    let all = Population::new(dir, IDLE_ACTORS, all + 1).measure();
    assert_eq!(all.active, u64::from(IDLE_ACTORS));
    let each = |bytes: u64, actors: u64| Figures::of(exact(bytes / actors), Unit::Bytes);
    let more_bytes = all.resident_bytes.saturating_sub(few.resident_bytes);
    let grown_bytes = all.resident_bytes.saturating_sub(all.empty_bytes);
    vec![
        ("loom", Role::Ours, each(more_bytes, all.active - few.active)),
        ("loom, with all of the store", Role::Aside, each(grown_bytes, all.active)),
    ]
}

fn known(dir: &Path) -> Vec<(&'static str, Role, Figures)> {
    let measured = Population::new(dir, KNOWN_ACTORS, KNOWN_ACTIVE).measure();
    assert!(measured.active <= KNOWN_ACTIVE as u64);
    vec![
        ("loom", Role::Ours, mib(measured.resident_bytes)),
        ("loom, at its largest", Role::Aside, mib(measured.peak_bytes)),
        ("loom, time taken", Role::Aside, Figures::of(measured.seconds, Unit::Seconds)),
    ]
}

fn growth(dir: &Path) -> Vec<(&'static str, Role, Figures)> {
    let growth = growth::of(dir, GROWTH_TURNS);
    vec![
        ("loom", Role::Ours, mib(growth.at_end)),
        ("loom, at half", Role::Aside, mib(growth.at_half)),
        ("loom, at its largest", Role::Aside, mib(growth.largest)),
        ("written to the disk", Role::Aside, mib(growth.written)),
    ]
}

fn mib(bytes: u64) -> Figures {
    Figures::of(exact(bytes / 1024) / 1024.0, Unit::MiB)
}

fn exact(amount: u64) -> f64 {
    u32::try_from(amount).expect("less than four terabytes").into()
}
