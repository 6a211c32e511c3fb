//! Redis as the stores: queue, locks and durable turns, on a server of their own that writes an
//! append-only file, synced every second.
//!
//! `BullMQ` does the same work on the same server in the same run, and trivial scripts over the same
//! connections show what a round trip takes.

mod bare;
mod bullmq;
mod latency;
mod queue;

use std::cell::Cell;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use clap::Args;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{HostId, LockName};
use loom_ports::{Acquire, Clock as _};
use loom_runtime::{Host, SystemClock};
use loom_testkit::backends::{RedisOptions, RedisServer};
use tokio::runtime::{Builder, Runtime};

use self::bare::Bare;
use self::bullmq::BullMq;
use crate::callers::{Callers, call};
use crate::cost::Cost;
use crate::counter::{ADD, Counter};
use crate::line::{Came, Line, Role, Unit};
use crate::report::Report;
use crate::rounds::{Entrant, compete};

const ACTORS: u32 = 1_000;
const LOCKS: u32 = 1_000;
/// How many messages go together where they go in batches.
const BATCH: u32 = 50;

const TURNS: [(&str, Callers); 3] = [
    ("Redis: durable turn, 1 caller", Callers { callers: 1, operations: 5_000 }),
    ("Redis: durable turn, 64 callers", Callers { callers: 64, operations: 40_000 }),
    ("Redis: durable turn, 256 callers", Callers { callers: 256, operations: 60_000 }),
];

const LOCKINGS: [(&str, Callers); 2] = [
    ("Redis: acquire and release a lock, 1 caller", Callers { callers: 1, operations: 5_000 }),
    ("Redis: acquire and release a lock, 64 callers", Callers { callers: 64, operations: 40_000 }),
];

/// How the subject is measured.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    report: Report,
    /// Rounds that count.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure how long callers wait at a moderate load instead, beside what is allowed.
    #[arg(long)]
    latency: bool,
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let settings = RedisOptions::default().with("appendonly", "yes");
    let server = RedisServer::start(&settings.with("appendfsync", "everysec"));
    let runtime =
        Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let open = RedisStores::open(RedisSettings::standalone(server.url()));
    let stores = runtime.block_on(open).expect("a server that was just started");
    let start = async { Host::builder(stores.clone()).actor::<Counter>().start().await };
    let host = runtime.block_on(start).expect("a host on an empty server");
    let bare = Bare::connect(&runtime, &server.url());
    let queues = AtomicU32::new(0);
    let bench = Bench { runtime, server, stores, host, bare, queues };
    if options.latency {
        latency::print(&bench);
    } else {
        options.report.print(&bench.lines(options));
    }
    bench.runtime.block_on(bench.host.stop(Duration::from_secs(10)));
}

struct Bench {
    runtime: Runtime,
    server: RedisServer,
    stores: RedisStores,
    host: Host,
    bare: Bare,
    /// How many queues were named.
    queues: AtomicU32,
}

impl Bench {
    fn lines(&self, options: &Options) -> Vec<Line> {
        let mut lines = Vec::new();
        let peer = BullMq::install();
        for work in &queue::WORKS {
            if options.report.wants(work.name) {
                lines.extend(work.lines(self, peer.as_ref(), options.rounds));
            }
        }
        for (work, callers) in LOCKINGS {
            if options.report.wants(work) {
                lines.extend(self.locking(work, options.rounds, callers));
            }
        }
        for (work, callers) in TURNS {
            if options.report.wants(work) {
                lines.extend(self.turns(work, options.rounds, callers));
            }
        }
        lines
    }

    fn turns(&self, work: &str, rounds: usize, callers: Callers) -> Vec<Line> {
        let trips = Cell::new(0);
        let ours = || {
            let before = self.stores.round_trips();
            let cost = self.runtime.block_on(turns(&self.host, callers));
            trips.set(self.stores.round_trips() - before);
            cost
        };
        let bare = || self.runtime.block_on(self.bare.call(callers));
        let mut lines = compete(
            work,
            Unit::PerSecond,
            rounds,
            &[
                Entrant::new("loom", Role::Ours, ours),
                Entrant::new("bare script", Role::Limit, bare),
            ],
        );
        if let Some(Line { came: Came::Measured(ours), .. }) = lines.first_mut() {
            let (trips, turns) = (trips.get(), callers.operations);
            ours.note = Some(format!("{trips} round trips for {turns} turns"));
        }
        lines
    }

    fn locking(&self, work: &str, rounds: usize, callers: Callers) -> Vec<Line> {
        let bare = || self.runtime.block_on(self.bare.lock(callers, LOCKS));
        let ours = || self.runtime.block_on(lock(&self.stores, callers));
        compete(
            work,
            Unit::PerSecond,
            rounds,
            &[
                Entrant::new("loom", Role::Ours, ours),
                Entrant::new("SET NX PX and a script", Role::Limit, bare),
            ],
        )
    }
}

async fn turns(host: &Host, callers: Callers) -> Cost {
    let host = host.clone();
    let turn = move |n| {
        let actor = host.actor(format!("counter/{}", n % ACTORS)).expect("an id");
        async move {
            let _: u64 = actor.call(ADD, &1).await.expect("a turn");
        }
    };
    call(callers, turn).await
}

async fn lock(stores: &RedisStores, callers: Callers) -> Cost {
    let (locks, owner) = (stores.locks(), HostId::parse("bench").expect("a word"));
    let taking = move |n| {
        let name = LockName::parse(&format!("lock-{}", n % LOCKS)).expect("a word and a number");
        let (locks, owner) = (locks.clone(), owner.clone());
        async move {
            let now = SystemClock.now();
            let taken = locks.acquire(&name, &owner, Duration::from_secs(10), now).await;
            let Acquire::Held(lease) = taken.expect("reached") else { panic!("nobody has it") };
            locks.release(&lease).await.expect("reached");
        }
    };
    call(callers, taking).await
}
