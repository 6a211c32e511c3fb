//! JSON in which strings are expressions.

mod compile;
mod condition;
mod evaluate;
mod reference;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use self::condition::Condition;
pub use self::evaluate::{Evaluated, SANITIZED};
pub use self::reference::{Reference, Subject};
use crate::expression::{Budget, EvaluationError, Node, Scope, SyntaxError};
use crate::value::Value;

/// Any JSON whose strings, and names of properties, may be expressions: read once, evaluated often.
#[derive(Clone, Debug)]
pub struct Template(Part);

#[derive(Clone, Debug)]
enum Part {
    /// No expression is in it.
    Constant(Value),
    Text(Arc<Text>),
    Array(Vec<Part>),
    Object(Vec<(Name, Part)>),
}

#[derive(Clone, Debug)]
enum Name {
    Constant(Arc<str>),
    Text(Arc<Text>),
}

/// A string with an expression in it.
#[derive(Clone, Debug)]
struct Text {
    source: String,
    /// Where it stands, as a JSON pointer.
    pointer: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// The value keeps its kind.
    Whole(Node),
    /// Everything becomes text.
    Pieces(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Literal(String),
    Expression(Node),
}

impl Template {
    /// Reads all strings.
    ///
    /// # Errors
    ///
    /// All that is wrong with them, not only the first.
    pub fn compile(json: &Value) -> Result<Self, Vec<SyntaxError>> {
        compile::compile(json).map(Self)
    }

    /// The value if there is no expression in it.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        match &self.0 {
            Part::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Evaluates all expressions, within the default [`Budget`].
    ///
    /// # Errors
    ///
    /// The first expression that has no value.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, EvaluationError> {
        evaluate::value(self, scope, &Budget::DEFAULT)
    }

    /// Evaluates all expressions, and says what of the result may be shown.
    ///
    /// # Errors
    ///
    /// The first expression that has no value, or takes more than `budget`.
    pub fn evaluate_within(
        &self,
        scope: &dyn Scope,
        budget: &Budget,
    ) -> Result<Evaluated, EvaluationError> {
        evaluate::evaluate(&self.0, scope, budget)
    }

    /// All calls in it, in the order in which they stand.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        reference::references(self)
    }
}
