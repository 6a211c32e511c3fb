//! Differences between a run and what was expected of it.

use super::play::Played;
use crate::planner::{Recorded, Respond};
use crate::run::{ActionRecord, ErrorInfo};
use crate::{Object, Value};

pub(super) fn differences(played: &Played, expected: &Value) -> Vec<String> {
    let mut found = Differences(Vec::new());
    let run = &played.run;
    found.compare("status", &expected.property("status"), &Value::from(run.status().name()));
    if let Some(error) = expected.as_object().and_then(|it| it.get("error")) {
        found.members("error", error, &shown(run.error()));
    }
    if let Some(outputs) = expected.as_object().and_then(|it| it.get("outputs")) {
        let has_none = run.outputs().is_none() && outputs.as_object().is_some_and(Object::is_empty);
        if !has_none {
            found.compare("outputs", outputs, &run.outputs().cloned().unwrap_or_default());
        }
    }
    if let Some(response) = expected.as_object().and_then(|it| it.get("response")) {
        found.response(response, played.response.as_ref());
    }
    let actions = expected.property("actions");
    for (name, expected) in actions.as_object().into_iter().flat_map(Object::iter) {
        let mut records: Vec<&Recorded> =
            played.records.iter().filter(|it| it.name.eq_ignore_ascii_case(name)).collect();
        records.sort_by(|a, b| a.iterations.cmp(&b.iterations));
        found.action(name, expected, &records);
    }
    found.0
}

fn shown(error: Option<&ErrorInfo>) -> Value {
    let Some(ErrorInfo { code, message }) = error else { return Value::Null };
    Object::from(
        [("code", code.as_str()), ("message", message.as_str())]
            .map(|(name, text)| (name, Value::from(text))),
    )
    .into()
}

struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, expected: &Value, actual: &Value) {
        if expected != actual {
            let (expected, actual) = (expected.to_json_text(), actual.to_json_text());
            self.0.push(format!("{what} is {actual}, and {expected} was expected."));
        }
    }

    /// Compares the members that are expected, whatever else there is.
    fn members(&mut self, what: &str, expected: &Value, actual: &Value) {
        for (name, value) in expected.as_object().into_iter().flat_map(Object::iter) {
            self.compare(&format!("{what}.{name}"), value, &actual.property(name));
        }
    }

    /// Compares what the caller is told. Who does not get an answer of the run is told 202 at
    /// once, and who has waited for one in vain 502; where no response is expected, neither is one.
    fn response(&mut self, expected: &Value, actual: Option<&Respond>) {
        const ACCEPTED: i64 = 202;
        let answer = actual.filter(|it| !it.is_missing);
        if expected.is_null() {
            let found = answer.map(|it| format!("There was a response: {}.", it.status_code));
            self.0.extend(found);
            return;
        }
        let accepted = expected.property("statusCode").as_integer() == Some(ACCEPTED);
        let told = actual.filter(|it| !(it.asynchronous && accepted));
        let none = || Value::from(Object::new());
        let headers = told.and_then(|it| it.headers.clone()).unwrap_or_else(none);
        let object = Object::from([
            ("statusCode", Value::from(told.map_or(ACCEPTED, |it| i64::from(it.status_code)))),
            ("headers", headers),
            ("body", told.and_then(|it| it.body.clone()).unwrap_or_default()),
        ]);
        self.members("response", expected, &object.into());
    }

    fn action(&mut self, name: &str, expected: &Value, records: &[&Recorded]) {
        let Value::Array(repetitions) = expected.property("repetitions") else {
            match records.last() {
                Some(record) => self.record(name, expected, &record.record),
                None => self.0.push(format!("{name} has no record.")),
            }
            return;
        };
        // What a loop without an iteration contains is recorded as skipped, once: that is no
        // repetition, unless there is nothing else.
        let loops = records.iter().map(|it| it.iterations.len()).max().unwrap_or_default();
        let deepest = records.iter().filter(|it| it.iterations.len() == loops.max(1));
        let records: Vec<&&Recorded> = match deepest.clone().count() {
            count if count == repetitions.len() => deepest.collect(),
            _ => records.iter().collect(),
        };
        if repetitions.len() != records.len() {
            let (expected, actual) = (repetitions.len(), records.len());
            self.0.push(format!("{name} has {actual} repetitions, and {expected} were expected."));
            return;
        }
        for (expected, record) in repetitions.iter().zip(records) {
            self.record(&record.path, expected, &record.record);
        }
    }

    fn record(&mut self, what: &str, expected: &Value, record: &ActionRecord) {
        for (name, expected) in expected.as_object().into_iter().flat_map(Object::iter) {
            let text = |text: Option<&str>| text.map(Value::from).unwrap_or_default();
            let actual = match name.as_ref() {
                "status" => Value::from(record.status.name()),
                "outputs" => record.outputs.clone().unwrap_or_default(),
                "inputs" => record.inputs.clone().unwrap_or_default(),
                // What has no code has this one, which is not shown.
                "code" if record.code.is_none() && expected.as_str() == Some("NotSpecified") => {
                    continue;
                }
                "code" => text(record.code.as_deref()),
                "error" => {
                    self.members(&format!("{what}.error"), expected, &shown(record.error.as_ref()));
                    continue;
                }
                "errorCode" => text(record.error.as_ref().map(|it| it.code.as_str())),
                "errorMessage" => text(record.error.as_ref().map(|it| it.message.as_str())),
                "attempts" => Value::Integer(i64::from(record.attempts)),
                "iterations" => {
                    record.iterations.map(|it| Value::Integer(i64::from(it))).unwrap_or_default()
                }
                "trackedProperties" => record.tracked.clone().unwrap_or_default(),
                other => {
                    self.0.push(format!("{what}: nothing is known of '{other}'."));
                    continue;
                }
            };
            self.compare(&format!("{what}.{name}"), expected, &actual);
        }
    }
}
