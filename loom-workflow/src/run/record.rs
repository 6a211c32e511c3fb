//! What is known about an action, as expressions and people see it.

use loom_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Status, is_default};
use crate::{SANITIZED, Value};

/// Why something failed or was skipped.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ErrorInfo {
    /// A name for the reason.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// What is known about an action.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ActionRecord {
    /// How it stands.
    pub status: Status,
    /// `OK`, the name of an HTTP status, or a reason; absent where the service shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorInfo>,
    /// What it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    /// What it put out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Value>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// The values that its definition wants tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracked: Option<Value>,
    /// How often something outside was called; 0 for what calls nothing.
    #[serde(default, skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// How many iterations a loop made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
    /// Whether the inputs must not be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secure_inputs: bool,
    /// Whether the outputs must not be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secure_outputs: bool,
}

/// What is known about the trigger of a run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TriggerRecord {
    /// Its name.
    pub name: String,
    /// What it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    /// What it put out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Value>,
    /// When it was fired.
    pub started_at: Timestamp,
    /// The name under which all that follows from one occasion is found.
    pub client_tracking_id: String,
    /// Whether the inputs must not be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secure_inputs: bool,
    /// Whether the outputs must not be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub secure_outputs: bool,
}

impl ActionRecord {
    pub(crate) fn begun(now: Timestamp) -> Self {
        Self {
            status: Status::Running,
            code: None,
            error: None,
            inputs: None,
            outputs: None,
            started_at: now,
            ended_at: None,
            tracked: None,
            attempts: 0,
            iterations: None,
            secure_inputs: false,
            secure_outputs: false,
        }
    }

    /// The record as everyone may see it: what is secure is replaced.
    #[must_use]
    pub fn shown(&self) -> Self {
        let hide = |secure: bool, value: &Option<Value>| match value {
            Some(_) if secure => Some(Value::from(SANITIZED)),
            value => value.clone(),
        };
        Self {
            inputs: hide(self.secure_inputs, &self.inputs),
            outputs: hide(self.secure_outputs, &self.outputs),
            tracked: hide(self.secure_inputs || self.secure_outputs, &self.tracked),
            ..self.clone()
        }
    }
}

/// A time as records write it: seven digits of a second, in UTC.
pub(crate) fn time_text(time: Timestamp) -> String {
    let text = time.to_string();
    format!("{}0000Z", text.trim_end_matches('Z'))
}
