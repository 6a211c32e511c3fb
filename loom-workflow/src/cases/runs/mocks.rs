//! What stands for the outside.

use std::collections::BTreeMap;

use crate::Value;
use crate::planner::{Answer, AnswerError};
use crate::run::{ErrorInfo, Status};

/// Answers by the name of the action: one, one for each call, or one for each element.
pub(super) struct Mocks {
    written: Value,
    calls: BTreeMap<(String, String), usize>,
}

impl Mocks {
    pub(super) fn new(written: Value) -> Self {
        Self { written, calls: BTreeMap::new() }
    }

    /// The names of the actions that are answered for.
    pub(super) fn names(&self) -> Vec<String> {
        let names = self.written.as_object().map(|it| it.keys().map(ToString::to_string).collect());
        names.unwrap_or_default()
    }

    /// The answer to the next call of an action.
    pub(super) fn answer(&mut self, action: &str, item: Option<&Value>) -> Option<Answer> {
        let written = self.written.as_object()?.find(action)?;
        let item = item.map(|item| item.to_text().to_string()).unwrap_or_default();
        let (answers, of) = match written.as_object().and_then(|it| it.get("byItem")) {
            Some(by_item) => (by_item.as_object()?.get(&item)?.clone(), item),
            None => (written.clone(), String::new()),
        };
        let count = self.calls.entry((action.to_owned(), of)).or_default();
        let call = *count;
        *count += 1;
        match &answers {
            Value::Array(list) => list.get(call).or_else(|| list.last()).map(answer),
            one => Some(answer(one)),
        }
    }
}

fn answer(written: &Value) -> Answer {
    let status = written.property("status");
    let error = written.property("error");
    let text = |name: &str| error.property(name).to_text().to_string();
    let error = error.as_object().is_some().then(|| AnswerError {
        info: ErrorInfo { code: text("code"), message: text("message") },
        is_final: false,
    });
    let outputs = written.as_object().and_then(|it| it.get("outputs")).cloned();
    Answer { status: status.as_str().and_then(Status::named), outputs, error }
}
