//! From what happened outside to the runs that it starts.

use super::Turn;
use super::parameters::fill_in;
use super::settle::plain;
use super::status_code::code_in;
use super::view::View;
use crate::definition::{Definition, SchemaError};
use crate::run::{ErrorInfo, Run, RunInfo, TriggerRecord};
use crate::{Budget, Evaluated, EvaluationError, Value};

const SPLITS_MAX: usize = 100_000;
const SPLITS_MAX_WITH_CONCURRENCY: usize = 100;

/// What a trigger does with what happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Fired {
    /// Runs start, each with its own record of the trigger.
    Runs(Vec<TriggerRecord>),
    /// A condition does not hold, there is no element, or what was asked had nothing (200 alone
    /// says that it has).
    Skipped,
    /// A condition, `splitOn`, or the tracking id has no value.
    Failed(ErrorInfo),
}

/// Why a request is answered with 400 and starts nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct RequestRefusal {
    /// What the body is not.
    pub errors: Vec<SchemaError>,
}

/// Looks at the conditions of a trigger, and splits what it has.
///
/// `trigger` holds the outputs, `info` is for expressions alone; every run gets a name of its own.
#[must_use]
pub fn fire(
    definition: &Definition,
    trigger: TriggerRecord,
    info: &RunInfo,
    parameters: &Value,
    turn: &Turn<'_>,
) -> Fired {
    let Some(written) = definition.trigger(&trigger.name) else {
        return Fired::Failed(not_found(&trigger.name));
    };
    if written.kind.polls() && trigger.outputs.as_ref().is_some_and(|it| !is_anything_new(it)) {
        return Fired::Skipped;
    }
    let trigger = TriggerRecord {
        secure_inputs: trigger.secure_inputs || written.secure_inputs,
        secure_outputs: trigger.secure_outputs || written.secure_outputs,
        ..trigger
    };
    let whole = match with_parameters(definition, trigger.clone(), info, parameters, turn) {
        Ok(whole) => whole,
        Err(error) => return Fired::Failed(error),
    };
    let parameters = whole.parameters.clone();
    let split = match &written.split_on {
        None => vec![trigger],
        Some(split_on) => {
            let view = View::new(definition, &whole, turn, None, None);
            let items = match split_on.evaluate_within(&view, &Budget::DEFAULT) {
                Ok(items) => items.value,
                Err(error) => return failed(&error, &written.name),
            };
            let Some(array) = items.as_array() else {
                let message = format!(
                    "The 'splitOn' of the trigger '{}' is of type '{}'. It must be an array.",
                    written.name,
                    items.kind()
                );
                return Fired::Failed(ErrorInfo { code: "InvalidTemplate".to_owned(), message });
            };
            let max =
                if written.runs_max.is_some() { SPLITS_MAX_WITH_CONCURRENCY } else { SPLITS_MAX };
            if array.len() > max {
                let message = format!("{} elements are more than {max}.", array.len());
                return Fired::Failed(ErrorInfo { code: "SplitOnTooLarge".to_owned(), message });
            }
            array.iter().map(|item| one_of(&trigger, item)).collect()
        }
    };
    let mut runs = Vec::new();
    for record in split {
        let run = before_start(record.clone(), info, parameters.clone());
        let view = View::new(definition, &run, turn, None, None);
        let mut holds = true;
        for condition in &written.conditions {
            match condition.evaluate(&view) {
                Ok(it) => holds &= it,
                Err(error) => return failed(&error, &written.name),
            }
        }
        if !holds {
            continue;
        }
        let tracking = match written.tracking.as_ref().map(|it| it.evaluate(&view)).transpose() {
            Ok(tracking) => tracking.map(|it| it.to_text().to_string()),
            Err(error) => return failed(&error, &written.name),
        };
        let client_tracking_id = tracking.unwrap_or_else(|| record.client_tracking_id.clone());
        runs.push(TriggerRecord { client_tracking_id, ..record });
    }
    if runs.is_empty() { Fired::Skipped } else { Fired::Runs(runs) }
}

/// What a trigger that asks somebody, or subscribes with somebody, is given.
///
/// # Errors
///
/// If there is no such trigger, or an expression of its inputs has no value.
pub fn trigger_inputs(
    definition: &Definition,
    trigger: TriggerRecord,
    info: &RunInfo,
    turn: &Turn<'_>,
) -> Result<Evaluated, ErrorInfo> {
    let Some(written) = definition.trigger(&trigger.name) else {
        return Err(not_found(&trigger.name));
    };
    let none = Value::from(crate::Object::new());
    let whole = with_parameters(definition, trigger, info, &none, turn)?;
    let view = View::new(definition, &whole, turn, None, None);
    let Some(inputs) = &written.inputs else { return Ok(plain(Value::Null)) };
    let evaluated = inputs.evaluate_within(&view, &Budget::DEFAULT);
    evaluated.map_err(|error| unreadable(&error, &written.name))
}

impl Definition {
    /// Holds a request against the schemas of its trigger.
    ///
    /// # Errors
    ///
    /// If the trigger checks what it takes, and the body or the headers are something else.
    pub fn check_request(
        &self,
        trigger: &str,
        headers: &Value,
        body: &Value,
    ) -> Result<(), RequestRefusal> {
        let request = self.trigger(trigger).and_then(|trigger| trigger.request.as_ref());
        let Some(request) = request.filter(|request| request.is_checked) else { return Ok(()) };
        let mut errors = request.schema.check(body);
        errors.extend(request.headers_schema.check(headers));
        if errors.is_empty() { Ok(()) } else { Err(RequestRefusal { errors }) }
    }
}

/// The record with an element as its body.
fn one_of(trigger: &TriggerRecord, item: &Value) -> TriggerRecord {
    let mut outputs = match &trigger.outputs {
        Some(Value::Object(outputs)) => outputs.as_ref().clone(),
        _ => crate::Object::new(),
    };
    outputs.insert("body", item.clone());
    TriggerRecord { outputs: Some(outputs.into()), ..trigger.clone() }
}

fn not_found(name: &str) -> ErrorInfo {
    let message = format!("There is no trigger '{name}'.");
    ErrorInfo { code: "TriggerNotFound".to_owned(), message }
}

fn failed(error: &EvaluationError, name: &str) -> Fired {
    Fired::Failed(unreadable(error, name))
}

fn unreadable(error: &EvaluationError, name: &str) -> ErrorInfo {
    let message = format!(
        "Unable to process template language expressions for trigger '{name}' at line '1' and column '0': '{}'.",
        error.message
    );
    ErrorInfo { code: EvaluationError::CODE.to_owned(), message }
}

/// Whether what somebody has put out who was asked starts a run: 200 does, and no status.
#[must_use]
pub fn is_anything_new(outputs: &Value) -> bool {
    code_in(outputs).is_none_or(|code| code == 200)
}

/// A run that has not begun, with the values of its parameters.
fn with_parameters(
    definition: &Definition,
    trigger: TriggerRecord,
    info: &RunInfo,
    given: &Value,
    turn: &Turn<'_>,
) -> Result<Run, ErrorInfo> {
    let parameters = definition.start_values(given).unwrap_or_else(|_| given.clone());
    let mut whole = before_start(trigger, info, parameters);
    fill_in(definition, &mut whole, turn)?;
    Ok(whole)
}

/// A run that has not begun, for expressions of its trigger.
fn before_start(trigger: TriggerRecord, info: &RunInfo, parameters: Value) -> Run {
    let started_at = trigger.started_at;
    Run::fresh(info.clone(), trigger, parameters, started_at)
}
