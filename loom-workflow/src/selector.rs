//! `JMESPath` selectors: checked when they are written down, and bounded when they are used.

mod convert;
mod growth;
mod wants;

pub(crate) use convert::from_variable;
pub(crate) use wants::Wants;

use jmespath::ast::Ast;
use jmespath::{DEFAULT_RUNTIME, Expression};

use crate::Value;

/// The most characters of a selector. It bounds how deep one can be nested.
pub(crate) const SELECTOR_CHARS_MAX: usize = 1_024;

/// How many times larger than what it looks at an answer may be made.
const GROWTH_MAX: u64 = 1_000;

/// A selector that can be used.
pub(crate) struct Selector {
    expression: Expression<'static>,
}

/// A text is no selector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SelectorError {
    /// The characters before the fault.
    pub(crate) position: usize,
    /// What is wrong, in one line.
    pub(crate) message: String,
}

impl Selector {
    /// Reads a selector. Functions must be known, and the answer must not be able to outgrow
    /// what it is made of without measure.
    pub(crate) fn compile(text: &str) -> Result<Self, SelectorError> {
        let fault = |position, message: String| SelectorError { position, message };
        let length = text.chars().count();
        if length > SELECTOR_CHARS_MAX {
            let message =
                format!("A selector has at most {SELECTOR_CHARS_MAX} characters, not {length}.");
            return Err(fault(SELECTOR_CHARS_MAX, message));
        }
        let expression = jmespath::compile(text).map_err(|error| {
            let reason = error.reason.to_string();
            let reason = reason.strip_prefix("Parse error: ").unwrap_or(&reason).to_owned();
            let reason = reason.lines().next().unwrap_or_default().trim();
            // The parser names its own parts.
            let reason = ["nud", "led"].iter().fold(reason.to_owned(), |reason, part| {
                reason.replace(&format!("{part} token -- found "), "")
            });
            fault(error.offset, reason)
        })?;
        if let Some((position, name)) = unknown_function(expression.as_ast()) {
            return Err(fault(position, format!("There is no function '{name}' in JMESPath.")));
        }
        if growth::of(expression.as_ast()) > GROWTH_MAX {
            let message = "The selector repeats what it selects too often.";
            return Err(fault(0, message.to_owned()));
        }
        Ok(Self { expression })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        self.expression.as_str()
    }

    /// What it looks at.
    pub(crate) fn wants(&self) -> Wants {
        Wants::of(self.expression.as_ast())
    }

    /// What it finds; null if there is nothing.
    pub(crate) fn search(&self, data: &Value) -> Result<jmespath::Rcvar, SelectorError> {
        let data = convert::to_variable(data, &self.wants());
        self.expression.search(data).map_err(|error| SelectorError {
            position: error.offset,
            message: error.reason.to_string().trim_start_matches("Runtime error: ").to_owned(),
        })
    }
}

/// The first function that does not exist.
fn unknown_function(ast: &Ast) -> Option<(usize, String)> {
    let own = match ast {
        Ast::Function { offset, name, .. } if DEFAULT_RUNTIME.get_function(name).is_none() => {
            Some((*offset, name.clone()))
        }
        _ => None,
    };
    own.or_else(|| parts(ast).into_iter().find_map(unknown_function))
}

/// What an expression consists of.
fn parts(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args, .. } => args.iter().collect(),
        Ast::MultiList { elements, .. } => elements.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|it| &it.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
