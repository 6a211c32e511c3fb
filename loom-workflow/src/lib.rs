//! The Workflow Definition Language, schema 2016-06-01. Performs no I/O, reads no clock, and asks
//! nobody for chance: what an expression may know comes in through a [`Scope`].

mod calendar;
mod cases;
mod content;
pub mod definition;
pub mod diagram;
mod expression;
mod function;
pub mod pipeline;
pub mod planner;
pub mod recurrence;
pub mod run;
mod selector;
mod template;
pub mod validation;
mod value;
mod xml;

pub use calendar::{Moment, zone};
pub use cases::{
    CaseFailure, CaseReport, Rehearsal, RunCaseFailure, RunCases, check_expressions, check_runs,
    rehearse, with_connections,
};
pub use content::{Content, form};
pub use definition::Definition;
pub use expression::{Budget, EvaluationError, Reading, Scope, Span, SyntaxError};
pub(crate) use function::function_names;
pub use function::{Arity, arity_of, encoded_uri_component};
pub use template::{Condition, Evaluated, Reference, SANITIZED, Subject, Template};
pub use value::{Array, DEPTH_MAX, JsonTextError, Object, Value};
