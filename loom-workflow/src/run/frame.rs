//! Actions that are done once together: those of a run, or those of one iteration of a loop.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use loom_core::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::{ActionRecord, Place, Status, TimerId, is_default};
use crate::Value;
use crate::definition::ActionIndex;

/// Actions that are done once together. Names in it refer to it first, then to what is around.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Frame {
    /// The loop whose iteration it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<Place>,
    /// Which iteration, from 0.
    pub(crate) index: u32,
    /// How many of its outermost actions have not ended.
    pub(crate) unfinished: u32,
    /// What the iteration before it has put out, where an expression asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Before>,
    /// The latest action in the text first, which is likely to be the one that changed: what
    /// changes then stands together.
    #[serde(serialize_with = "latest_first")]
    pub(crate) nodes: BTreeMap<ActionIndex, Node>,
}

/// What the actions of an iteration have put out, by their names.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Before {
    pub(crate) value: Value,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) secure: bool,
}

fn latest_first<S: Serializer>(
    nodes: &BTreeMap<ActionIndex, Node>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(nodes.iter().rev())
}

/// An action that was begun or skipped.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Node {
    pub(crate) record: ActionRecord,
    /// The number of its end among all ends of the run.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) ended_as: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) progress: Progress,
}

/// How far an action is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) enum Progress {
    /// There is nothing to remember.
    #[default]
    None,
    /// The branch taken, and how many actions of all branches have not ended.
    Branch { taken: u32, unfinished: u32, undoing: Option<Compensation> },
    /// What a loop does.
    Loop(Repetition),
    /// What something outside does.
    Call(CallState),
}

/// A saga that undoes what was done.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Compensation {
    /// What is still to be undone, the next one last.
    pub(crate) left: Vec<ActionIndex>,
    /// What could not be undone.
    pub(crate) failed: Vec<ActionIndex>,
    /// How many actions of the one that is being undone have not ended.
    pub(crate) unfinished: u32,
    /// The status that the scope has for what was to be undone.
    pub(crate) status: Option<Status>,
}

/// What was computed when an Until began.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct LoopLimits {
    pub(crate) count_max: u32,
    timeout_ms: u64,
}

impl LoopLimits {
    pub(crate) fn new(count_max: u32, timeout: Duration) -> Self {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        Self { count_max, timeout_ms }
    }

    pub(crate) fn timeout(self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// A loop that is under way.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Repetition {
    /// How many iterations there will be; for a Foreach alone.
    pub(crate) total: u32,
    /// How many were begun.
    pub(crate) begun: u32,
    /// How many have ended.
    pub(crate) ended: u32,
    pub(crate) failed: u32,
    pub(crate) timed_out: u32,
    /// The frame of the last iteration of an Until or a Retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) frame: Option<u32>,
    /// What waits before the next iteration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timer: Option<TimerId>,
    /// How far an Until may go, where that is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limits: Option<LoopLimits>,
    /// How many elements each part has; 0 if the loop is not done in parts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) shard_items: u32,
    /// With which iterations the parts begin that are under way.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) shards: BTreeSet<u32>,
}

/// A call, a subscription, a decision or a wait that is under way.
#[expect(clippy::struct_excessive_bools, reason = "they have nothing to do with each other")]
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct CallState {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) sent: Sent,
    /// How often it failed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) failures: u32,
    /// Whether something outside is under way.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) outside: bool,
    /// Whether the subscription stands.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) subscribed: bool,
    /// Where a 202 told to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) poll: Option<Value>,
    /// The pages before the one that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pages: Option<Pages>,
    /// Whether it may call although others have to wait: it has waited for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) has_turn: bool,
    /// What ends a wait, begins the next attempt, or asks somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timer: Option<TimerId>,
    /// What ends all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deadline: Option<TimerId>,
    /// Who may decide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) assignees: Vec<String>,
    /// Whether others were asked already.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) escalated: bool,
}

/// The pages of an answer that came, where more are asked for.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Pages {
    /// What is in them.
    pub(crate) elements: Vec<Value>,
    /// Where the next page is.
    pub(crate) next: String,
}

/// Where another attempt has from what it sends.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) enum Sent {
    /// It must not be kept, and is evaluated again.
    #[default]
    Forgotten,
    /// It is what the record shows.
    Recorded,
    /// The record shows less than this.
    Kept(Value),
}

impl Node {
    pub(crate) fn begun(now: Timestamp) -> Self {
        Self { record: ActionRecord::begun(now), ended_as: 0, progress: Progress::None }
    }

    pub(crate) fn status(&self) -> Status {
        self.record.status
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.record.status.has_ended()
    }

    /// What a call sent, unless it must not be kept.
    pub(crate) fn sent(&self) -> Option<&Value> {
        let Progress::Call(call) = &self.progress else { return None };
        match &call.sent {
            Sent::Forgotten => None,
            Sent::Recorded => self.record.inputs.as_ref(),
            Sent::Kept(inputs) => Some(inputs),
        }
    }

    pub(crate) fn call(&mut self) -> Option<&mut CallState> {
        if let Progress::Call(call) = &mut self.progress { Some(call) } else { None }
    }

    pub(crate) fn repetition(&mut self) -> Option<&mut Repetition> {
        if let Progress::Loop(repetition) = &mut self.progress { Some(repetition) } else { None }
    }
}
