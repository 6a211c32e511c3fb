//! Workflows: each run is an actor whose handler is the planner of `loom-workflow`.
//!
//! A run is `workflow/{name}/{run}`. Whatever happens to it (an outcome, a timer, a callback, a
//! decision) is a turn: the planner goes on, and what it asks for commits with the state of the
//! run. Calls are started and not waited for, so that a run is never suspended and never
//! replayed. A run goes on with the version it began with, whatever is published later.

mod answer;
mod begin;
mod catalogue;
mod commands;
mod connector;
mod library;
mod request;
mod run_actor;
mod run_state;
mod starting;
mod trigger_actor;
mod trigger_calls;
mod views;
mod workflows;

pub use connector::{Connector, ConnectorCall};
pub(crate) use library::Library;
pub use library::{PublishError, WorkflowOptions};
pub use loom_workflow as language;
pub use request::{Began, Decide, DecideAnswer, RunRefusal};
pub use run_state::{RunSummary, WaitingDecision};
pub use starting::{StartError, StartRun};
pub use views::{ActionView, RunView, rest_of_run};
pub use workflows::{RunId, Started, WorkflowError, Workflows};

use std::sync::Arc;

use bytes::Bytes;
use loom_core::{InvalidId, Timestamp};
use loom_ports::Clock;
use loom_workflow::planner::Answer;
use serde::de::DeserializeOwned;

use crate::activities::ActivityEntry;
use crate::actor::KindEntry;
use crate::{ActivityError, ActivityOptions};

/// The kinds of actor that runs and triggers are.
pub(crate) fn kinds(
    library: &Arc<Library>,
    clock: &Arc<dyn Clock>,
) -> [Result<KindEntry, InvalidId>; 3] {
    let [runs, shards] = [RUN_KIND, SHARD_KIND].map(|kind| run_actor::kind(kind, library, clock));
    [runs, shards, trigger_actor::kind(library)]
}

/// A name of a run, before those of runs of earlier times, as the service gives them.
fn run_name(at: Timestamp, chance: u64) -> String {
    format!("{:015}{chance:020}", 999_999_999_999_999_u64.saturating_sub(at.as_millis()))
}

/// The state of an actor that was never sent anything is the default.
fn state_of<T: Default + DeserializeOwned>(json: &Bytes) -> Result<T, serde_json::Error> {
    if json.is_empty() { Ok(T::default()) } else { serde_json::from_slice(json) }
}

/// The activity that carries the calls of runs to their connectors.
pub(crate) fn calls(library: &Arc<Library>) -> (String, ActivityEntry) {
    let library = Arc::clone(library);
    let entry =
        ActivityEntry::new(ActivityOptions::default(), move |_, mut call: ConnectorCall| {
            let library = Arc::clone(&library);
            async move {
                if call.secure {
                    let Some(inputs) = library.take_unstored(&call.key) else {
                        let message = "what is sent is secret and was not stored; it is made again";
                        return Ok(Answer::unreachable("InputsNotStored", message));
                    };
                    call.inputs = inputs;
                }
                let Some(connector) = library.connector(&call) else {
                    let message = format!("no connector is registered for {}", call.type_name);
                    return Ok(Answer::refused("ConnectorNotFound", message));
                };
                Ok::<_, ActivityError>(connector.call(call).await)
            }
        });
    (request::CALL.to_owned(), entry)
}

/// The kind of the actors that are runs.
pub const RUN_KIND: &str = "workflow";
/// The kind of the actors that do parts of large loops.
pub const SHARD_KIND: &str = "workflow-shard";
/// How many elements such a part has.
const SHARD_ITEMS: u32 = 100;
/// The kind of the actors that start runs by themselves, or let only so many run at once.
pub const TRIGGER_KIND: &str = "workflow-trigger";
