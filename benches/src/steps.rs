//! A durable handler of ten steps, each of which records a value before the next begins.

use std::time::Duration;

use clap::Args;
use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_runtime::Host;
use tokio::runtime::Builder;

use crate::callers::{Callers, call};
use crate::line::{Role, Unit};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Entrant, compete};
use crate::stepper::{RUN, STEPS, Stepper};

const ACTORS: u32 = 1_000;

const WORKS: [(&str, Callers); 2] = [
    ("durable 10-step handler, 1 at once", Callers { callers: 1, operations: 300 }),
    ("durable 10-step handler, 64 at once", Callers { callers: 64, operations: 4_000 }),
];

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
}

/// Measures and prints.
pub(crate) fn run(options: &Options) {
    let dir = options.place.directory();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let stores = EmbeddedStores::open(dir.path(), StoreOptions::default());
    let stores = stores.expect("an empty directory");
    let start = async { Host::builder(stores).actor::<Stepper>().start().await };
    let host = runtime.block_on(start).expect("a host on an empty directory");
    let mut lines = Vec::new();
    for (work, callers) in WORKS {
        if !options.report.wants(work) {
            continue;
        }
        let run = || {
            let host = host.clone();
            let run = move |n| {
                let actor = host.actor(format!("steps/{}", n % ACTORS)).expect("an id");
                async move {
                    let sum: u64 = actor.call(RUN, &1).await.expect("a handler that ends");
                    assert_eq!(sum, (0..STEPS).sum::<u64>() + STEPS);
                }
            };
            runtime.block_on(call(callers, run))
        };
        let entrants = [Entrant::new("loom", Role::Ours, run)];
        lines.extend(compete(work, Unit::PerSecond, options.rounds, &entrants));
    }
    runtime.block_on(host.stop(Duration::from_secs(10)));
    options.report.print(&lines);
}
