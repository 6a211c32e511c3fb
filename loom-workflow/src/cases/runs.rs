//! Whole runs against what is known of them.

mod compare;
mod mocks;
mod play;
mod rehearsal;

use serde::Serialize;

pub use self::rehearsal::{Rehearsal, rehearse};

use super::with_connections;
use crate::definition::Definition;
use crate::planner::Fired;
use crate::validation::{Scrutiny, Severity, validate};
use crate::{Object, Value};

/// How files of whole runs came out.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct RunCases {
    /// How many came out as expected.
    pub passed: usize,
    /// How many did not.
    pub failed: usize,
    /// What was different.
    pub failures: Vec<RunCaseFailure>,
}

/// A file that did not come out as expected.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RunCaseFailure {
    /// The file.
    pub file: String,
    /// What it is about.
    pub title: String,
    /// Every difference, in a sentence.
    pub differences: Vec<String>,
}

/// Plays files of whole runs: names and texts. Outside of mocks there is nothing but the connections
/// that a definition asks for ([`with_connections`](super::with_connections)), and time passes at
/// once. A request that the trigger refuses starts no run.
///
/// A file holds `{name, title, definition, trigger, parameters?, utcNow?, mocks?, expect}`.
#[must_use]
pub fn check_runs<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> RunCases {
    let mut cases = RunCases::default();
    for (file, text) in files {
        let (title, differences) = check(text);
        if differences.is_empty() {
            cases.passed += 1;
        } else {
            cases.failed += 1;
            cases.failures.push(RunCaseFailure { file: file.to_owned(), title, differences });
        }
    }
    cases
}

fn check(text: &str) -> (String, Vec<String>) {
    let case = match Value::from_json_text(text) {
        Ok(case) => case,
        Err(error) => return (String::new(), vec![format!("The file is no JSON: {error}")]),
    };
    let title = case.property("title").to_text().to_string();
    (title, differences(&case))
}

fn differences(case: &Value) -> Vec<String> {
    let expect = case.property("expect");
    let is_invalid = expect.property("invalid").as_bool() == Some(true);
    let text = case.property("definition").to_json_text();
    let validated = validate(&text, &Scrutiny::default());
    let definition = match validated.definition {
        None if is_invalid => return Vec::new(),
        None => {
            let errors = validated.findings.iter().filter(|it| it.severity == Severity::Error);
            return errors.map(|error| format!("The definition is refused: {error}")).collect();
        }
        Some(definition) => definition,
    };
    let parameters = match case.property("parameters") {
        Value::Null => Object::new().into(),
        parameters => parameters,
    };
    let parameters =
        if is_invalid { parameters } else { with_connections(&text, &definition, parameters) };
    match definition.start_values(&parameters) {
        Err(_) if is_invalid => return Vec::new(),
        Err(problems) => return problems.iter().map(ToString::to_string).collect(),
        Ok(_) if is_invalid => return vec!["The definition is not refused.".to_owned()],
        Ok(_) => {}
    }
    played(&definition, case, &parameters, &expect)
}

fn played(
    definition: &Definition,
    case: &Value,
    parameters: &Value,
    expect: &Value,
) -> Vec<String> {
    let mut play = play::Play::new(definition, case, parameters);
    let expected: Vec<Value> = match expect.property("runs") {
        Value::Array(runs) => runs.to_vec(),
        _ => vec![expect.clone()],
    };
    let records = match play.fire() {
        Ok(Fired::Runs(records)) => records,
        Ok(Fired::Failed(error)) if !expected.is_empty() => {
            return vec![format!("The trigger failed: {}", error.message)];
        }
        Err(why) if !expected.is_empty() => {
            return vec![format!("The request was refused: {why}")];
        }
        Ok(Fired::Skipped | Fired::Failed(_)) | Err(_) => Vec::new(),
    };
    if expected.len() != records.len() {
        return vec![format!(
            "{} runs were started, and {} expected.",
            records.len(),
            expected.len()
        )];
    }
    let mut differences = Vec::new();
    for (record, expected) in records.into_iter().zip(&expected) {
        match play.run(record) {
            Ok(played) => differences.extend(compare::differences(&played, expected)),
            Err(difference) => differences.push(difference),
        }
    }
    differences
}

#[cfg(test)]
mod tests;
