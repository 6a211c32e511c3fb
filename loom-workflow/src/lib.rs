//! The Workflow Definition Language, schema 2016-06-01. Performs no I/O, reads no clock, and asks
//! nobody for chance: what an expression may know comes in through a [`Scope`].

mod calendar;
mod cases;
mod expression;
mod function;
mod template;
mod value;
mod xml;

pub use calendar::{Moment, zone};
pub use cases::{CaseFailure, CaseReport, check_expressions};
pub use expression::{Budget, EvaluationError, Reading, Scope, Span, SyntaxError};
pub use function::{Arity, arity_of};
pub use template::{Condition, Evaluated, Reference, SANITIZED, Subject, Template};
pub use value::{Array, DEPTH_MAX, JsonTextError, Object, Value};
