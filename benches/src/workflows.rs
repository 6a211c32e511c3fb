//! Workflows of ten actions: five values that are composed and five activities, in turns.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use loom_adapter_embedded::{EmbeddedStores, Options as StoreOptions, SmallStores};
use loom_runtime::workflow::{StartRun, WorkflowOptions};
use loom_runtime::{ActivityError, ActivityOptions, Host};
use tokio::runtime::Builder;

use crate::callers::{Callers, call};
use crate::line::{Role, Unit};
use crate::place::Place;
use crate::report::Report;
use crate::rounds::{Entrant, compete};

const NAME: &str = "ten";
/// Of each sort.
const ACTIONS: u32 = 5;

const WORKS: [(&str, Callers); 2] = [
    ("workflow of 10 actions, 1 at once", Callers { callers: 1, operations: 300 }),
    ("workflow of 10 actions, 64 at once", Callers { callers: 64, operations: 10_000 }),
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
    let workflows = WorkflowOptions::new(stores.definitions()).unlisted();
    let start = async {
        let builder = Host::builder(stores).workflows(workflows);
        let add = async |_, n: i64| Ok::<_, ActivityError>(n + 1);
        builder.activity("add", ActivityOptions::default(), add).start().await
    };
    let host = runtime.block_on(start).expect("a host on an empty directory");
    let workflows = Arc::new(host.workflows().expect("it runs workflows"));
    let published = runtime.block_on(workflows.publish(NAME, "1.0.0", &definition()));
    published.expect("a definition without mistakes");
    let mut lines = Vec::new();
    for (work, callers) in WORKS {
        if !options.report.wants(work) {
            continue;
        }
        let run = || {
            let workflows = Arc::clone(&workflows);
            let run = move |n| {
                let workflows = Arc::clone(&workflows);
                async move {
                    let start = StartRun::with_body(i64::from(n));
                    let id = workflows.start(NAME, start).await.expect("it starts").id;
                    let ended = workflows.ended(&id).await.expect("it ends");
                    let sum = ended.outputs.expect("it succeeds").property("sum");
                    assert_eq!(sum.as_integer(), Some(i64::from(n) + 2 * i64::from(ACTIONS)));
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

/// Each action takes what the one before it made, and adds one.
fn definition() -> String {
    let (mut actions, mut last, mut after) =
        (String::new(), "triggerBody()".to_owned(), String::new());
    for n in 1..=ACTIONS {
        let compose = format!(
            r#""Compose{n}": {{"type": "Compose", "runAfter": {{{after}}}, "inputs": "@add({last}, 1)"}}"#
        );
        let add = format!(
            r#""Add{n}": {{"type": "Activity", "runAfter": {{"Compose{n}": ["Succeeded"]}},
                "inputs": {{"activityName": "add", "input": "@outputs('Compose{n}')"}}}}"#
        );
        let comma = if n == 1 { "" } else { "," };
        write!(actions, "{comma}{compose},{add}").expect("a string takes everything");
        (last, after) = (format!("body('Add{n}')"), format!(r#""Add{n}": ["Succeeded"]"#));
    }
    format!(
        r#"{{"triggers": {{"manual": {{"type": "Request"}}}}, "actions": {{{actions}}},
            "outputs": {{"sum": {{"type": "Int", "value": "@{last}"}}}}}}"#
    )
}
