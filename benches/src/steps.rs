//! A durable handler of ten steps, each of which records a value before the next begins.

use std::time::Duration;

use clap::Args;
use futures::FutureExt;
use futures::future::BoxFuture;
use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions};
use loom_runtime::core::{Outcome, Payload};
use loom_runtime::{Actor, CallError, Context, HandlerRole, HandlerSpec, Host, dispatch};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::callers::{Callers, call};
use crate::line::{Role, Unit};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Entrant, compete};

const STEPS: u64 = 10;
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
    let start = async { Host::builder(stores).actor::<Steps>().start().await };
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

/// Runs steps.
#[derive(Default, Deserialize, Serialize)]
struct Steps {
    handled: u64,
}

const RUN: &str = "run";

impl Steps {
    async fn run(&mut self, cx: &mut Context<'_>, more: u64) -> Result<u64, CallError> {
        let mut sum = 0;
        for step in 0..STEPS {
            sum += cx.effect("step", |_key| async move { step + more }).await?;
        }
        self.handled += 1;
        Ok(sum)
    }
}

impl Actor for Steps {
    const KIND: &'static str = "steps";

    fn handlers() -> &'static [HandlerSpec] {
        &[HandlerSpec { name: RUN, role: HandlerRole::Exclusive }]
    }

    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        async move {
            let more = match dispatch::arguments(method, args) {
                Ok(more) => more,
                Err(outcome) => return outcome,
            };
            let ran = self.run(cx, more).await.map_err(|error| error.to_string());
            dispatch::ended(&ran)
        }
        .boxed()
    }

    fn query(&self, _method: &str, _args: &Payload) -> Outcome {
        dispatch::returned(&self.handled)
    }
}
