//! What is taken of a value.

use super::{Fault, Span};
use crate::value::{Object, Value};

/// The part of `value` under `key`. `optional` forgives what is not there, but not a parent of a
/// kind that has no such parts.
pub(super) fn select(
    value: &Value,
    key: &Value,
    optional: bool,
    source: &str,
    span: &Span,
) -> Result<Value, Fault> {
    let refuse = |why: &str| {
        let expression = source.get(span.clone()).unwrap_or_default();
        Err(Fault::new(format!(
            "The template language expression '{expression}' cannot be evaluated because {why} \
             Please see https://aka.ms/logicexpressions for usage details."
        )))
    };
    let unselectable = |why: &str| {
        let key = key.to_text();
        refuse(&format!("property '{key}' cannot be selected.{why}"))
    };
    match (value, key) {
        (Value::Null, _) if optional => Ok(Value::Null),
        (Value::Null, _) => unselectable(""),
        (Value::Object(object), Value::String(name)) => match property(object, name, optional) {
            Some(found) => Ok(found),
            None if optional => Ok(Value::Null),
            None => {
                let names: Vec<_> = object.keys().take(50).map(AsRef::as_ref).collect();
                let names = names.join(", ");
                refuse(&format!(
                    "property '{name}' doesn't exist, available properties are '{names}'."
                ))
            }
        },
        (Value::Object(_), _) => unselectable(" Object properties can only be selected by name."),
        (Value::Array(array), Value::Integer(index)) => {
            match usize::try_from(*index).ok().and_then(|index| array.get(index)) {
                Some(item) => Ok(item.clone()),
                None if optional => Ok(Value::Null),
                None => {
                    let last = array.len().wrapping_sub(1).cast_signed();
                    refuse(&format!(
                        "array index '{index}' is outside bounds (0, {last}) of array."
                    ))
                }
            }
        }
        (Value::Array(_), _) => {
            unselectable(" Array elements can only be selected using an integer index.")
        }
        _ => {
            let kind = value.kind();
            unselectable(&format!(
                " Property selection is not supported on values of type '{kind}'."
            ))
        }
    }
}

/// The property of that name, or else what is at the end of the path that the name is.
fn property(object: &Object, name: &str, optional: bool) -> Option<Value> {
    if let Some(value) = object.find(name) {
        return Some(value.clone());
    }
    let (first, rest) = name.split_once('/')?;
    let mut value = object.find(first)?.clone();
    for part in rest.split('/') {
        value = match &value {
            Value::Object(object) => object.find(part)?.clone(),
            Value::Null if optional => return Some(Value::Null),
            _ => return None,
        };
    }
    Some(value)
}
