//! Why requests could not be carried out.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request could not be carried out. Sending it again would end the same way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Failure {
    /// What sort of failure.
    pub code: FailureCode,
    /// To whom and why, in a sentence.
    pub detail: String,
}

impl Failure {
    /// A failure of the given sort.
    #[must_use]
    pub fn new(code: FailureCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// What sort of [`Failure`].
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureCode {
    /// No code for this kind of actor is registered.
    UnknownKind,
    /// The kind has no such handler.
    UnknownMethod,
    /// The arguments do not have the handler's shape.
    BadArguments,
    /// The idempotency key was used for another request.
    KeyReused,
    /// A law of the state would have been broken.
    LawBroken,
    /// The turn was larger than its store takes.
    TooLarge,
    /// The handler failed in every attempt, and the message is a dead letter.
    Dead,
    /// What was waited for did not come in time.
    TimedOut,
    /// No activity of that name is registered, or it failed in every attempt.
    ActivityFailed,
    /// The receiver holds as many events as it may.
    EventsFull,
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKind => "unknown kind",
            Self::UnknownMethod => "unknown method",
            Self::BadArguments => "bad arguments",
            Self::KeyReused => "idempotency key reused",
            Self::LawBroken => "law broken",
            Self::TooLarge => "too large",
            Self::Dead => "dead letter",
            Self::TimedOut => "timed out",
            Self::ActivityFailed => "activity failed",
            Self::EventsFull => "too many unread events",
        })
    }
}
