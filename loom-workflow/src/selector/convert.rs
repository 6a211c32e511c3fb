//! Values as `JMESPath` has them, and back.

use std::collections::BTreeMap;

use jmespath::{Rcvar, Variable};
use serde_json::{Number, Value as Json};

use super::Wants;
use crate::expression::{Evaluation, Fault};
use crate::value::Value;

/// The largest whole number that a float holds exactly.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// The parts of a value that are wanted. What is left out in an array is null, so that the others
/// keep their places.
pub(super) fn to_variable(value: &Value, wants: &Wants) -> Variable {
    match value {
        Value::Null => Variable::Null,
        Value::Bool(it) => Variable::Bool(*it),
        Value::String(text) => Variable::String(text.to_string()),
        Value::Array(items) if wants.all => {
            Variable::Array(items.iter().map(|it| Rcvar::new(to_variable(it, wants))).collect())
        }
        Value::Array(items) => {
            let count = wants.items.keys().next_back().map_or(0, |last| last + 1);
            let picked = items.iter().take(count).enumerate().map(|(index, item)| {
                let wants = wants.items.get(&index);
                Rcvar::new(wants.map_or(Variable::Null, |wants| to_variable(item, wants)))
            });
            Variable::Array(picked.collect())
        }
        Value::Object(object) if wants.all => {
            let members = object
                .iter()
                .map(|(name, it)| (name.to_string(), Rcvar::new(to_variable(it, wants))));
            Variable::Object(members.collect())
        }
        Value::Object(object) => {
            let members = wants.fields.iter().filter_map(|(name, wants)| {
                let value = object.get(name)?;
                Some((name.clone(), Rcvar::new(to_variable(value, wants))))
            });
            Variable::Object(members.collect::<BTreeMap<_, _>>())
        }
        Value::Integer(number) => Variable::Number(Number::from(*number)),
        Value::Float(_) | Value::Decimal(_) => {
            let number = value.to_float().and_then(Number::from_f64);
            number.map_or(Variable::Null, Variable::Number)
        }
    }
}

/// What was found. `JMESPath` shares what it repeats, so that every part is counted.
pub(crate) fn from_variable(
    evaluation: &mut Evaluation<'_>,
    variable: &Variable,
) -> Result<Value, Fault> {
    evaluation.charge(1)?;
    Ok(match variable {
        Variable::Null => Value::Null,
        Variable::Bool(it) => Value::Bool(*it),
        Variable::String(text) => {
            evaluation.charge(text.len() / 16)?;
            Value::from(text.as_str())
        }
        Variable::Number(number) => whole(number),
        Variable::Array(items) => {
            let items: Result<Vec<_>, _> =
                items.iter().map(|it| from_variable(evaluation, it)).collect();
            items?.into()
        }
        Variable::Object(members) => {
            let mut object = crate::Object::new();
            for (name, value) in members {
                object.insert(name.as_str(), from_variable(evaluation, value)?);
            }
            object.into()
        }
        Variable::Expref(_) => {
            return Err(Fault::new("The selector finds an expression and no value."));
        }
    })
}

/// `JMESPath` computes with floats: `sum` of whole numbers is a whole number all the same.
fn whole(number: &Number) -> Value {
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small")]
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < WHOLE_MAX => {
            Value::Integer(float as i64)
        }
        _ => Value::from(Json::Number(number.clone())),
    }
}
