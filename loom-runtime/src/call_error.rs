//! How a call ends without a value.

use loom_core::{Failure, FailureCode, InvalidId, MessageId, Outcome, Payload};
use serde::de::DeserializeOwned;

/// How a call ends without a value.
///
/// `Rejected` and `Failed` are final: the request was decided. `Overloaded` and `Unavailable`
/// say that nothing happened. `Unknown` alone says that the outcome is not known; sending the
/// request again under the same idempotency key tells it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CallError<E = Payload> {
    /// The handler's own error.
    #[error("rejected: {0:?}")]
    Rejected(E),
    /// The request could not be carried out.
    #[error(transparent)]
    Failed(Failure),
    /// The actor, or the host, has as much to do as it may take on. Nothing happened.
    #[error("{0} is overloaded; try again later")]
    Overloaded(String),
    /// The actor cannot be reached now. Nothing happened.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// It may or may not have happened.
    #[error("the outcome of {call_id} is unknown; send it again with the same idempotency key")]
    Unknown {
        /// The message.
        call_id: MessageId,
    },
    /// The request names something that cannot exist.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// A value could not be written as JSON, or JSON could not be read as the value expected.
    #[error("{what}: {reason}")]
    Json {
        /// Which value.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

impl CallError {
    /// Reads the handler's own error as an `E`.
    #[must_use]
    pub fn typed<E: DeserializeOwned>(self) -> CallError<E> {
        match self {
            Self::Rejected(payload) => match payload.parse() {
                Ok(error) => CallError::Rejected(error),
                Err(error) => CallError::json("the handler's error", &error),
            },
            Self::Failed(failure) => CallError::Failed(failure),
            Self::Overloaded(who) => CallError::Overloaded(who),
            Self::Unavailable(why) => CallError::Unavailable(why),
            Self::Unknown { call_id } => CallError::Unknown { call_id },
            Self::Invalid(error) => CallError::Invalid(error),
            Self::Json { what, reason } => CallError::Json { what, reason },
        }
    }
}

/// For handlers whose own error is text.
impl<E: std::fmt::Debug> From<CallError<E>> for String {
    fn from(error: CallError<E>) -> Self {
        error.to_string()
    }
}

impl<E> CallError<E> {
    pub(crate) fn json(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Json { what, reason: error.to_string() }
    }

    pub(crate) fn failed(code: FailureCode, detail: impl Into<String>) -> Self {
        Self::Failed(Failure::new(code, detail))
    }
}

/// The value of an outcome, or the error that it is.
pub(crate) fn value<T: DeserializeOwned>(outcome: Outcome) -> Result<T, CallError> {
    match outcome {
        Outcome::Returned(payload) => {
            payload.parse().map_err(|error| CallError::json("the reply", &error))
        }
        Outcome::Rejected(payload) => Err(CallError::Rejected(payload)),
        Outcome::Failed(failure) => Err(CallError::Failed(failure)),
    }
}
