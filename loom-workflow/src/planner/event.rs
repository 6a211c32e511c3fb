//! What happens to a run.

use loom_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::status_code::code_in;
use crate::Value;
use crate::run::{ErrorInfo, Place, ShardEnded, Status, TimerId};

/// What happens to a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub enum Event {
    /// Nothing but that a turn is due: the first one, or one that was asked for.
    Continued,
    /// A call, or the subscription of a webhook, has an answer.
    Answered {
        /// Which action.
        place: Place,
        /// Which attempt, from 1.
        attempt: u32,
        /// What came back.
        answer: Answer,
    },
    /// A part of a loop has ended, which another run does.
    ShardEnded(ShardEnded),
    /// A timer is due.
    TimerFired(TimerId),
    /// A webhook was called back.
    CallbackReceived {
        /// Which action.
        place: Place,
        /// What came in.
        answer: Answer,
    },
    /// Somebody has decided.
    Decided {
        /// Which action.
        place: Place,
        /// What.
        decision: Decision,
    },
    /// Somebody has ended the run.
    Cancelled {
        /// Why, for people.
        reason: String,
    },
    /// What the run has to keep or to say is more than can be stored: it fails, and forgets what
    /// iterations left behind.
    Outgrown {
        /// What is too large, for people.
        reason: String,
    },
    /// Somebody holds the run: what is under way goes on, nothing new is begun.
    Suspended,
    /// The run goes on.
    Resumed,
    /// A run that has ended goes on from an action, as if it and what follows had not run.
    /// Variables keep their values.
    RerunFrom {
        /// The name of an action outside of loops.
        action: String,
    },
}

/// What came back from outside.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Answer {
    /// How it ended. Without this the `statusCode` in the outputs decides: what is 400 or more
    /// has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What came back: `{statusCode?, headers?, body?}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Value>,
    /// Why nothing came back, or what is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AnswerError>,
}

/// Why nothing came back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AnswerError {
    /// What is shown.
    #[serde(flatten)]
    pub info: ErrorInfo,
    /// Whether trying again is of no use.
    #[serde(default)]
    pub is_final: bool,
}

/// A decision.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Decision {
    /// Whether it is approved.
    pub is_approved: bool,
    /// Who decided. Nobody else than those who were asked may.
    pub by: String,
    /// What they said.
    #[serde(default)]
    pub comment: String,
}

/// The occasion of an event: when, and what is around.
#[derive(Clone, Copy)]
pub struct Turn<'a> {
    /// The time. Must not go back within a run.
    pub now: Timestamp,
    /// What expressions may ask of the outside. Must answer the same when a turn is replayed.
    pub around: &'a dyn Surroundings,
}

/// What expressions may ask of the outside. What is not implemented is not there.
pub trait Surroundings {
    /// A setting of the application.
    fn app_setting(&self, _name: &str) -> Option<Value> {
        None
    }

    /// A secret. It is asked for by name in [`Definition::secrets`], where that is a literal.
    ///
    /// [`Definition::secrets`]: crate::Definition::secrets
    fn secret(&self, _name: &str) -> Option<Value> {
        None
    }

    /// The address at which the action at this path is called back.
    fn callback_url(&self, _path: &str) -> Option<String> {
        None
    }

    /// The address at which the trigger of this name is called back.
    fn trigger_url(&self, _trigger: &str) -> Option<String> {
        None
    }
}

/// Nothing is around.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unconnected;

impl Surroundings for Unconnected {}

impl Answer {
    /// How it ended.
    #[must_use]
    pub fn ended_as(&self) -> Status {
        let code = self.outputs.as_ref().and_then(code_in);
        let is_failed = code.map_or(self.error.is_some(), |code| code >= 400);
        self.status.unwrap_or(if is_failed { Status::Failed } else { Status::Succeeded })
    }

    /// Something came back.
    #[must_use]
    pub fn outputs(outputs: Value) -> Self {
        Self { outputs: Some(outputs), ..Self::default() }
    }

    /// Nothing came back. It is tried again if the action says so.
    #[must_use]
    pub fn unreachable(code: impl Into<String>, message: impl Into<String>) -> Self {
        let info = ErrorInfo { code: code.into(), message: message.into() };
        let error = AnswerError { info, is_final: false };
        Self { status: Some(Status::Failed), outputs: None, error: Some(error) }
    }

    /// It failed, and trying again is of no use.
    #[must_use]
    pub fn refused(code: impl Into<String>, message: impl Into<String>) -> Self {
        let info = ErrorInfo { code: code.into(), message: message.into() };
        let error = AnswerError { info, is_final: true };
        Self { status: Some(Status::Failed), outputs: None, error: Some(error) }
    }
}
