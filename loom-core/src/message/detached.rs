//! Requests whose outcome comes as a message of its own.

use std::num::{NonZeroU32, NonZeroU64};

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};

use crate::{Method, Outcome, Payload};

/// What the outcome of a detached request runs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Then {
    /// The handler, of the actor that asked.
    pub method: Method,
    /// Handed to it with the outcome. Tells requests that run side by side apart.
    pub tag: Payload,
}

impl Then {
    /// The arguments of the handler: `{"tag": …, "outcome": {"returned": …}}`, or `"rejected"`
    /// or `"failed"` in place of `"returned"`.
    ///
    /// # Panics
    ///
    /// Never: a failure has a JSON form.
    #[must_use]
    pub fn args(&self, outcome: &Outcome) -> Payload {
        let (name, value) = match outcome {
            Outcome::Returned(value) => ("returned", value.clone()),
            Outcome::Rejected(error) => ("rejected", error.clone()),
            Outcome::Failed(failure) => {
                ("failed", Payload::of(failure).expect("a failure has a JSON form"))
            }
        };
        let mut json = BytesMut::with_capacity(self.tag.0.len() + value.0.len() + 48);
        json.put(&b"{\"tag\":"[..]);
        json.put(&self.tag.0[..]);
        json.put(&b",\"outcome\":{\""[..]);
        json.put(name.as_bytes());
        json.put(&b"\":"[..]);
        json.put(&value.0[..]);
        json.put(&b"}}"[..]);
        Payload(json.freeze())
    }
}

/// How far a host goes for the outcome of one request to run an activity. What is not said here,
/// the activity says for all requests.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ActivityLimits {
    /// How often it is tried by one process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts_max: Option<NonZeroU32>,
    /// How many milliseconds one attempt may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<NonZeroU64>,
}

impl ActivityLimits {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
