//! Expressions: text, read once, evaluated often.

mod access;
mod budget;
mod error;
mod evaluation;
mod lexer;
mod node;
mod parser;
mod print;
mod scope;
#[cfg(test)]
mod tests;

pub use self::budget::Budget;
pub(crate) use self::error::Fault;
pub use self::error::{EvaluationError, Span, SyntaxError};
pub(crate) use self::evaluation::Evaluation;
pub(crate) use self::node::{Access, Call, Callee, Node};
pub(crate) use self::parser::{SyntaxFault, parse_embedded, parse_whole};
pub use self::scope::{Reading, Scope};
