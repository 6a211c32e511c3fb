//! What the text of an expression becomes.

use std::sync::Arc;

use super::Span;
use crate::function::Function;
use crate::template::Template;
use crate::value::Value;

/// One expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Literal(Value),
    Call(Box<Call>),
    /// A template as an argument of a structured condition.
    Embedded(Box<Template>),
}

/// A call of a function, and what is taken of its result.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) arguments: Vec<Node>,
    pub(crate) accesses: Vec<Access>,
    /// From the first letter of the name to the last bracket of the last access.
    pub(crate) span: Span,
}

/// The function that is called. One that does not exist is noticed when it is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Known(&'static Function),
    Unknown(Arc<str>),
}

/// One step from a value to a part of it.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) key: Node,
    /// Whether null is the answer where there is no such part.
    pub(crate) optional: bool,
}

impl Callee {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Known(function) => function.name,
            Self::Unknown(name) => name,
        }
    }
}
