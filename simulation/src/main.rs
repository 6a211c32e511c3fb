//! `simulate`: plays seed after seed.

#![expect(clippy::print_stdout, reason = "this is a command")]

use std::collections::BTreeMap;
use std::panic;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, value_parser};
use loom_simulation::{FORGETFUL, Play, SCENARIOS, Scenario};
use loom_testkit::sim::{IncidentKind, Report};

/// Simulates clusters, seed after seed, until one breaks a promise.
#[derive(Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// This seed alone, and all that happens in it if it fails
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Stop after so many minutes, whatever is left
    #[arg(long, value_parser = value_parser!(u64).range(1..=525_600))]
    minutes: Option<u64>,
    /// How many at a time
    #[arg(long, default_value_t = 2)]
    jobs: u32,
    /// One seed in so many is played twice, and both must be the same; 0 for none
    #[arg(long, default_value_t = 10)]
    twice: u64,
    /// Only this scenario
    #[arg(long, value_name = "NAME", value_parser = scenario)]
    scenario: Option<&'static Scenario>,
}

fn scenario(name: &str) -> Result<&'static Scenario, String> {
    let all = || SCENARIOS.iter().chain(FORGETFUL);
    let names = || all().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    let found = all().find(|scenario| scenario.name == name);
    found.ok_or_else(|| format!("the scenarios are {}", names()))
}

/// What became of some seeds.
#[derive(Clone, Default)]
struct Tally {
    seeds: u64,
    twice: u64,
    steps: u64,
    simulated: Duration,
    troubles: u64,
    incidents: BTreeMap<IncidentKind, u64>,
}

impl Tally {
    fn of(report: &Report, is_twice: bool) -> Self {
        let mut incidents = BTreeMap::new();
        for kind in &report.incidents {
            *incidents.entry(*kind).or_default() += 1;
        }
        Self {
            seeds: 1,
            twice: u64::from(is_twice),
            steps: report.steps,
            simulated: report.elapsed,
            troubles: report.troubles,
            incidents,
        }
    }

    fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.twice += other.twice;
        self.steps += other.steps;
        self.simulated += other.simulated;
        self.troubles += other.troubles;
        for (kind, count) in &other.incidents {
            *self.incidents.entry(*kind).or_default() += count;
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if let Some(seed) = arguments.seed {
        (arguments.from, arguments.seeds) = (seed, 1);
    }
    // A failing run is played some hundred times, and says at the end what went wrong.
    panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let until = arguments.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let (next, failed) = (AtomicU64::new(arguments.from), AtomicBool::new(false));
    let tallies = Mutex::new((BTreeMap::<&str, Tally>::new(), begun));
    thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed)
                    && until.is_none_or(|until| Instant::now() < until)
                {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.from.saturating_add(arguments.seeds) {
                        return;
                    }
                    match play(&arguments, seed) {
                        Ok((names, tally)) => {
                            let mut tallies = tallies.lock().expect("nobody panics with it");
                            let (tallies, told) = &mut *tallies;
                            for name in names.into_iter().chain([ALL]) {
                                tallies.entry(name).or_default().add(&tally);
                            }
                            if told.elapsed() > TELL_EVERY {
                                *told = Instant::now();
                                println!("{} seeds", tallies[ALL].seeds);
                            }
                        }
                        Err(failure) => {
                            failed.store(true, Ordering::Relaxed);
                            println!("{failure}");
                        }
                    }
                }
            });
        }
    });
    let (tallies, _) = tallies.into_inner().expect("nobody panics with it");
    print(&tallies, begun.elapsed());
    if failed.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

const TELL_EVERY: Duration = Duration::from_secs(20);

/// The row of all seeds. Most count in more than one of the others.
const ALL: &str = "all";

fn print(tallies: &BTreeMap<&str, Tally>, took: Duration) {
    println!(
        "{:<10} {:>8} {:>7} {:>12} {:>10} {:>9} {:>10}",
        "scenario", "seeds", "twice", "steps", "simulated", "faults", "incidents"
    );
    let (all, others): (Vec<_>, Vec<_>) = tallies.iter().partition(|(name, _)| **name == ALL);
    for (name, tally) in others.into_iter().chain(all) {
        let Tally { seeds, twice, steps, simulated, troubles, incidents } = tally;
        let hours = simulated.as_secs_f64() / 3_600.0;
        let incidents: u64 = incidents.values().sum();
        println!(
            "{name:<10} {seeds:>8} {twice:>7} {steps:>12} {hours:>8.1} h {troubles:>9} {incidents:>10}"
        );
    }
    let Some(all) = tallies.get(ALL) else { return };
    let incidents = all.incidents.iter().map(|(kind, count)| format!("{kind:?} {count}"));
    println!("incidents: {}", incidents.collect::<Vec<_>>().join(", "));
    let seconds = took.as_secs_f64();
    let per_second = f64::from(u32::try_from(all.seeds).unwrap_or(u32::MAX)) / seconds;
    println!("took {seconds:.1} s, {per_second:.1} seeds a second");
}

fn play(arguments: &Arguments, seed: u64) -> Result<(Vec<&'static str>, Tally), String> {
    let play = arguments.scenario.map_or_else(|| Play::of_seed(seed), |it| Play::only(it, seed));
    let names: Vec<_> = play.names().collect();
    let run = || {
        play.run().map_err(|failure| match arguments.seed {
            Some(_) => format!("{}: {failure:#}", names.join(", ")),
            None => format!("{}: {failure}", names.join(", ")),
        })
    };
    let report = run()?;
    let is_twice = arguments.twice > 0 && seed.is_multiple_of(arguments.twice);
    if is_twice {
        let again = run()?;
        if again != report {
            return Err(format!("seed {seed}: two runs differ: {report:?}, {again:?}"));
        }
    }
    Ok((names, Tally::of(&report, is_twice)))
}
