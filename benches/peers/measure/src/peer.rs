//! Who is measured, at what, and what each of them promises.

use std::path::PathBuf;

use clap::Args;

use crate::start::{self, Start};
use crate::work::Work;

/// The name under which Loom is measured.
pub(crate) const OURS: &str = "loom";

/// Where things are.
#[derive(Args)]
pub(crate) struct Places {
    /// The `loom` command.
    #[arg(long)]
    pub(crate) loom: PathBuf,
    /// The directory of the built programs of this workspace.
    #[arg(long)]
    pub(crate) programs: PathBuf,
    /// The directory of `workerd/config.capnp`.
    #[arg(long)]
    pub(crate) sources: PathBuf,
    /// The directory of `dbos.mjs`, with its `node_modules`.
    #[arg(long)]
    pub(crate) node: PathBuf,
    /// The directory to write in. Its disk is what counts.
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

/// An entrant.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) start: Start,
    /// What it does, and in a line how, and what an answer survives.
    pub(crate) works: &'static [(Work, &'static str)],
}

/// Ours first. Every peer as it is when nothing is configured but where it listens and writes.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: OURS,
        start: start::loom::counter,
        works: &[
            (Work::CounterAlone, "add of 1,000 actors in `loom dev`; each turn is synced to disk"),
            (Work::Counter, "the same, with turns that arrive together synced together"),
        ],
    },
    Peer {
        name: OURS,
        start: start::loom::steps,
        works: &[(
            Work::Steps,
            "10 effects, in process, over 1,000 actors; each value is synced to disk before the \
             next effect; turns that arrive together are synced together",
        )],
    },
    Peer {
        name: "restate",
        start: start::restate::start,
        works: &[
            (
                Work::CounterAlone,
                "get and set of 1,000 virtual objects; one node, which syncs its log; the \
                 processor time is that of the server and of the service",
            ),
            (Work::Counter, "the same"),
            (Work::Steps, "10 `ctx.run` of a service, over HTTP; the rest as for the counter"),
        ],
    },
    Peer {
        name: "workerd",
        start: start::workerd::start,
        works: &[
            (
                Work::CounterAlone,
                "get and put of 1,000 Durable Objects on the local disk; each put is synced to disk \
                 before the answer leaves",
            ),
            (Work::Counter, "the same"),
            (
                Work::Steps,
                "10 times put and `sync` in one of 1,000 Durable Objects, over HTTP; each put is \
                 synced to disk before the next",
            ),
        ],
    },
    Peer {
        name: "durare",
        start: start::programs::durare,
        works: &[(
            Work::Steps,
            "10 steps, in process, on SQLite; by default (synchronous = NORMAL) a step survives \
             the process and not the machine: commits are not synced",
        )],
    },
    Peer {
        name: "duroxide",
        start: start::programs::duroxide,
        works: &[(
            Work::Steps,
            "10 activities, in process, on SQLite; by default (synchronous = NORMAL) a step \
             survives the process and not the machine: commits are not synced",
        )],
    },
    Peer {
        name: "dbos",
        start: start::dbos::node,
        works: &[(
            Work::Steps,
            "10 steps, in Node, on PostgreSQL as it comes: each step is a commit, synced to disk; \
             the processor time is that of both",
        )],
    },
    Peer {
        name: "dbos-rust",
        start: start::dbos::rust,
        works: &[(
            Work::Steps,
            "10 steps, in process, on PostgreSQL as it comes: each step is a commit, synced to \
             disk; the processor time is that of both",
        )],
    },
];

impl Peer {
    /// How it does a piece of work, if it does it.
    pub(crate) fn note(&self, work: Work) -> Option<&'static str> {
        self.works.iter().find_map(|(its, note)| (*its == work).then_some(*note))
    }
}
