//! Everything that has to be kept of a run.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use loom_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ActionRecord, ErrorInfo, Frame, Kept, Node, RunStatus, Shard, Status, TriggerRecord, is_default,
};
use crate::Value;
use crate::definition::{ActionIndex, Definition, VariableKind};

/// One execution of one action: which action, in which iteration. Written as `iteration:action`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place {
    /// The number of the iteration among all of the run; 0 outside of loops.
    pub frame: u32,
    /// The action.
    pub action: ActionIndex,
}

/// Text that is no place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("'{0}' is not a place such as 0:3")]
pub struct InvalidPlace(String);

impl From<Place> for String {
    fn from(Place { frame, action }: Place) -> Self {
        format!("{frame}:{}", action.0)
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidPlace;

    fn try_from(text: String) -> Result<Self, InvalidPlace> {
        let numbers = text.split_once(':');
        let numbers =
            numbers.and_then(|(frame, action)| Some((frame.parse().ok()?, action.parse().ok()?)));
        let Some((frame, action)) = numbers else { return Err(InvalidPlace(text)) };
        Ok(Self { frame, action: ActionIndex(action) })
    }
}

/// A timer of a run. Numbers are not used twice.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct TimerId(pub u32);

/// What a run is called, and what it was made from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RunInfo {
    /// The name of the run.
    pub run: String,
    /// The name of the workflow.
    pub workflow: String,
    /// The version of the workflow to which the run is pinned.
    pub version: String,
    /// What chance is made from, so that a replay gives the same.
    pub seed: u64,
}

/// A run of a workflow: everything that has to be kept from one event to the next.
///
/// What never changes stands first, and what only grows stands last with its newest part first,
/// so that two states in a row differ in few bytes in one place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Run {
    pub(crate) info: RunInfo,
    pub(crate) trigger: TriggerRecord,
    pub(crate) parameters: Value,
    /// Actions whose result comes from outside, whatever they are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) stand_ins: BTreeSet<ActionIndex>,
    pub(crate) started_at: Timestamp,
    /// Whether every record keeps its inputs and outputs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) keep_all: bool,
    /// How many elements parts of large loops have; none: they are not done in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard_items: Option<u32>,
    /// The part of a loop of another run that this one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<Shard>,
    /// With which element those of a loop begin, if it is not the first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) items_from: BTreeMap<Place, u32>,
    /// The arrays of the loops that are under way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) items: BTreeMap<Place, Value>,
    pub(crate) status: RunStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorInfo>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outputs: Option<Value>,
    /// Whether the caller has an answer.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) answered: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) next_frame: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) next_timer: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) next_chance: u64,
    pub(crate) next_end: u32,
    /// The actions that failed too often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) breakers: BTreeMap<ActionIndex, Breaker>,
    /// Until when all turns of an action are taken that may call only so often, in microseconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rates: BTreeMap<ActionIndex, u64>,
    /// Why the run was cancelled, while what it did is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancelled_for: Option<String>,
    /// How often the run was taken up again from an action.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) reruns: u32,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) timers: BTreeMap<TimerId, Timer>,
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub(crate) work: VecDeque<Work>,
    /// The newest iteration first.
    pub(crate) frames: BTreeMap<Reverse<u32>, Frame>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) kept: BTreeMap<Place, Kept>,
}

/// What a [`Run`] that was written answers with, read without reading the rest of it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct RunOutputs {
    /// As [`Run::outputs`].
    #[serde(default)]
    pub outputs: Option<Value>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) kind: VariableKind,
    pub(crate) value: Value,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) secure: bool,
}

/// What is remembered of the calls of an action with a circuit breaker.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Breaker {
    /// Failures in a row.
    pub(crate) failures: u32,
    /// Successes since it was open.
    pub(crate) successes: u32,
    /// Until when it is, or was, open.
    pub(crate) open_until: Option<Timestamp>,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Timer {
    /// A wait is over.
    Wait(Place),
    /// The next attempt of a call is due.
    Retry(Place),
    /// A 202 is asked about.
    Poll(Place),
    /// An action has taken too long.
    Deadline(Place),
    /// Nobody decided in time.
    Decision(Place),
    /// The next iteration of a loop is due.
    Iterate(Place),
}

/// What is to be done next, in this order.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) enum Work {
    /// Begin the action.
    Begin(Place),
    /// Do not begin it.
    Skip(Place, Why),
    /// It has ended: look at what follows.
    Follow(Place),
    /// Begin what comes next in a loop.
    Iterate(Place),
    /// Undo what comes next in a saga.
    Undo(Place),
    /// See whether the run has ended.
    Finish,
}

/// Why an action is not begun.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) enum Why {
    /// An action before it ended in a status that it does not run after.
    RunAfter(ActionIndex, Status),
    /// What contains it did not run.
    Container(ActionIndex),
    /// The other branch was taken.
    Branch,
    /// The run was terminated.
    Terminated,
}

