//! `simulate`: plays seed after seed.

#![expect(clippy::print_stdout, reason = "this is a command")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use loom_simulation::{SCENARIOS, Scenario, of_seed};

/// Simulates clusters, seed after seed, until one breaks a promise.
#[derive(Parser)]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Stop after so many minutes, whatever is left
    #[arg(long)]
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
    let names = || SCENARIOS.iter().map(|scenario| scenario.name).collect::<Vec<_>>().join(", ");
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| format!("the scenarios are {}", names()))
}

/// What became of the seeds of one scenario.
#[derive(Clone, Copy, Default)]
struct Tally {
    seeds: u64,
    steps: u64,
    twice: u64,
    simulated: Duration,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let until = arguments.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let (next, failed) = (AtomicU64::new(arguments.from), AtomicBool::new(false));
    let tallies = Mutex::new(BTreeMap::<&str, Tally>::new());
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
                        Ok((name, tally)) => {
                            let mut tallies = tallies.lock().expect("nobody panics with it");
                            let sum = tallies.entry(name).or_default();
                            sum.seeds += tally.seeds;
                            sum.steps += tally.steps;
                            sum.twice += tally.twice;
                            sum.simulated += tally.simulated;
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
    let tallies = tallies.into_inner().expect("nobody panics with it");
    println!(
        "{:<12} {:>8} {:>12} {:>8} {:>14}",
        "scenario", "seeds", "steps", "twice", "simulated"
    );
    for (name, Tally { seeds, steps, twice, simulated }) in tallies {
        let hours = simulated.as_secs_f64() / 3_600.0;
        println!("{name:<12} {seeds:>8} {steps:>12} {twice:>8} {hours:>12.1} h");
    }
    println!("took {:.1} s", begun.elapsed().as_secs_f64());
    if failed.into_inner() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn play(arguments: &Arguments, seed: u64) -> Result<(&'static str, Tally), String> {
    let scenario = arguments.scenario.unwrap_or_else(|| of_seed(seed));
    let name = scenario.name;
    let report = scenario.play(seed).map_err(|failure| format!("{name}, {failure}"))?;
    let is_twice = arguments.twice > 0 && seed % arguments.twice == 0;
    if is_twice {
        let again = scenario.play(seed).map_err(|failure| format!("{name}, {failure}"))?;
        if again != report {
            return Err(format!("{name}, seed {seed}: two runs differ: {report:?}, {again:?}"));
        }
    }
    let (steps, simulated) = (report.steps, report.elapsed);
    Ok((name, Tally { seeds: 1, steps, twice: u64::from(is_twice), simulated }))
}
