//! JSON schemas, as far as the service knows them: draft 4 without patterns.

mod check;
mod format;

use crate::{Object, Value};

/// What a value must be. An empty schema takes everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema(Option<Value>);

/// A part of a schema that the service refuses to look at.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the schema contains '{keyword}' at '{pointer}'")]
pub struct Unsupported {
    /// `pattern` or `patternProperties`.
    pub keyword: &'static str,
    /// Where, as a JSON pointer with `#`.
    pub pointer: String,
}

/// One thing that a value is not.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message} Path '{path}'.")]
pub struct SchemaError {
    /// What is wrong, in the words of the service.
    pub message: String,
    /// Where in the value: `rows[1].name`.
    pub path: String,
    /// What stands there, where it is a scalar.
    pub value: Option<Value>,
    /// Where in the schema: `#/properties/rows`.
    pub schema_id: String,
    /// The keyword that does not hold.
    pub error_type: &'static str,
    /// Why none of several schemas holds.
    pub children: Vec<SchemaError>,
}

impl Schema {
    pub(crate) fn new(schema: &Value) -> Self {
        let is_empty = schema.as_object().is_none_or(Object::is_empty);
        Self((!is_empty).then(|| schema.clone()))
    }

    /// Whether everything is taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The schema, if it says anything.
    pub(crate) fn written(&self) -> Option<&Value> {
        self.0.as_ref()
    }

    /// The first keyword that the service refuses.
    #[must_use]
    pub fn unsupported(&self) -> Option<Unsupported> {
        self.0.as_ref().and_then(|schema| unsupported(schema, "#"))
    }

    /// All that the value is not. At most a hundred errors are listed.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<SchemaError> {
        match &self.0 {
            Some(schema) => check::check(schema, value),
            None => Vec::new(),
        }
    }
}

impl SchemaError {
    /// The error as the service puts it out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut object = Object::new();
        object.insert("message", self.message.as_str().into());
        object.insert("lineNumber", Value::Integer(0));
        object.insert("linePosition", Value::Integer(0));
        object.insert("path", self.path.as_str().into());
        if let Some(value) = &self.value {
            object.insert("value", value.clone());
        }
        object.insert("schemaId", self.schema_id.as_str().into());
        object.insert("errorType", self.error_type.into());
        object.insert("childErrors", self.children.iter().map(Self::to_value).collect());
        object.into()
    }
}

/// Looks through the schemas in a schema; what stands under `properties` are names.
fn unsupported(schema: &Value, pointer: &str) -> Option<Unsupported> {
    let object = schema.as_object()?;
    for keyword in ["pattern", "patternProperties"] {
        if object.get(keyword).is_some() {
            return Some(Unsupported { keyword, pointer: format!("{pointer}/{keyword}") });
        }
    }
    for (name, value) in object.iter() {
        let pointer = format!("{pointer}/{name}");
        let found = match name.as_ref() {
            "properties" | "definitions" | "dependencies" => {
                value.as_object().and_then(|members| {
                    members
                        .iter()
                        .find_map(|(name, it)| unsupported(it, &format!("{pointer}/{name}")))
                })
            }
            "items" | "additionalItems" | "additionalProperties" | "not" => {
                unsupported(value, &pointer).or_else(|| unsupported_in(value, &pointer))
            }
            "allOf" | "anyOf" | "oneOf" => unsupported_in(value, &pointer),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn unsupported_in(schemas: &Value, pointer: &str) -> Option<Unsupported> {
    let mut schemas = schemas.as_array()?.iter().enumerate();
    schemas.find_map(|(at, schema)| unsupported(schema, &format!("{pointer}/{at}")))
}

#[cfg(test)]
mod tests;
