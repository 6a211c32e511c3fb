//! What runs begin with.

use loom_core::{IdempotencyKey, Timestamp};
use loom_workflow::definition::{Definition, Trigger};
use loom_workflow::run::TriggerRecord;
use loom_workflow::{Object, Value};

use super::request::{Begin, RunRefusal};

/// A run that is to be started.
#[derive(Clone, Debug, Default)]
pub struct StartRun {
    /// The version; none: the greatest that is not retired.
    pub version: Option<String>,
    /// The trigger; none: the only one, or the first.
    pub trigger: Option<String>,
    /// What the trigger puts out, as `{headers, queries, body}`.
    pub outputs: Option<Value>,
    /// Values of parameters: an object.
    pub parameters: Value,
    /// The name of the run; none: a new one, later names before earlier ones.
    pub run: Option<String>,
    /// The same key starts one run, however often it is used.
    pub key: Option<IdempotencyKey>,
    /// The name under which all that follows from one occasion is found.
    pub client_tracking_id: Option<String>,
}

impl StartRun {
    /// A run of which the trigger has this body.
    #[must_use]
    pub fn with_body(body: impl Into<Value>) -> Self {
        let outputs = Object::from([("body", body.into())]);
        Self { outputs: Some(outputs.into()), ..Self::default() }
    }
}

/// Why no run was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The run cannot be started so.
    #[error(transparent)]
    Refused(#[from] RunRefusal),
    /// The run could not be reached.
    #[error(transparent)]
    Call(#[from] crate::CallError),
}

/// The record of the trigger that fires a run.
pub(super) fn trigger(
    definition: &Definition,
    begin: &Begin,
    run: &str,
    now: Timestamp,
) -> Result<TriggerRecord, RunRefusal> {
    let trigger = match &begin.trigger {
        Some(name) => definition.trigger(name),
        None => definition.triggers.first(),
    };
    let Some(Trigger { name, secure_inputs, secure_outputs, .. }) = trigger else {
        let message = format!("there is no trigger {:?}", begin.trigger.as_deref().unwrap_or(""));
        return Err(RunRefusal::Trigger { code: "NoTrigger".to_owned(), message });
    };
    Ok(TriggerRecord {
        name: name.clone(),
        inputs: None,
        outputs: begin.outputs.clone(),
        started_at: now,
        client_tracking_id: begin.client_tracking_id.clone().unwrap_or_else(|| run.to_owned()),
        secure_inputs: *secure_inputs,
        secure_outputs: *secure_outputs,
    })
}
