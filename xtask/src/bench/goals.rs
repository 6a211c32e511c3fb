//! What is to be measured, and how good it is to be.

use super::line::Unit;

/// One piece of work.
#[derive(Clone, Copy)]
pub(super) struct Goal {
    /// As the subject that measures it calls it.
    pub(super) work: &'static str,
    /// The subject of `loom-benches`.
    pub(super) subject: &'static str,
    pub(super) targets: &'static [Target],
    /// Peers that are measured by `cargo xtask peers`.
    pub(super) elsewhere: &'static [&'static str],
    /// The work of those peers, where it has another name.
    pub(super) like: &'static str,
}

/// How good is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    /// At most so much, or at least so many in a second.
    Amount(f64, Unit),
    /// At most so much processor time of all threads for each operation, in microseconds.
    CpuMicros(f64),
    /// So many times better than every peer.
    AheadOfPeers(f64),
    /// So many times better than every peer that runs on several threads.
    AheadOfThreads(f64),
}

use Target::{AheadOfPeers, AheadOfThreads, Amount, CpuMicros};
use Unit::{Bytes, MiB, Micros, Nanos, PerSecond};

/// Every row of the table, in its order.
pub(super) const GOALS: &[Goal] = &[
    goal("volatile", "tell, one actor", &[Amount(150.0, Nanos), AheadOfThreads(3.0)]),
    goal("volatile", "tell, 1,000 actors", &[Amount(160.0, Nanos), AheadOfThreads(3.0)]),
    goal("volatile", "ask, one caller", &[Amount(750.0, Nanos)]),
    goal("volatile", "ask, 64 callers on 1,000 actors", &[Amount(700.0, Nanos)]),
    goal("volatile", "spawn", &[Amount(800.0, Nanos)]),
    goal("volatile", "start and stop", &[Amount(1_800.0, Nanos)]),
    goal("volatile", "registry lookup, 2 threads", &[Amount(60.0, Nanos)]),
    goal("volatile", "publish to 100", &[Amount(15.0, Micros)]),
    goal("volatile", "memory per idle actor, volatile", &[Amount(700.0, Bytes)]),
    goal("memory", "memory per idle actor, durable", &[Amount(1_500.0, Bytes)]),
    goal("memory", "memory, a million actors known", &[Amount(300.0, MiB)]),
    goal("memory", "disk after a million turns", &[]),
    goal("durable", "durable turn, 1 caller", &[Amount(8_000.0, PerSecond), CpuMicros(20.0)]),
    goal("durable", "durable turn, 64 callers", &[Amount(60_000.0, PerSecond), CpuMicros(20.0)]),
    goal("durable", "durable turn, 256 callers", &[Amount(100_000.0, PerSecond), CpuMicros(20.0)]),
    goal("durable", "durable turn, 1 caller, 1 actor", &[]),
    goal("durable", "durable turn, 64 callers, 1 actor", &[]),
    goal("durable", "durable turn, 256 callers, 1 actor", &[]),
    goal("recovery", "recovery of 10,000 actors after a kill", &[]),
    goal("recovery", "replay, records", &[]),
    goal("recovery", "activation of a cold actor with snapshot", &[Amount(15.0, Micros)]),
    Goal {
        elsewhere: SERVERS,
        ..goal(
            "http",
            "durable counter over HTTP, 1 caller",
            &[Amount(4_000.0, PerSecond), CpuMicros(60.0)],
        )
    },
    Goal {
        elsewhere: SERVERS,
        ..goal(
            "http",
            "durable counter over HTTP, 64 callers",
            &[Amount(25_000.0, PerSecond), CpuMicros(60.0)],
        )
    },
    goal("steps", "durable 10-step handler, 1 at once", &[]),
    Goal {
        elsewhere: &["durare", "dbos", "restate", "workerd", "duroxide"],
        ..goal(
            "steps",
            "durable 10-step handler, 64 at once",
            &[AheadOfPeers(10.0), CpuMicros(200.0)],
        )
    },
    goal(
        "expressions",
        "expression, compiled once",
        &[Amount(1_000_000.0, PerSecond), AheadOfPeers(20.0)],
    ),
    goal("workflows", "workflow of 10 actions, 1 at once", &[]),
    Goal {
        elsewhere: &["durare", "dbos", "restate", "workerd", "duroxide"],
        // None of them reads workflows: it is code of ten steps.
        like: "durable 10-step handler, 64 at once",
        ..goal("workflows", "workflow of 10 actions, 64 at once", &[AheadOfPeers(10.0)])
    },
    goal("redis", "Redis: enqueue, 1 caller", &[]),
    goal("redis", "Redis: enqueue, 64 callers", &[Amount(80_000.0, PerSecond)]),
    goal("redis", "Redis: enqueue in batches of 50", &[Amount(200_000.0, PerSecond)]),
    goal(
        "redis",
        "Redis: process, 50 in flight",
        &[Amount(75_000.0, PerSecond), AheadOfPeers(6.0)],
    ),
    goal("redis", "Redis: acquire and release a lock, 1 caller", &[]),
    goal("redis", "Redis: acquire and release a lock, 64 callers", &[]),
    goal("redis", "Redis: durable turn, 1 caller", &[Amount(8_000.0, PerSecond)]),
    goal("redis", "Redis: durable turn, 64 callers", &[Amount(50_000.0, PerSecond)]),
    goal("redis", "Redis: durable turn, 256 callers", &[Amount(80_000.0, PerSecond)]),
];

const SERVERS: &[&str] = &["workerd", "restate"];

const fn goal(subject: &'static str, work: &'static str, targets: &'static [Target]) -> Goal {
    Goal { work, subject, targets, elsewhere: &[], like: work }
}

/// The subjects that measure these, each once.
pub(super) fn subjects(goals: &[Goal]) -> Vec<&'static str> {
    let mut subjects: Vec<_> = goals.iter().map(|goal| goal.subject).collect();
    subjects.dedup();
    subjects
}
