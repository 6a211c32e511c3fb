//! The actor as its journal tells it, and the decisions about its next turn.
//!
//! Three functions, none of which does anything to the world: [`Kernel::admit`] says what to do
//! with a message, [`step`] turns what a handler did into the events of a turn, and
//! [`Kernel::apply`] advances the actor by one record. The live path and a replay go through
//! the same `apply`, so they cannot differ. [`Kernel::outstanding`] says what a fresh owner
//! must drive on.

mod admit;
mod apply;
mod builder;
mod draft;
mod op;
mod step;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use admit::{Admission, KeyVerdict, judge_key};
pub use apply::ReplayError;
pub use draft::{Draft, Seal};
pub use op::{Op, Start};
pub use step::{End, Segment, answer, bury, keep_event, postpone, skip_fire, stall, step};

use crate::{
    ActorId, Epoch, EventName, Head, Incarnation, Lane, Message, PartitionId, Payload, Seq, Step,
    StepId, Then, Timer, TimerKey,
};

/// How many events an actor keeps for handlers that do not wait for them yet.
pub const EVENTS_KEPT_MAX: usize = 256;

/// An actor as of a record of its journal.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Kernel {
    head: Head,
    /// JSON. Empty before the first turn.
    state: Bytes,
    state_version: u32,
    /// For each partition that sent something, the last of each lane that was handled.
    marks: BTreeMap<(PartitionId, Lane), (Epoch, u64)>,
    timers: BTreeMap<TimerKey, Timer>,
    invocation: Option<Box<Invocation>>,
    kept: VecDeque<(EventName, Payload)>,
    children: BTreeSet<ActorId>,
    /// Detached requests without an outcome, and what it is to run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    started: BTreeMap<StepId, Then>,
}

/// A handler that takes more than one turn.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Invocation {
    /// The record with which it began.
    pub began: Seq,
    /// The incarnation in which it began.
    #[serde(default, skip_serializing_if = "Incarnation::is_first")]
    pub incarnation: Incarnation,
    /// When it began: the time its handler is told first.
    pub at: crate::Timestamp,
    /// Its input.
    pub message: Message,
    /// The state its handler began with. A replay begins with it too.
    pub base: Bytes,
    /// Which version of the code wrote that state.
    pub base_version: u32,
    /// What it asked for so far, in order.
    pub steps: Vec<Step>,
    /// Attempts that failed since it last made progress.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub stalled: Option<String>,
}

/// What the journal asks for and does not answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outstanding {
    /// The open invocation waits for nothing: its handler must be run.
    pub drive: Option<Seq>,
    /// Requests of the open invocation without an answer.
    pub awaited: Vec<StepId>,
    /// Detached requests without an outcome.
    pub started: Vec<StepId>,
    /// Timers to fire.
    pub timers: Vec<(TimerKey, crate::Timestamp)>,
}

impl Kernel {
    /// An actor that has no journal yet, in the incarnation that `head` says.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self { head, ..Self::default() }
    }

    /// The end of the journal.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// The incarnation is this one now, if that is later: the store has forgotten something.
    pub fn move_to(&mut self, incarnation: Incarnation) {
        self.head.incarnation = self.head.incarnation.max(incarnation);
    }

    /// The state as JSON. Empty before the first turn.
    #[must_use]
    pub fn state(&self) -> &Bytes {
        &self.state
    }

    /// Which version of the actor's code wrote the state.
    #[must_use]
    pub fn state_version(&self) -> u32 {
        self.state_version
    }

    /// The handler that takes more than one turn, if one is open.
    #[must_use]
    pub fn invocation(&self) -> Option<&Invocation> {
        self.invocation.as_deref()
    }

    /// A pending timer.
    #[must_use]
    pub fn timer(&self, key: &TimerKey) -> Option<&Timer> {
        self.timers.get(key)
    }

    /// The actors this one created.
    pub fn children(&self) -> impl Iterator<Item = &ActorId> {
        self.children.iter()
    }

    /// The oldest kept event of a name, if there is one.
    #[must_use]
    pub fn kept_event(&self, name: &EventName) -> Option<&Payload> {
        self.kept.iter().find(|(kept, _)| kept == name).map(|(_, payload)| payload)
    }

    /// All kept events, oldest first.
    pub fn kept_events(&self) -> impl Iterator<Item = (&EventName, &Payload)> {
        self.kept.iter().map(|(name, payload)| (name, payload))
    }

    /// The requests and timers that were asked for and have not been answered.
    #[must_use]
    pub fn outstanding(&self) -> Outstanding {
        let timers = self.timers.iter().map(|(key, timer)| (key.clone(), timer.at)).collect();
        let started = self.started.keys().copied().collect();
        let Some(open) = &self.invocation else {
            return Outstanding { started, timers, ..Outstanding::default() };
        };
        let awaited: Vec<_> = open.awaited().collect();
        let drive = awaited.is_empty().then_some(open.began);
        Outstanding { drive, awaited, started, timers }
    }

    /// What the outcome of a detached request is to run, if there is none yet.
    #[must_use]
    pub fn started(&self, step: StepId) -> Option<&Then> {
        self.started.get(&step)
    }

    /// Whether an outcome of this request would mean anything.
    #[must_use]
    pub fn expects(&self, step: StepId) -> bool {
        self.started.contains_key(&step) || self.awaits(step)
    }
}

impl Invocation {
    /// The requests without an answer.
    pub fn awaited(&self) -> impl Iterator<Item = StepId> {
        let began = self.began;
        (0..)
            .zip(&self.steps)
            .filter(|(_, step)| step.answer.is_none())
            .map(move |(position, step)| StepId { incarnation: step.incarnation, began, position })
    }
}

#[cfg(test)]
mod tests;
