//! Functions of numbers.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::arguments::{Arguments, usage, wrong};
use super::logical::order;
use super::{Answer, Function, MANY};
use crate::expression::{Evaluation, Fault};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("add", (2, 2), add),
    Function::makes("sub", (2, 2), sub),
    Function::makes("mul", (2, 2), mul),
    Function::makes("div", (2, 2), div),
    Function::makes("mod", (2, 2), modulo),
    Function::makes("max", (1, MANY), max),
    Function::makes("min", (1, MANY), min),
    Function::makes("rand", (2, 2), rand),
    Function::makes("range", (2, 2), range),
];

const NUMBER: &str = "an integer, a float or a decimal number";

/// One operation on the three kinds of numbers.
struct Operation {
    function: &'static str,
    integers: fn(i64, i64) -> Option<i64>,
    floats: fn(f64, f64) -> f64,
    decimals: fn(Decimal, Decimal) -> Option<Decimal>,
    divides: bool,
}

impl Operation {
    fn of(&self, values: &[Value]) -> Answer {
        let function = self.function;
        let arguments = Arguments::of(function, values);
        for (at, value) in values.iter().enumerate() {
            let number = value.to_float().ok_or_else(|| arguments.wrong(at, NUMBER))?;
            if self.divides && at == 1 && number == 0.0 {
                return Err(Fault::new(format!(
                    "Attempt to divide an integral or decimal value by zero in function \
                     '{function}'."
                )));
            }
        }
        let result = match (&values[0], &values[1]) {
            (Value::Integer(left), Value::Integer(right)) => {
                (self.integers)(*left, *right).map(Value::Integer)
            }
            (Value::Float(_), _) | (_, Value::Float(_)) => {
                let [left, right] = [values[0].to_float(), values[1].to_float()];
                let float = (self.floats)(left.unwrap_or_default(), right.unwrap_or_default());
                Some(Value::Float(float))
            }
            (left, right) => (self.decimals)(exact(left), exact(right)).map(Value::Decimal),
        };
        result.ok_or_else(|| {
            Fault::new(format!(
                "The template language function '{function}' overflowed: the result does not fit \
                 into its type. {}",
                usage(function)
            ))
        })
    }
}

fn exact(value: &Value) -> Decimal {
    match value {
        Value::Integer(value) => Decimal::from(*value),
        Value::Decimal(value) => *value,
        other => other.to_float().and_then(Decimal::from_f64).unwrap_or_default(),
    }
}

fn add(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let operation = Operation {
        function: "add",
        integers: i64::checked_add,
        floats: |left, right| left + right,
        decimals: Decimal::checked_add,
        divides: false,
    };
    operation.of(values)
}

fn sub(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let operation = Operation {
        function: "sub",
        integers: i64::checked_sub,
        floats: |left, right| left - right,
        decimals: Decimal::checked_sub,
        divides: false,
    };
    operation.of(values)
}

fn mul(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let operation = Operation {
        function: "mul",
        integers: i64::checked_mul,
        floats: |left, right| left * right,
        decimals: Decimal::checked_mul,
        divides: false,
    };
    operation.of(values)
}

fn div(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let operation = Operation {
        function: "div",
        integers: i64::checked_div,
        floats: |left, right| left / right,
        decimals: quotient,
        divides: true,
    };
    operation.of(values)
}

/// With as many digits behind the point as the left has more than the right if it is exact with
/// those, as .NET has it, and else with those that it needs.
fn quotient(left: Decimal, right: Decimal) -> Option<Decimal> {
    let mut quotient = left.checked_div(right)?.normalize();
    let scale = left.scale().saturating_sub(right.scale());
    if quotient.scale() < scale {
        quotient.rescale(scale);
    }
    Some(quotient)
}

fn modulo(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let operation = Operation {
        function: "mod",
        // The one that overflows has the remainder zero.
        integers: |left, right| Some(left.wrapping_rem(right)),
        floats: |left, right| left % right,
        decimals: Decimal::checked_rem,
        divides: true,
    };
    operation.of(values)
}

fn max(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    extreme("max", evaluation, values, Ordering::Greater)
}

fn min(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    extreme("min", evaluation, values, Ordering::Less)
}

/// The first of the numbers, or of the numbers of the one array, to which no other is `better`.
fn extreme(
    function: &'static str,
    evaluation: &mut Evaluation<'_>,
    values: &[Value],
    better: Ordering,
) -> Answer {
    let numbers = match values {
        [Value::Array(array)] => &array[..],
        [_] => return Err(Arguments::of(function, values).wrong(0, "an array")),
        numbers => numbers,
    };
    evaluation.charge(numbers.len())?;
    let mut best: Option<&Value> = None;
    for number in numbers {
        if number.to_float().is_none() {
            return Err(wrong(function, MANY.into(), "a number", number.kind(), values.len()));
        }
        if best.is_none_or(|best| order(number, best) == Some(better)) {
            best = Some(number);
        }
    }
    let why = "The array must not be empty.";
    best.cloned().ok_or_else(|| Arguments::of(function, values).invalid(why))
}

/// The maximum is never the answer, unless it is the minimum too.
fn rand(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("rand", values);
    let (min, max) = (arguments.integer(0)?, arguments.integer(1)?);
    if min > max {
        return Err(arguments.invalid("The minimum must not be greater than the maximum."));
    }
    let above = evaluation.scope().random(max.abs_diff(min).max(1));
    Ok(Value::Integer(min.wrapping_add_unsigned(above)))
}

fn range(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("range", values);
    let (first, count) = (arguments.integer(0)?, arguments.integer(1)?);
    if !(0..=100_000).contains(&count) {
        return Err(arguments.invalid("The count must be between '0' and '100000'."));
    }
    let end = first.checked_add(count);
    let end = end.ok_or_else(|| arguments.invalid("The numbers do not fit into their type."))?;
    evaluation.charge(usize::try_from(count).unwrap_or(0))?;
    Ok((first..end).map(Value::Integer).collect())
}
