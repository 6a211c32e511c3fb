//! What an expression may ask.

use crate::calendar::Moment;
use crate::value::Value;

/// What is around an expression while it is evaluated. `None`, the answer of what is not
/// implemented, means that there is no such thing; the expression then fails.
///
/// Names are those of the expression; they are to be looked up ignoring case. The answers must be
/// the same when an evaluation is repeated for a replay, [`now`](Self::now),
/// [`random`](Self::random) and [`guid`](Self::guid) included.
pub trait Scope {
    /// The value of a parameter of the workflow.
    fn parameter(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// The value of a variable.
    fn variable(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// The record of a finished action.
    fn action(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// The outputs in that record. Null if the action is known and has none.
    fn action_outputs(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// The record of the trigger.
    fn trigger(&self) -> Option<Reading> {
        None
    }
    /// The outputs in that record. Null if there are none.
    fn trigger_outputs(&self) -> Option<Reading> {
        None
    }
    /// The record of the action to which the expression belongs.
    fn current_action(&self) -> Option<Reading> {
        None
    }
    /// The element of the innermost loop.
    fn item(&self) -> Option<Reading> {
        None
    }
    /// The element of a loop around the action.
    fn items(&self, _loop_name: &str) -> Option<Reading> {
        None
    }
    /// The index, from 0, of a loop around the action.
    fn iteration_index(&self, _loop_name: &str) -> Option<i64> {
        None
    }
    /// The records of the direct children of a container.
    fn result(&self, _container: &str) -> Option<Reading> {
        None
    }
    /// What `workflow()` says.
    fn workflow(&self) -> Option<Value> {
        None
    }
    /// The address at which the action or trigger waits for a callback.
    fn callback_url(&self) -> Option<Reading> {
        None
    }
    /// A setting of the application. The expression gets null if there is none.
    fn app_setting(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// A secret.
    fn secret(&self, _name: &str) -> Option<Reading> {
        None
    }
    /// The time at which the action began.
    fn now(&self) -> Moment;
    /// A number from 0 to `bound`, `bound` excluded. `bound` is at least 1.
    fn random(&self, bound: u64) -> u64;
    /// A new unique number.
    fn guid(&self) -> u128;
}

/// A value that an expression has asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// Whether it must not be shown, nor anything that was made of it.
    pub secure: bool,
}

impl Reading {
    /// A value that must not be shown.
    #[must_use]
    pub fn secure(value: Value) -> Self {
        Self { value, secure: true }
    }

    /// The same of another value.
    #[must_use]
    pub fn with(self, value: Value) -> Self {
        Self { value, ..self }
    }
}

impl From<Value> for Reading {
    fn from(value: Value) -> Self {
        Self { value, secure: false }
    }
}
