//! Requests of invocations, and their answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ActorId, EventName, Incarnation, Method, Outcome, TimerName, Timestamp};

/// A request of an invocation, as recorded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Step {
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Incarnation::is_first")]
    pub incarnation: Incarnation,
    /// What was asked for.
    pub ask: Ask,
    /// Hash of the details. A replay that asks for something else has diverged.
    pub fingerprint: u64,
    /// The outcome, once there is one. Requests that nothing comes back from have it at once.
    pub answer: Option<Answer>,
}

/// An outcome, and when it was known.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// How the request ended.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// What an invocation can ask for, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Ask {
    /// Run this effect within the handler.
    Effect(String),
    /// Run this activity outside the turn.
    Activity(String),
    /// Call this method of an actor and wait for the outcome.
    Call(ActorId, Method),
    /// Send to this method of an actor.
    Send(ActorId, Method),
    /// Tell an actor that an event happened.
    Signal(ActorId, EventName),
    /// Wait for the time to pass.
    Sleep,
    /// Wait for an event.
    Wait(EventName),
    /// Set a timer.
    SetTimer(TimerName),
    /// Cancel a timer.
    ClearTimer(TimerName),
    /// Create a child.
    Spawn(ActorId),
    /// Run this activity, and this handler with its outcome.
    StartActivity(String, Method),
    /// Call this method of an actor, and run this handler with its outcome.
    StartCall(ActorId, Method, Method),
    /// Want no outcome of a detached request any more.
    Stop,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Effect(name) => write!(f, "effect {name}"),
            Self::Activity(name) => write!(f, "activity {name}"),
            Self::Call(to, method) => write!(f, "call {to} {method}"),
            Self::Send(to, method) => write!(f, "send {to} {method}"),
            Self::Signal(to, name) => write!(f, "signal {to} {name}"),
            Self::Sleep => f.write_str("sleep"),
            Self::Wait(name) => write!(f, "wait for {name}"),
            Self::SetTimer(name) => write!(f, "set timer {name}"),
            Self::ClearTimer(name) => write!(f, "clear timer {name}"),
            Self::Spawn(child) => write!(f, "spawn {child}"),
            Self::StartActivity(name, then) => write!(f, "start {name} then {then}"),
            Self::StartCall(to, method, then) => write!(f, "start {to} {method} then {then}"),
            Self::Stop => f.write_str("stop"),
        }
    }
}
