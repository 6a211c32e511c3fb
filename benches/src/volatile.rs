//! In-process actors.
//!
//! Every entrant has the same counter actor and gets the same work, on the same two threads
//! (actix, which is made for one, on one). Telling and publishing count until the last message was
//! handled; spawning counts until each new actor has handled its first message, and stopping until
//! the state of each was dropped.

use std::time::Duration;

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use crate::cost::Cost;
use crate::line::{Role, Unit};
use crate::report::Report;
use crate::rounds::{Entrant, compete};

mod actix_peer;
mod coerce_peer;
mod kameo_peer;
mod limits;
mod memory;
mod ours;
mod ractor_peer;
mod receipts;
mod system;
mod work;
mod xtra_peer;

use system::System;

const TELLS: u32 = 500_000;
const ASKS: u32 = 100_000;
const SPAWNS: u32 = 10_000;
const LOOKUPS: u32 = 500_000;
const PUBLISHES: u32 = 2_000;

const ACTORS: usize = 1_000;

/// Published to, and named.
const CROWD: usize = 100;
const NAMES: usize = 1_000;

/// Messages that may wait for one actor, where the peer has bounds.
const CAPACITY: usize = 1_024;

/// No answer takes this long, but everyone who can has a limit as in production.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    /// Rounds that count.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Print the memory of idle actors of one entrant, measured in this process.
    #[arg(long, hide = true)]
    memory_of: Option<String>,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    if let Some(entrant) = &options.memory_of {
        println!("{}", memory::of(entrant));
        return;
    }
    let (report, runtime) = (&options.report, runtime());
    let works: [(&str, Unit, Vec<Entrant<'_>>); 8] = [
        ("tell, one actor", Unit::Nanos, everyone::<Tell<1>>(&runtime)),
        ("tell, 1,000 actors", Unit::Nanos, everyone::<Tell<ACTORS>>(&runtime)),
        ("ask, one caller", Unit::Nanos, everyone::<Ask<1, 1>>(&runtime)),
        ("ask, 64 callers on 1,000 actors", Unit::Nanos, everyone::<Ask<64, ACTORS>>(&runtime)),
        ("spawn", Unit::Nanos, everyone::<Spawn>(&runtime)),
        ("start and stop", Unit::Nanos, everyone::<StartAndStop>(&runtime)),
        ("registry lookup, 2 threads", Unit::Nanos, lookups(&runtime)),
        ("publish to 100", Unit::Micros, everyone::<Publish>(&runtime)),
    ];
    let mut lines = Vec::new();
    for (work, unit, entrants) in works {
        if report.wants(work) {
            lines.extend(compete(work, unit, options.rounds, &entrants));
        }
    }
    if report.wants(memory::WORK) {
        lines.extend(memory::lines());
    }
    report.print(&lines);
}

/// A piece of work that everyone can do.
trait Work {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static;
}

struct Tell<const ON: usize>;
struct Ask<const CALLERS: u32, const ON: usize>;
struct Spawn;
struct StartAndStop;
struct Publish;

impl<const ON: usize> Work for Tell<ON> {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static {
        work::tell::<S>(ON, TELLS)
    }
}

impl<const CALLERS: u32, const ON: usize> Work for Ask<CALLERS, ON> {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static {
        work::ask::<S>(CALLERS, ON, ASKS)
    }
}

impl Work for Spawn {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static {
        work::spawn::<S>(SPAWNS)
    }
}

impl Work for StartAndStop {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static {
        work::start_and_stop::<S>(SPAWNS)
    }
}

impl Work for Publish {
    fn by<S: System>() -> impl Future<Output = Cost> + Send + 'static {
        work::publish::<S>(PUBLISHES)
    }
}

fn everyone<W: Work>(runtime: &Runtime) -> Vec<Entrant<'_>> {
    vec![
        entrant::<ours::Loom, W>(runtime),
        entrant::<limits::Tokio, W>(runtime),
        entrant::<kameo_peer::Kameo, W>(runtime),
        entrant::<ractor_peer::Ractor, W>(runtime),
        entrant::<coerce_peer::Coerce, W>(runtime),
        entrant::<xtra_peer::Xtra, W>(runtime),
        entrant::<actix_peer::Actix, W>(runtime),
    ]
}

fn entrant<S: System, W: Work>(runtime: &Runtime) -> Entrant<'_> {
    Entrant::new(S::NAME, S::ROLE, || S::run(runtime, W::by::<S>()))
}

/// Of those that know actors by name.
fn lookups(runtime: &Runtime) -> Vec<Entrant<'_>> {
    vec![
        Entrant::new("loom", Role::Ours, || ours::Loom::run(runtime, ours::lookup(LOOKUPS))),
        Entrant::new("RwLock, HashMap", Role::Limit, || limits::lookup(LOOKUPS)),
        Entrant::new("kameo", Role::Peer, || {
            kameo_peer::Kameo::run(runtime, kameo_peer::lookup(LOOKUPS))
        }),
        Entrant::new("ractor", Role::Peer, || {
            ractor_peer::Ractor::run(runtime, ractor_peer::lookup(LOOKUPS))
        }),
    ]
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn names() -> Vec<String> {
    (0..NAMES).map(|number| format!("actor-{number}")).collect()
}

/// Calls `find` with names from two threads, half of `lookups` each.
fn from_two_threads(lookups: u32, find: impl Fn(&str) -> bool + Sync) {
    let names = names();
    let work = |offset: usize| {
        for lookup in 0..lookups as usize / 2 {
            assert!(find(&names[(lookup * 7 + offset) % NAMES]));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| work(0));
        scope.spawn(|| work(NAMES / 2));
    });
}
