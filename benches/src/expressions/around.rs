//! What is around the expression that is measured: a trigger with a name, and a variable.

use loom_workflow::{Moment, Object, Reading, Scope, Value};

/// Has what the expression asks for, and nothing else.
pub(super) struct Around {
    trigger_outputs: Value,
    number: Value,
}

impl Around {
    pub(super) fn new(name: &str, number: i64) -> Self {
        let body = Object::from([("id", Value::from(7)), ("name", Value::from(name))]);
        let headers = Object::from([("Content-Type", Value::from("application/json"))]);
        let outputs = Object::from([("headers", headers.into()), ("body", Value::from(body))]);
        Self { trigger_outputs: outputs.into(), number: number.into() }
    }
}

impl Scope for Around {
    fn variable(&self, name: &str) -> Option<Reading> {
        name.eq_ignore_ascii_case("n").then(|| self.number.clone().into())
    }

    fn trigger_outputs(&self) -> Option<Reading> {
        Some(self.trigger_outputs.clone().into())
    }

    fn now(&self) -> Moment {
        Moment::UNIX_EPOCH
    }

    fn random(&self, _: u64) -> u64 {
        0
    }

    fn guid(&self) -> u128 {
        0
    }
}
