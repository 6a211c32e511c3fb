//! Variables, as definitions make them.

use serde::{Deserialize, Serialize};

use crate::Template;

/// What a variable holds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum VariableKind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// An object.
    Object,
    /// An array.
    Array,
}

/// A variable that is made.
#[derive(Debug)]
pub(crate) struct NewVariable {
    pub(crate) name: String,
    pub(crate) kind: VariableKind,
    pub(crate) value: Option<Template>,
}

impl VariableKind {
    /// The kind that a definition names, in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let kinds = [
            ("string", Self::String),
            ("integer", Self::Integer),
            ("float", Self::Float),
            ("boolean", Self::Boolean),
            ("object", Self::Object),
            ("array", Self::Array),
        ];
        kinds.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, kind)| *kind)
    }

    /// The name, as definitions write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::Integer => "Integer",
            Self::Float => "Float",
            Self::Boolean => "Boolean",
            Self::Object => "Object",
            Self::Array => "Array",
        }
    }
}
