//! What is wrong with an expression, before and while it is evaluated.

use std::ops::Range;

/// Bytes of the text of a string in a definition.
pub type Span = Range<usize>;

/// A string of a definition is no expression although it looks like one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where the string is in what was compiled, as a JSON pointer. Of a property's name, the
    /// pointer of its value.
    pub pointer: String,
    /// The characters before the fault in the string.
    pub position: usize,
    /// The bytes of the string that are at fault.
    pub span: Span,
    /// What is wrong, in the words of the service.
    pub message: String,
}

/// An expression has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationError {
    /// The text of the string whose expression failed.
    pub expression: String,
    /// The characters before the call that failed.
    pub position: usize,
    /// What is wrong, in the words of the service. Never holds a part of a secure value.
    pub message: String,
}

impl EvaluationError {
    /// The code under which an action fails because of it.
    pub const CODE: &'static str = "InvalidTemplate";
}

/// Why a call has no value, before it is known in which string the call stands.
#[derive(Debug)]
pub(crate) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    message: String,
    /// The string and the byte of it, once they are known.
    place: Option<(String, usize)>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Inner { message: message.into(), place: None }))
    }

    /// Says where it happened, unless a part of the expression said so already.
    pub(crate) fn at(mut self, source: &str, byte: usize) -> Self {
        self.0.place.get_or_insert_with(|| (source.to_owned(), byte));
        self
    }

    pub(crate) fn into_error(self, source: &str, secure: bool) -> EvaluationError {
        let Inner { message, place } = *self.0;
        let (expression, byte) = place.unwrap_or_else(|| (source.to_owned(), 0));
        let hidden = "The template language expression cannot be evaluated. The details are hidden \
                      because the expression uses a secure value.";
        let message = if secure { hidden.to_owned() } else { message };
        let position = expression.get(..byte).map_or(0, |before| before.chars().count());
        EvaluationError { expression, position, message }
    }
}
