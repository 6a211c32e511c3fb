//! What a run is given when it starts.

use crate::{Object, Template, Value};

use super::Definition;

/// What a run may be given.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name; case is ignored.
    pub name: String,
    /// What it may be.
    pub kind: ParameterKind,
    /// What it is when it is not given.
    pub default: Option<Value>,
    /// The default, where that is an expression; then there is no other. The run evaluates it
    /// when it starts.
    pub formula: Option<Template>,
    /// What alone it may be, when there is something in it.
    pub allowed: Vec<Value>,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ParameterKind {
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Text.
    String,
    /// True or false.
    Bool,
    /// An array.
    Array,
    /// An object.
    Object,
    /// Text that is never shown.
    SecureString,
    /// An object that is never shown.
    SecureObject,
}

/// Why a run cannot start with the parameters it was given.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParameterProblem {
    /// It has no default and was not given.
    #[error("parameter '{0}' has no value and no default value")]
    Missing(String),
    /// It is of another kind.
    #[error("parameter '{name}' must be of type '{expected}', and is of type '{actual}'")]
    Kind {
        /// Its name.
        name: String,
        /// What it must be.
        expected: &'static str,
        /// What was given.
        actual: &'static str,
    },
    /// It is none of those that it may be.
    #[error("parameter '{name}' has a value that is none of its allowed values: {value}")]
    NotAllowed {
        /// Its name.
        name: String,
        /// What was given, as JSON; never of a secure one.
        value: String,
    },
}

impl ParameterKind {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Int, "Int"),
        (Self::Float, "Float"),
        (Self::String, "String"),
        (Self::Bool, "Bool"),
        (Self::Array, "Array"),
        (Self::Object, "Object"),
        (Self::SecureString, "SecureString"),
        (Self::SecureObject, "SecureObject"),
    ];

    pub(crate) const NAMES: [&'static str; 8] =
        ["Int", "Float", "String", "Bool", "Array", "Object", "SecureString", "SecureObject"];

    /// The kind that a definition names, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(it, _)| *it)
    }

    /// As definitions write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(it, _)| *it == self).map_or("Object", |(_, name)| name)
    }

    /// Whether its values are never shown.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::SecureString | Self::SecureObject)
    }

    /// Whether `value` may be one.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::Int => matches!(value, Value::Integer(_)),
            Self::Float => matches!(value, Value::Integer(_) | Value::Float(_) | Value::Decimal(_)),
            Self::String | Self::SecureString => matches!(value, Value::String(_)),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Array => matches!(value, Value::Array(_)),
            // The service takes any JSON token for an object.
            Self::Object | Self::SecureObject => {
                matches!(value, Value::Object(_) | Value::Null | Value::Array(_))
            }
        }
    }
}

impl Definition {
    /// The values with which a run starts: those that were given, and defaults for the others,
    /// except for defaults that are expressions.
    /// One that the definition does not name is kept too: the workflows of one Standard
    /// application share their parameters.
    ///
    /// # Errors
    ///
    /// Names everything that is missing, of the wrong kind, or not allowed.
    pub fn start_values(&self, given: &Value) -> Result<Value, Vec<ParameterProblem>> {
        let mut problems = Vec::new();
        let mut values = Object::new();
        let none = Object::new();
        let given = given.as_object().unwrap_or(&none);
        for (name, value) in given.iter() {
            if self.parameter(name).is_none() {
                values.insert(name.as_ref(), value.clone());
            }
        }
        for parameter in &self.parameters {
            match given.find(&parameter.name).or(parameter.default.as_ref()) {
                Some(value) => {
                    problems.extend(parameter.refuses(value));
                    values.insert(parameter.name.as_str(), value.clone());
                }
                None if parameter.formula.is_some() => {}
                None => problems.push(ParameterProblem::Missing(parameter.name.clone())),
            }
        }
        if problems.is_empty() { Ok(values.into()) } else { Err(problems) }
    }
}

impl Parameter {
    /// Why it cannot have this value.
    pub(crate) fn refuses(&self, value: &Value) -> Option<ParameterProblem> {
        let name = self.name.clone();
        if !self.kind.takes(value) {
            let (expected, actual) = (self.kind.name(), value.kind());
            return Some(ParameterProblem::Kind { name, expected, actual });
        }
        if self.allowed.is_empty() || self.allowed.contains(value) {
            return None;
        }
        let shown =
            if self.kind.is_secure() { "*sanitized*".to_owned() } else { value.to_json_text() };
        Some(ParameterProblem::NotAllowed { name, value: shown })
    }
}
