//! The functions of the language, one file per family.

mod arguments;
mod collection;
mod conversion;
mod data_uri;
mod date;
mod form;
mod logical;
mod math;
mod object;
mod parse;
mod select;
mod shift;
mod string;
#[cfg(test)]
mod tests;

mod units;
mod uri;
mod workflow;
mod xml;

use std::fmt::{Display, Formatter, Result};

use crate::expression::{Evaluation, Fault, Node};
use crate::value::Value;

pub use self::data_uri::encoded_uri_component;
pub(crate) use self::data_uri::percent_decoded;

/// One function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    arguments_min: u8,
    /// No limit if it is `MANY`.
    arguments_max: u8,
    pub(crate) implementation: Implementation,
}

const MANY: u8 = u8::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Implementation {
    /// Evaluates those of its arguments that it needs.
    Lazy(fn(&mut Evaluation<'_>, &[Node]) -> Answer),
    /// Answers a value that was there before.
    Asks(fn(&mut Evaluation<'_>, &[Value]) -> Answer),
    /// Answers a new value.
    Makes(fn(&mut Evaluation<'_>, &[Value]) -> Answer),
}

type Answer = std::result::Result<Value, Fault>;

/// All functions.
static FAMILIES: [&[Function]; 14] = [
    string::FUNCTIONS,
    units::FUNCTIONS,
    collection::FUNCTIONS,
    logical::FUNCTIONS,
    conversion::FUNCTIONS,
    data_uri::FUNCTIONS,
    math::FUNCTIONS,
    date::FUNCTIONS,
    shift::FUNCTIONS,
    workflow::FUNCTIONS,
    form::FUNCTIONS,
    uri::FUNCTIONS,
    object::FUNCTIONS,
    select::FUNCTIONS,
];

impl Function {
    const fn makes(
        name: &'static str,
        (arguments_min, arguments_max): (u8, u8),
        work: fn(&mut Evaluation<'_>, &[Value]) -> Answer,
    ) -> Self {
        Self { name, arguments_min, arguments_max, implementation: Implementation::Makes(work) }
    }

    const fn asks(
        name: &'static str,
        (arguments_min, arguments_max): (u8, u8),
        work: fn(&mut Evaluation<'_>, &[Value]) -> Answer,
    ) -> Self {
        Self { name, arguments_min, arguments_max, implementation: Implementation::Asks(work) }
    }

    const fn lazy(
        name: &'static str,
        (arguments_min, arguments_max): (u8, u8),
        work: fn(&mut Evaluation<'_>, &[Node]) -> Answer,
    ) -> Self {
        Self { name, arguments_min, arguments_max, implementation: Implementation::Lazy(work) }
    }

    pub(crate) fn arity(&self) -> Arity {
        let max = (self.arguments_max != MANY).then_some(self.arguments_max.into());
        Arity { min: self.arguments_min.into(), max }
    }
}

/// How many arguments a function takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Arity {
    /// At least so many.
    pub min: usize,
    /// At most so many, if there is a limit.
    pub max: Option<usize>,
}

impl Arity {
    /// Whether it takes `count` arguments.
    #[must_use]
    pub fn takes(&self, count: usize) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

impl Display for Arity {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match (self.min, self.max) {
            (min, None) => write!(out, "at least {min} parameter(s)"),
            (min, Some(max)) if min == max => write!(out, "{min} parameter(s)"),
            (min, Some(max)) => write!(out, "{min} to {max} parameters"),
        }
    }
}

/// How many arguments the function of that name takes, in any case. `None` if there is none.
#[must_use]
pub fn arity_of(name: &str) -> Option<Arity> {
    find(name).map(Function::arity)
}

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    let all = FAMILIES.iter().copied().flatten();
    all.into_iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

/// The names of all functions.
pub(crate) fn function_names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().copied().flatten().map(|function| function.name)
}
