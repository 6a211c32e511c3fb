//! Functions that decide.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::arguments::{Arguments, usage, wrong};
use super::{Answer, Function, MANY};
use crate::expression::{Evaluation, Fault, Node};
use crate::value::{Value, fold};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::lazy("and", (1, MANY), and),
    Function::lazy("or", (1, MANY), or),
    Function::lazy("if", (3, 3), choose),
    Function::lazy("coalesce", (1, MANY), coalesce),
    Function::makes("not", (1, 1), not),
    Function::makes("equals", (2, MANY), equals),
    Function::makes("greater", (2, 2), greater),
    Function::makes("greaterOrEquals", (2, 2), greater_or_equals),
    Function::makes("less", (2, 2), less),
    Function::makes("lessOrEquals", (2, 2), less_or_equals),
];

fn and(evaluation: &mut Evaluation<'_>, arguments: &[Node]) -> Answer {
    first_that_is(false, evaluation, "and", arguments)
}

fn or(evaluation: &mut Evaluation<'_>, arguments: &[Node]) -> Answer {
    first_that_is(true, evaluation, "or", arguments)
}

/// `wanted` if an argument is, and nothing behind that one is evaluated.
fn first_that_is(
    wanted: bool,
    evaluation: &mut Evaluation<'_>,
    function: &'static str,
    arguments: &[Node],
) -> Answer {
    for argument in arguments {
        let value = evaluation.value(argument)?;
        let holds = value.as_bool().ok_or_else(|| {
            let kind = value.kind();
            Fault::new(format!(
                "The template language function '{function}' expects all of its parameters to be \
                 booleans. Found invalid parameter types: '{kind}'. {}",
                usage(function)
            ))
        })?;
        if holds == wanted {
            return Ok(wanted.into());
        }
    }
    Ok(Value::Bool(!wanted))
}

fn choose(evaluation: &mut Evaluation<'_>, arguments: &[Node]) -> Answer {
    let value = evaluation.value(&arguments[0])?;
    let holds = value.as_bool().ok_or_else(|| wrong("if", 0, "a boolean", value.kind(), 3))?;
    evaluation.value(&arguments[if holds { 1 } else { 2 }])
}

fn coalesce(evaluation: &mut Evaluation<'_>, arguments: &[Node]) -> Answer {
    for argument in arguments {
        let value = evaluation.value(argument)?;
        if !value.is_null() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn not(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(Value::Bool(!Arguments::of("not", values).boolean(0)?))
}

fn equals(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let bytes = values[0].written_bytes() / 64;
    evaluation.charge(usize::try_from(bytes).unwrap_or(usize::MAX))?;
    Ok(Value::Bool(values[1..].iter().all(|value| *value == values[0])))
}

fn greater(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    compare("greater", values, Ordering::is_gt)
}

fn greater_or_equals(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    compare("greaterOrEquals", values, Ordering::is_ge)
}

fn less(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    compare("less", values, Ordering::is_lt)
}

fn less_or_equals(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    compare("lessOrEquals", values, Ordering::is_le)
}

fn compare(function: &'static str, values: &[Value], holds: fn(Ordering) -> bool) -> Answer {
    let [left, right] = [&values[0], &values[1]];
    if let Some(order) = order(left, right) {
        return Ok(holds(order).into());
    }
    if left.to_float().is_some() && right.to_float().is_some() {
        // One is not a number.
        return Ok(false.into());
    }
    let (left_kind, right_kind) = (left.kind(), right.kind());
    let orderable = |value: &Value| value.as_str().is_some() || value.to_float().is_some();
    Err(Fault::new(if orderable(left) && orderable(right) {
        format!(
            "The template language function '{function}' expects two parameter of matching types. \
             The function was invoked with values of type '{left_kind}' and '{right_kind}' that do \
             not match."
        )
    } else {
        format!(
            "The template language function '{function}' expects all of its parameters to be \
             either integer or decimal numbers, or strings. Found invalid parameter types: \
             '{left_kind}' and '{right_kind}'."
        )
    }))
}

/// The order of two numbers by their value, or of two texts ignoring case. Nothing else has one.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => {
            Some(left.chars().map(fold).cmp(right.chars().map(fold)))
        }
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Decimal(left), Value::Decimal(right)) => Some(left.cmp(right)),
        (Value::Decimal(left), Value::Integer(right)) => Some(left.cmp(&Decimal::from(*right))),
        (Value::Integer(left), Value::Decimal(right)) => Some(Decimal::from(*left).cmp(right)),
        _ => left.to_float()?.partial_cmp(&right.to_float()?),
    }
}
