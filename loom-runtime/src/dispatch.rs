//! From handler values to outcomes. Used by the code that `#[actor]` writes.

use std::fmt::Display;

use loom_core::{Failure, FailureCode, Outcome, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a handler's arguments.
///
/// # Errors
///
/// The outcome of a request whose arguments do not have the handler's shape.
pub fn arguments<T: DeserializeOwned>(method: &str, args: &Payload) -> Result<T, Outcome> {
    args.parse().map_err(|error| bad_arguments(method, error))
}

/// The outcome of a handler that cannot fail.
pub fn returned<T: Serialize>(value: &T) -> Outcome {
    encode(value, Outcome::Returned)
}

/// The outcome of a handler that can.
pub fn ended<T: Serialize, E: Serialize>(result: &Result<T, E>) -> Outcome {
    match result {
        Ok(value) => encode(value, Outcome::Returned),
        Err(error) => encode(error, Outcome::Rejected),
    }
}

/// The outcome of a request whose arguments do not have the handler's shape.
pub fn bad_arguments(method: &str, error: impl Display) -> Outcome {
    let detail = format!("the arguments of {method:?} do not fit: {error}");
    Outcome::Failed(Failure::new(FailureCode::BadArguments, detail))
}

fn encode<T: Serialize>(value: &T, outcome: fn(Payload) -> Outcome) -> Outcome {
    match Payload::of(value) {
        Ok(payload) => outcome(payload),
        Err(error) => {
            let detail = format!("the handler's value cannot be written as JSON: {error}");
            Outcome::Failed(Failure::new(FailureCode::BadArguments, detail))
        }
    }
}
