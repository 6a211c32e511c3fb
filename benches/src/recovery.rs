//! Coming back: how long until what a killed process left behind answers again.
//!
//! A process of its own fills a directory and is killed with everything in memory. Each round is
//! another process that opens the directory, measures, and is killed too. The limits have the
//! journal read the same records, and hand them to nobody.

mod life;
mod reading;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use self::life::Killed;
use crate::cost::{Cost, middle};
use crate::line::{Figures, Line, Role, Unit};
use crate::place::Place;
use crate::report::Report;

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    #[command(flatten)]
    place: Place,
    /// Rounds that count.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Do one part in this process, print what it took, and wait to be killed.
    #[arg(long, hide = true, value_parser = Part::parse)]
    in_process: Option<Part>,
}

/// What one process does.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Part {
    dir: PathBuf,
    left: Left,
    job: Job,
}

/// What a directory holds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Left {
    actors: u32,
    turns_each: u32,
    /// Each record is a snapshot. Otherwise none is.
    snapshots: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Job {
    /// Fill the directory.
    Fill,
    /// Start a host, and have so many callers ask every actor once.
    Recover { callers: u32 },
    /// Read what an activation reads, of every actor, through the journal's `load`.
    Load,
    /// Read the last record of every actor.
    Read,
}

/// What a process took.
#[derive(Debug, Deserialize, Serialize)]
struct Took {
    /// Until the host had its partitions, or the journal could be read.
    start_s: f64,
    /// For each actor.
    wall_us: f64,
    cpu_us: f64,
    p50_us: f64,
    p99_us: f64,
}

struct Work {
    name: &'static str,
    left: Left,
    callers: u32,
    limits: &'static [(&'static str, Job)],
    unit: Unit,
}

const WORKS: [Work; 3] = [
    Work {
        name: "recovery of 10,000 actors after a kill",
        left: Left { actors: 10_000, turns_each: 10, snapshots: false },
        callers: 64,
        limits: &[("journal load alone", Job::Load)],
        unit: Unit::Seconds,
    },
    Work {
        name: "replay, records",
        left: Left { actors: 100, turns_each: 2_000, snapshots: false },
        callers: 4,
        limits: &[("journal load alone", Job::Load)],
        unit: Unit::PerSecond,
    },
    Work {
        name: "activation of a cold actor with snapshot",
        left: Left { actors: 10_000, turns_each: 2, snapshots: true },
        callers: 1,
        limits: &[("journal read", Job::Read), ("journal load", Job::Load)],
        unit: Unit::Micros,
    },
];

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    if let Some(part) = &options.in_process {
        part.run();
        return;
    }
    let mut lines = Vec::new();
    for work in WORKS {
        if options.report.wants(work.name) {
            let dir = options.place.directory();
            lines.extend(work.measure(dir.path(), options.rounds));
        }
    }
    options.report.print(&lines);
}

impl Work {
    fn measure(&self, dir: &Path, rounds: usize) -> Vec<Line> {
        let part = |job| Part { dir: dir.join("data"), left: self.left, job };
        let _ = part(Job::Fill).run_and_kill();
        let ours = [("loom", Role::Ours, Job::Recover { callers: self.callers })];
        let limits = self.limits.iter().map(|(by, job)| (*by, Role::Limit, *job));
        let entrants: Vec<_> = ours.into_iter().chain(limits).collect();
        let mut took: Vec<Vec<Took>> = entrants.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for ((.., job), took) in entrants.iter().zip(&mut took) {
                took.push(part(*job).run_and_kill());
            }
        }
        let lines = entrants
            .iter()
            .zip(&took)
            .map(|((by, role, _), took)| Line::measured(self.name, by, *role, self.figures(took)));
        lines.collect()
    }

    fn figures(&self, took: &[Took]) -> Figures {
        let median = |part: fn(&Took) -> f64| middle(took.iter().map(part));
        let (actors, records) = (f64::from(self.left.actors), f64::from(self.left.turns_each));
        let (wall_us, start_s) = (median(|took| took.wall_us), median(|took| took.start_s));
        let amount = match self.unit {
            Unit::Seconds => start_s + wall_us * actors / 1e6,
            Unit::PerSecond => records * 1e6 / wall_us,
            _ => wall_us,
        };
        let records = if self.unit == Unit::PerSecond { records } else { 1.0 };
        Figures {
            amount,
            unit: self.unit,
            cpu_us: Some(median(|took| took.cpu_us) / records),
            p50_us: Some(median(|took| took.p50_us)),
            p99_us: Some(median(|took| took.p99_us)),
            note: (self.unit == Unit::Seconds)
                .then(|| format!("{start_s:.3} s of it until the store and the host were open")),
        }
    }
}

impl Part {
    fn parse(raw: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(raw)
    }

    /// Does the part in this process, says what it took, and waits to be killed.
    fn run(&self) {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (_living, took) = runtime.block_on(async {
            match self.job {
                Job::Fill => life::fill(&self.dir, self.left).await,
                Job::Recover { callers } => life::recover(&self.dir, self.left, callers).await,
                Job::Load => reading::load(&self.dir, self.left).await,
                Job::Read => reading::read(&self.dir, self.left).await,
            }
        });
        Killed::wait(&took);
    }

    /// Does the part in a process that is killed once it says what it took.
    fn run_and_kill(&self) -> Took {
        Killed::start(&serde_json::to_string(self).expect("plain values"))
    }
}

impl Took {
    fn of(start_s: f64, cost: &Cost) -> Self {
        let waits = cost.waits.expect("callers were asked");
        Self {
            start_s,
            wall_us: cost.wall_ns / 1e3,
            cpu_us: cost.cpu_ns / 1e3,
            p50_us: waits.p50_us,
            p99_us: waits.p99_us,
        }
    }
}
