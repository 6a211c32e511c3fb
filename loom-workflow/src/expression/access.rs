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
        (Value::Object(object), Value::String(name)) => {
            if let Some(found) = object.find(name) {
                return Ok(found.clone());
            }
            if let Some((first, path)) = path_of(object, name) {
                let mut steps = path.split('/').map(Value::from);
                return steps.try_fold(first.clone(), |parent, step| {
                    select(&parent, &step, optional, source, span)
                });
            }
            if optional {
                return Ok(Value::Null);
            }
            let names: Vec<_> = object.keys().take(50).map(AsRef::as_ref).collect();
            let names = names.join(", ");
            refuse(&format!("property '{name}' doesn't exist, available properties are '{names}'."))
        }
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

/// Where the name of no property is a path: the property with which it begins, and the rest.
fn path_of<'a>(object: &'a Object, name: &'a str) -> Option<(&'a Value, &'a str)> {
    let (first, rest) = name.split_once('/')?;
    Some((object.find(first)?, rest))
}
