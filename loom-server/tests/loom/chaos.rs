//! Money between wallets while everything goes wrong that a machine can do to one process.
//!
//! `cargo xtask chaos` runs it for minutes, with a disk that can be filled, one that can be slow,
//! and a clock that can be wrong; without them those faults are reported as not run.

use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::bank::{self, Bank, Decided};
use crate::client::Client;
use crate::command::Place;
use crate::http_server::Server;
use crate::load::{self, Load, Pace};
use crate::mix::Mix;
use crate::settled;
use crate::size::number;
use crate::toll::Toll;
use fault::Fault;
use machine::Machine;
use world::World;

mod disk;
mod fault;
mod knobs;
mod machine;
mod world;

/// Callers rest a little, so that half an hour of them can be asked about again in minutes, and
/// give up early, so that what they send again finds the first request still open.
const REST: Duration = Duration::from_millis(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// How long everything may take after the last fault.
const END_WITHIN: Duration = Duration::from_mins(20);

#[test]
fn no_fault_of_the_machine_loses_or_repeats_anything() {
    let (seconds, seed) = (number("LOOM_CHAOS_SECONDS", 4), number("LOOM_CHAOS_SEED", 1));
    let lasts = Duration::from_secs(seconds);
    end_this_process_after(lasts + END_WITHIN);
    let machine = Machine::from_env();
    let place = machine.place();
    let _kept = KeptOnFailure(&place);
    let bank = Bank::new(seed);
    let server = Server::spawn(machine.server(&place)).unwrap();
    bank::open_wallets(&mut Client::new(server.address()));

    let mut toll = Toll::new();
    toll.say(format_args!("seed {seed}, {seconds} s of faults in {}", place.path().display()));
    let (server, decided) = endure(&machine, &place, server, &bank, lasts, &mut toll);
    toll.say(format_args!("no more faults; {} moves are decided", decided.len()));
    let waited = settled::check(&place, server, &bank, &decided, 1);
    let why_not = |fault| machine.lacks(fault).unwrap_or("chance did not choose it").to_owned();
    println!("\n{}", toll.table(Fault::ALL, Fault::name, why_not));
    println!(
        "chaos: {}; settled after {:.1} s; seed {seed}, {:.0} s",
        settled::summary(&bank, &decided),
        waited.as_secs_f64(),
        toll.since_start().as_secs_f64(),
    );
}

/// Has money moved, and one fault after another happen. Returns the last server, and what was
/// decided.
fn endure(
    machine: &Machine,
    place: &Place,
    server: Server,
    bank: &Bank,
    lasts: Duration,
    toll: &mut Toll<Fault>,
) -> (Server, Vec<Decided>) {
    let calm = Pace { moves_max: u64::MAX, rest: REST, answer_within: ANSWER_WITHIN };
    let load = Load::new(bank, vec![server.address().to_owned()], calm);
    let begun = Instant::now();
    let mut chance = Mix::new(bank.seed());
    thread::scope(|scope| {
        let callers = load.start(scope);
        let mut world = World::new(machine, place, &load, server, toll);
        // Each of them once, whatever the seed.
        let mut first = Fault::all_in_any_order(&mut chance, machine);
        while begun.elapsed() < lasts || !first.is_empty() {
            thread::sleep(Duration::from_millis(500 + chance.below(2_500)));
            assert!(!callers.iter().any(ScopedJoinHandle::is_finished), "a caller has given up");
            let fault = first.pop().unwrap_or_else(|| Fault::any(&mut chance, machine));
            fault::happen(fault, &mut world, &mut chance);
        }
        let server = world.come_to_rest();
        load.end();
        (server, load::join(callers))
    })
}

/// Whatever hangs must not hang for ever. The children end with their parent.
fn end_this_process_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit);
        eprintln!("chaos: still not at its end after {} s", limit.as_secs());
        std::process::exit(1);
    });
}

/// Copies the data to where it can be looked at, if the test fails.
struct KeptOnFailure<'a>(&'a Place);

impl Drop for KeptOnFailure<'_> {
    fn drop(&mut self) {
        let Some(keep) = std::env::var_os("LOOM_CHAOS_KEEP").map(PathBuf::from) else { return };
        if thread::panicking() {
            let copied = Command::new("cp").arg("-a").arg(self.0.data()).arg(&keep).status();
            eprintln!("chaos: the data is in {}: {copied:?}", keep.display());
        }
    }
}