impl Run {
    /// A run that has nothing to do.
    pub(crate) fn fresh(
        info: RunInfo,
        trigger: TriggerRecord,
        parameters: Value,
        started_at: Timestamp,
    ) -> Self {
        Self {
            info,
            trigger,
            parameters,
            stand_ins: BTreeSet::new(),
            started_at,
            keep_all: false,
            shard_items: None,
            shard: None,
            items: BTreeMap::new(),
            items_from: BTreeMap::new(),
            status: RunStatus::Running,
            ended_at: None,
            error: None,
            outputs: None,
            answered: false,
            variables: BTreeMap::new(),
            next_frame: 1,
            next_timer: 1,
            next_chance: 0,
            next_end: 1,
            breakers: BTreeMap::new(),
            rates: BTreeMap::new(),
            cancelled_for: None,
            reruns: 0,
            timers: BTreeMap::new(),
            work: VecDeque::new(),
            frames: BTreeMap::from([(Reverse(0), Frame::default())]),
            kept: BTreeMap::new(),
        }
    }

    /// What the run is called, and what it was made from.
    #[must_use]
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        self.status
    }

    /// Why it failed or was cancelled.
    #[must_use]
    pub fn error(&self) -> Option<&ErrorInfo> {
        self.error.as_ref()
    }

    /// What it answers with; only when it has succeeded.
    #[must_use]
    pub fn outputs(&self) -> Option<&Value> {
        self.outputs.as_ref()
    }

    /// What fired it.
    #[must_use]
    pub fn trigger(&self) -> &TriggerRecord {
        &self.trigger
    }

    /// When it was started.
    #[must_use]
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// When it ended.
    #[must_use]
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    /// Whether work is left that needs nothing from outside; then another turn is due.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == RunStatus::Running && !self.work.is_empty()
    }

    /// How the execution of an action stands, as far as it was begun and is still remembered.
    #[must_use]
    pub fn status_of(&self, place: Place) -> Option<Status> {
        self.node(place).map(Node::status)
    }

    /// The record of an execution, as everyone may see it, while the run remembers it.
    ///
    /// Records of ended iterations, and inputs and outputs that no expression asks for, are only
    /// in the answer of the turn in which the action ended.
    #[must_use]
    pub fn record_of(&self, place: Place) -> Option<ActionRecord> {
        self.node(place).map(|node| node.record.shown())
    }

    /// The executions that are under way, outermost first.
    #[must_use]
    pub fn running(&self) -> Vec<Place> {
        let frames = self.frames.iter().rev();
        let nodes = frames.flat_map(|(Reverse(frame), it)| {
            it.nodes
                .iter()
                .map(move |(action, node)| (Place { frame: *frame, action: *action }, node))
        });
        nodes.filter(|(_, node)| !node.has_ended()).map(|(place, _)| place).collect()
    }

    /// The loops and iterations around an execution and its name: `Orders[0]/Lines[2]/Pair`.
    ///
    /// Within a run no two executions have the same path, except those of an action that was
    /// rerun.
    #[must_use]
    pub fn path(&self, definition: &Definition, place: Place) -> String {
        let mut path = definition.action(place.action).name.clone();
        let mut frame = self.frame(place.frame);
        while let Some((Frame { index, .. }, Some(of))) = frame.map(|frame| (frame, frame.of)) {
            path = format!("{}[{index}]/{path}", definition.action(of.action).name);
            frame = self.frame(of.frame);
        }
        path
    }

    /// The indices of the iterations around an execution, outermost first.
    #[must_use]
    pub fn iterations(&self, place: Place) -> Vec<u32> {
        let mut indices = Vec::new();
        let mut frame = self.frame(place.frame);
        while let Some((Frame { index, .. }, Some(of))) = frame.map(|frame| (frame, frame.of)) {
            indices.insert(0, *index);
            frame = self.frame(of.frame);
        }
        indices
    }

    /// The element for which an execution is done: that of the innermost Foreach around it.
    #[must_use]
    pub fn item(&self, place: Place) -> Option<&Value> {
        let mut frame = self.frame(place.frame)?;
        loop {
            let of = frame.of?;
            if self.items.contains_key(&of) {
                return self.element(of, frame.index);
            }
            frame = self.frame(of.frame)?;
        }
    }

    pub(crate) fn frame(&self, frame: u32) -> Option<&Frame> {
        self.frames.get(&Reverse(frame))
    }

    pub(crate) fn frame_mut(&mut self, frame: u32) -> Option<&mut Frame> {
        self.frames.get_mut(&Reverse(frame))
    }

    pub(crate) fn node(&self, place: Place) -> Option<&Node> {
        self.frame(place.frame)?.nodes.get(&place.action)
    }

    pub(crate) fn node_mut(&mut self, place: Place) -> Option<&mut Node> {
        self.frame_mut(place.frame)?.nodes.get_mut(&place.action)
    }
}
