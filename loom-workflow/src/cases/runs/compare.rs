//! Differences between a run and what was expected of it.

use super::play::Played;
use crate::planner::Recorded;
use crate::run::ActionRecord;
use crate::{Object, Value};

pub(super) fn differences(played: &Played, expected: &Value) -> Vec<String> {
    let mut found = Differences(Vec::new());
    let run = &played.run;
    found.compare("status", &expected.property("status"), &Value::from(run.status().name()));
    if let Some(error) = expected.as_object().and_then(|it| it.get("error")) {
        let actual = run.error().map(|error| {
            Object::from(
                [("code", error.code.as_str()), ("message", error.message.as_str())]
                    .map(|(name, text)| (name, Value::from(text))),
            )
        });
        found.members("error", error, &actual.map(Value::from).unwrap_or_default());
    }
    if let Some(outputs) = expected.as_object().and_then(|it| it.get("outputs")) {
        found.compare("outputs", outputs, &run.outputs().cloned().unwrap_or_default());
    }
    if let Some(response) = expected.as_object().and_then(|it| it.get("response")) {
        let actual = played.response.as_ref().map(|it| {
            let mut object = Object::new();
            object.insert("statusCode", Value::Integer(i64::from(it.status_code)));
            object.insert("headers", it.headers.clone().unwrap_or_default());
            object.insert("body", it.body.clone().unwrap_or_default());
            Value::from(object)
        });
        match actual {
            Some(actual) => found.members("response", response, &actual),
            None if response.is_null() => {}
            None => found.0.push("There was no response.".to_owned()),
        }
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

    fn action(&mut self, name: &str, expected: &Value, records: &[&Recorded]) {
        let Value::Array(repetitions) = expected.property("repetitions") else {
            match records.last() {
                Some(record) => self.record(name, expected, &record.record),
                None => self.0.push(format!("{name} has no record.")),
            }
            return;
        };
        // What a loop without an iteration contains is recorded as skipped, once.
        let records: Vec<&&Recorded> = match repetitions.len() {
            0 => records.iter().filter(|it| !it.iterations.is_empty()).collect(),
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
                "code" => text(record.code.as_deref()),
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
