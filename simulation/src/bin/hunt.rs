//! `hunt`: plants bugs, and tries seeds until each is found.

#![expect(clippy::print_stdout, reason = "this is a command")]

use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use loom_simulation::{Found, hunt};
use loom_testkit::sim::Planted;

/// Plants bugs, and simulates clusters until each is found.
#[derive(Parser)]
struct Arguments {
    /// Which bug, or `all`
    #[arg(value_parser = named, default_value = "all")]
    planted: Bugs,
    /// How many seeds may be tried for each
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// How many runs may be made to make a failing one smaller
    #[arg(long, default_value_t = 300)]
    smaller: u32,
    /// How many bugs at a time
    #[arg(long, default_value_t = 2)]
    jobs: u32,
    /// Print the smallest run too
    #[arg(long)]
    trace: bool,
}

#[derive(Clone)]
struct Bugs(Vec<Planted>);

fn named(name: &str) -> Result<Bugs, String> {
    if name == "all" {
        return Ok(Bugs(Planted::ALL.to_vec()));
    }
    let names = || Planted::ALL.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ");
    let found = Planted::named(name).map(|planted| Bugs(vec![planted]));
    found.ok_or_else(|| format!("the planted bugs are {}", names()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A failing run is played some hundred times, and says at the end what went wrong.
    panic::set_hook(Box::new(|_| {}));
    let Bugs(all) = &arguments.planted;
    let (begun, next, missed) = (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0));
    println!("{:<22} {:>6} {:>6}  broken promise", "bug", "seeds", "lines");
    thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                while let Some(planted) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = hunt(*planted, arguments.seeds, arguments.smaller);
                    missed.fetch_add(usize::from(found.is_none()), Ordering::Relaxed);
                    println!("{}", row(*planted, found, arguments.trace));
                }
            });
        }
    });
    println!("took {:.1} s", begun.elapsed().as_secs_f64());
    if missed.into_inner() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(planted: Planted, found: Option<Found>, is_traced: bool) -> String {
    let name = planted.name();
    let Some(Found { seeds, failure }) = found else {
        return format!("{name:<22} NOT FOUND: {planted}");
    };
    let trace = if is_traced { format!("\n{failure}") } else { String::new() };
    let lines = failure.lines();
    format!("{name:<22} {seeds:>6} {lines:>6}  {}{trace}", failure.violation)
}
