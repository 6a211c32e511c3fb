//! Arguments of the kind that a function wants, or the fault in the words of the service.

use std::sync::Arc;

use crate::expression::Fault;
use crate::value::{Array, Object, Value};

/// The arguments of one call.
pub(super) struct Arguments<'a> {
    pub(super) function: &'static str,
    values: &'a [Value],
}

type Found<T> = Result<T, Fault>;

impl<'a> Arguments<'a> {
    pub(super) fn of(function: &'static str, values: &'a [Value]) -> Self {
        Self { function, values }
    }

    /// The argument at `at`, which the arity promises.
    pub(super) fn value(&self, at: usize) -> &'a Value {
        &self.values[at]
    }

    pub(super) fn string(&self, at: usize) -> Found<&'a Arc<str>> {
        match self.value(at) {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(at, "a string")),
        }
    }

    pub(super) fn optional_string(&self, at: usize) -> Found<Option<&'a str>> {
        match self.values.get(at) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.string(at).map(|text| Some(&**text)),
        }
    }

    pub(super) fn array(&self, at: usize) -> Found<&'a Array> {
        self.value(at).as_array().ok_or_else(|| self.wrong(at, "an array"))
    }

    pub(super) fn object(&self, at: usize) -> Found<&'a Object> {
        self.value(at).as_object().ok_or_else(|| self.wrong(at, "an object"))
    }

    pub(super) fn integer(&self, at: usize) -> Found<i64> {
        self.value(at).as_integer().ok_or_else(|| self.wrong(at, "an integer"))
    }

    pub(super) fn boolean(&self, at: usize) -> Found<bool> {
        self.value(at).as_bool().ok_or_else(|| self.wrong(at, "a boolean"))
    }

    /// An argument is of a kind that the function does not take.
    pub(super) fn wrong(&self, at: usize, wanted: &str) -> Fault {
        wrong(self.function, at, wanted, self.value(at).kind(), self.values.len())
    }

    /// An argument is of a kind that the function takes, and is no good even so.
    pub(super) fn invalid(&self, why: &str) -> Fault {
        let function = self.function;
        Fault::new(format!(
            "The template language function '{function}' was invoked with a parameter that is not \
             valid. {why} {}",
            usage(function)
        ))
    }
}

/// An argument is of the kind `kind`, which the function does not take.
pub(super) fn wrong(
    function: &str,
    at: usize,
    wanted: &str,
    kind: &str,
    arguments: usize,
) -> Fault {
    let which = match (at, arguments) {
        (0, 1) => "",
        (0, _) => "first ",
        (1, _) => "second ",
        (2, _) => "third ",
        _ => "every ",
    };
    Fault::new(format!(
        "The template language function '{function}' expects its {which}parameter to be {wanted}. \
         The provided value is of type '{kind}'. {}",
        usage(function)
    ))
}

pub(super) fn usage(function: &str) -> String {
    format!("Please see https://aka.ms/logicexpressions#{function} for usage details.")
}
