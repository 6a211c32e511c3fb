//! Outcomes of activities and of other actors, as the planner takes them.

use loom_core::{Failure, FailureCode};
use loom_workflow::planner::{Answer, Finished, Respond};
use loom_workflow::run::Status;
use loom_workflow::{Object, Value};
use serde_json::value::RawValue;

use crate::EndedWith;

/// What came of an activity or of a call to an actor: its value is the body.
pub(super) fn of_value(outcome: EndedWith<Value>) -> Answer {
    match outcome {
        EndedWith::Returned(value) => {
            let outputs = Object::from([("body", value)]);
            Answer { status: Some(Status::Succeeded), ..Answer::outputs(outputs.into()) }
        }
        EndedWith::Rejected(error) => rejected(&error),
        EndedWith::Failed(failure) => of_failure(&failure),
    }
}

/// What came of a connector, which answers itself.
pub(super) fn of_connector(outcome: EndedWith<Answer>) -> Answer {
    match outcome {
        EndedWith::Returned(answer) => answer,
        EndedWith::Rejected(error) => rejected(&error),
        EndedWith::Failed(failure) => of_failure(&failure),
    }
}

fn rejected(error: &RawValue) -> Answer {
    let body = serde_json::from_str(error.get()).unwrap_or_default();
    let outputs = Object::from([("body", body)]);
    let refused = Answer::refused("Rejected", error.get());
    Answer { outputs: Some(outputs.into()), ..refused }
}

fn of_failure(failure: &Failure) -> Answer {
    match failure.code {
        FailureCode::TimedOut => Answer::unreachable("TimedOut", failure.detail.as_str()),
        FailureCode::ActivityFailed => {
            Answer::unreachable("ActivityFailed", failure.detail.as_str())
        }
        _ => Answer::refused(failure.code.to_string(), failure.detail.as_str()),
    }
}

/// What a child answers its parent.
pub(super) fn of_child(respond: &Respond) -> Answer {
    let mut outputs = Object::new();
    outputs.insert("statusCode", Value::from(i64::from(respond.status_code)));
    if let Some(headers) = &respond.headers {
        outputs.insert("headers", headers.clone());
    }
    if let Some(body) = &respond.body {
        outputs.insert("body", body.clone());
    }
    Answer::outputs(outputs.into())
}

/// What a parent is told of a child that has ended without an answer.
pub(super) fn of_end(finished: &Finished) -> Answer {
    let status = finished.status.name();
    let error = Object::from([
        ("code", Value::from("NoResponse")),
        ("message", Value::from(format!("the workflow is {status} and has not answered"))),
    ]);
    let outputs = Object::from([
        ("statusCode", Value::from(502_i64)),
        ("body", Object::from([("error", Value::from(error))]).into()),
    ]);
    Answer::outputs(outputs.into())
}
