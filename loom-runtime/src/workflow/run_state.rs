//! What a run keeps from one turn to the next.

use std::collections::BTreeMap;

use loom_core::{ActorId, Timestamp};
use loom_workflow::planner::{Decision, Respond};
use loom_workflow::run::{ErrorInfo, Place, Run, RunOutputs};
use loom_workflow::{SANITIZED, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The state of the actor that is a run. What changes seldom stands before the run, of which the
/// parts that change stand together.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct RunState {
    /// Written first, so that it can be read without the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<RunSummary>,
    /// The run that waits for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<Parent>,
    /// Whether the trigger of the workflow is told of the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_admitted: bool,
    /// The run of whose loop this one does a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) whole: Option<ActorId>,
    /// What the caller is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Respond>,
    /// Decisions that people have to make, by the paths of their actions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) waiting: BTreeMap<String, WaitingDecision>,
    /// Decisions that were made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) decided: BTreeMap<String, Decision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<Run>,
}

/// As much of the state of a run as is shown of it. Its actions, which are most of it, are not
/// read.
#[derive(Debug, Deserialize)]
pub(crate) struct RunOutline {
    #[serde(default)]
    pub(crate) summary: Option<RunSummary>,
    #[serde(default)]
    pub(crate) answer: Option<Respond>,
    #[serde(default)]
    pub(crate) waiting: BTreeMap<String, WaitingDecision>,
    #[serde(default)]
    pub(crate) run: Option<RunOutputs>,
}

/// What is known of a run without reading all of it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunSummary {
    /// The workflow.
    pub workflow: String,
    /// The name of the run within the workflow.
    pub run: String,
    /// The version that it is pinned to.
    pub version: String,
    /// `Running`, `Suspended`, `Succeeded`, `Failed`, `Cancelled` or `TimedOut`.
    pub status: String,
    /// When it was started.
    pub start_time: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// Why it failed or was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// What fired it.
    pub trigger: String,
    /// The name under which all that follows from one occasion is found.
    pub client_tracking_id: String,
    /// Whether the caller has an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_answered: bool,
}

/// A run that started this one, and the action that waits for its answer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Parent {
    pub(crate) run: ActorId,
    pub(crate) place: Place,
    pub(crate) attempt: u32,
}

/// A decision that people have to make.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct WaitingDecision {
    pub(crate) place: Place,
    /// Who may decide; everybody if it is nobody.
    pub assignees: Vec<String>,
    /// What they are shown.
    pub inputs: Value,
    /// Until when; none: whenever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl RunSummary {
    /// Reads it from the state of a run, and nothing behind it.
    pub(crate) fn of(state: &[u8]) -> Option<Self> {
        read_first(state)
    }

    /// As [`of`](Self::of), as it is written.
    pub(crate) fn text_of(state: &[u8]) -> Option<&RawValue> {
        read_first(state)
    }
}

fn read_first<'de, T: Deserialize<'de>>(state: &'de [u8]) -> Option<T> {
    let summary = state.strip_prefix(br#"{"summary":"#)?;
    T::deserialize(&mut serde_json::Deserializer::from_slice(summary)).ok()
}

impl RunState {
    /// Brings the summary up to what the run is.
    pub(crate) fn sum_up(&mut self) {
        let Some(run) = &self.run else { return };
        let is_so = self.summary.as_ref().is_some_and(|summary| {
            summary.status == run.status().name()
                && summary.end_time == run.ended_at()
                && summary.is_answered == self.answer.is_some()
        });
        if is_so {
            return;
        }
        let (info, trigger) = (run.info(), run.trigger());
        let summary = RunSummary {
            workflow: info.workflow.clone(),
            run: info.run.clone(),
            version: info.version.clone(),
            status: run.status().name().to_owned(),
            start_time: run.started_at(),
            end_time: run.ended_at(),
            error: run.error().cloned(),
            trigger: trigger.name.clone(),
            client_tracking_id: trigger.client_tracking_id.clone(),
            is_answered: self.answer.is_some(),
        };
        self.summary = Some(summary);
    }

    /// The execution under way at this path.
    pub(crate) fn find(&self, definition: &loom_workflow::Definition, path: &str) -> Option<Place> {
        let run = self.run.as_ref()?;
        run.running().into_iter().find(|place| run.path(definition, *place) == path)
    }
}

/// Inputs as they may be kept.
pub(crate) fn stored(inputs: &Value, secure: bool) -> Value {
    if secure { Value::from(SANITIZED) } else { inputs.clone() }
}
