//! What a deployment fills in before the service reads a definition: `[parameters('x')]`,
//! `[concat('/', variables('y'))]`.

use super::{Kind, Node};
use crate::Value;

/// Places that programs fill in which release what others have written.
const PLACES: [(&str, &str); 4] = [("${", "}"), ("#{", "}"), ("{{", "}}"), ("$(", ")")];

/// Whether the text is an expression of a deployment template, or a place that is filled in when
/// it is released. `[[` is how such a template writes `[`, and in a template within a template an
/// expression of the inner one.
pub(crate) fn is_filled_in(text: &str) -> bool {
    let mut places = PLACES.iter();
    text.starts_with('[') && text.ends_with(']')
        || places.any(|(begin, end)| {
            text.starts_with(begin) && text.trim_end_matches('#').ends_with(end)
        })
}

/// Whether a number, a duration or a name is known only later: when it is deployed, or when the
/// run is there.
pub(crate) fn is_known_later(text: &str) -> bool {
    let has_place = |(begin, end): &(&str, &str)| {
        text.split_once(begin).is_some_and(|(_, rest)| rest.contains(end))
    };
    text.contains('@') || is_filled_in(text) || PLACES.iter().any(has_place)
}

/// Whether the text calls a function of a deployment template. Its `@{` belongs to what that
/// function makes, and cannot be read before.
pub(crate) fn is_call(text: &str) -> bool {
    let Some(inner) = text.trim_start_matches('[').split_once('(') else { return false };
    let is_name = !inner.0.is_empty() && inner.0.chars().all(|c| c.is_ascii_alphanumeric());
    is_name && text.starts_with('[') && is_filled_in(text)
}

/// Whether a deployment fills in something in here.
pub(crate) fn has_filled_in(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(_) => node.as_str().is_some_and(is_filled_in),
        Kind::Array(items) => items.iter().any(has_filled_in),
        Kind::Object(members) => members.iter().any(|it| has_filled_in(&it.value)),
    }
}

/// The value in which calls of a deployment template are texts, whatever `@{` is in them.
pub(crate) fn with_calls_as_texts(value: &Value) -> Value {
    match value {
        Value::String(text) if is_call(text) => text.replace("@{", "@@{").into(),
        Value::Array(items) => items.iter().map(with_calls_as_texts).collect(),
        Value::Object(object) => {
            let mut copy = crate::Object::new();
            for (name, value) in object.iter() {
                copy.insert(name.as_ref(), with_calls_as_texts(value));
            }
            copy.into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
