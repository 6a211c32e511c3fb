//! A run that is tried out: nothing is called, and time passes at once.

use super::play::Play;
use crate::definition::Definition;
use crate::planner::{Fired, Recorded, Respond};
use crate::run::{ErrorInfo, RunStatus};
use crate::{Object, Value};

/// A run that was tried out.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// How it ended.
    pub status: RunStatus,
    /// Why it did not succeed.
    pub error: Option<ErrorInfo>,
    /// What it answers with.
    pub outputs: Option<Value>,
    /// What its caller is answered.
    pub response: Option<Respond>,
    /// Its actions, in the order of their ends.
    pub records: Vec<Recorded>,
}

/// Tries out the runs that the first trigger starts when it puts out `trigger_outputs`.
///
/// `mocks` says what is answered in place of actions: under the name of each `{"status",
/// "outputs", "error"}`, a list of these for its attempts, or `{"byItem": {…}}`. With the status
/// `Waiting` no answer ever comes.
///
/// # Errors
///
/// Says why no run starts, or why one does not end.
pub fn rehearse(
    definition: &Definition,
    trigger_outputs: &Value,
    parameters: &Value,
    mocks: &Value,
) -> Result<Vec<Rehearsal>, String> {
    let trigger = Object::from([("outputs", trigger_outputs.clone())]);
    let case = Object::from([("trigger", trigger.into()), ("mocks", mocks.clone())]).into();
    if let Err(problems) = definition.start_values(parameters) {
        let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
        return Err(problems.join("; "));
    }
    let mut play = Play::new(definition, &case, parameters);
    let fired = match play.fire()? {
        Fired::Runs(fired) => fired,
        Fired::Skipped => Vec::new(),
        Fired::Failed(error) => return Err(error.message),
    };
    let mut rehearsals = Vec::new();
    for trigger in fired {
        let played = play.run(trigger)?;
        rehearsals.push(Rehearsal {
            status: played.run.status(),
            error: played.run.error().cloned(),
            outputs: played.run.outputs().cloned(),
            response: played.response.filter(|it| !it.is_missing),
            records: played.records,
        });
    }
    Ok(rehearsals)
}
