//! The values of the language.

mod array;
mod envelope;
mod equality;
mod extent;
mod json;
mod number;
mod object;
mod serial;

#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;

pub use self::array::Array;
pub(crate) use self::envelope::{Envelope, charset, from_base64, to_base64};
pub(crate) use self::equality::{Seen, fold, same_ignoring_case};
pub(crate) use self::extent::Extent;
pub use self::json::JsonTextError;
pub(crate) use self::json::string_at as json_string;
pub(crate) use self::number::{decimal_digits, float_text};
pub use self::object::Object;
pub(crate) use self::text::write_json;

/// How deep arrays and objects may be nested in what an expression makes. Below what the readers
/// of JSON take, so that everything that was stored can be read again.
pub const DEPTH_MAX: u32 = 100;

/// A value of an expression. A clone shares its text, its elements and its properties.
///
/// Two values are equal as `equals` says: numbers by their value, whatever their kind; text by its
/// characters; arrays by their elements; objects by their properties in any order.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number of 64 bits.
    Integer(i64),
    /// A number of double precision. Not a number and the infinities are among them.
    Float(f64),
    /// An exact number of at most 28 digits, which keeps its scale.
    Decimal(Decimal),
    /// Text.
    String(Arc<str>),
    /// Values in an order.
    Array(Arc<Array>),
    /// Properties in the order in which they were added.
    Object(Arc<Object>),
}

impl Value {
    /// Text.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// The name of its kind, as messages of the service have it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Bool(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Float(_) | Self::Decimal(_) => "Float",
            Self::String(_) => "String",
            Self::Array(_) => "Array",
            Self::Object(_) => "Object",
        }
    }

    /// How deep arrays and objects are nested in it, or were nested in it before some were taken
    /// out: never too small. 0 for anything else.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.extent().depth
    }

    /// About how many bytes it takes when it is written down. What is shared counts each time.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.extent().bytes
    }

    pub(crate) fn extent(&self) -> Extent {
        match self {
            Self::Null => Extent::leaf(4),
            Self::Bool(_) => Extent::leaf(5),
            Self::Integer(_) | Self::Float(_) | Self::Decimal(_) => Extent::leaf(12),
            Self::String(text) => Extent::leaf(text.len() as u64 + 2),
            Self::Array(array) => array.extent(),
            Self::Object(object) => object.extent(),
        }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The object, if it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// A property of an object: the exact name first, else the first that is equal ignoring case.
    /// Null if there is none, or if it is no object.
    #[must_use]
    pub fn property(&self, name: &str) -> Self {
        let found = self.as_object().and_then(|object| object.find(name));
        found.cloned().unwrap_or_default()
    }

    /// The form in which it is part of a longer text.
    ///
    /// Nothing is empty, booleans are `True` and `False`, arrays and objects are compact JSON, and
    /// content in an envelope is what it says.
    #[must_use]
    pub fn to_text(&self) -> Arc<str> {
        if let Self::String(text) = self {
            return Arc::clone(text);
        }
        let mut text = String::new();
        self.write_text(&mut text);
        text.into()
    }

    /// Compact JSON as the service writes it: floats keep a decimal point, decimals their scale.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        let mut text = String::new();
        write_json(self, &mut text);
        text
    }

    /// Reads JSON text as the service does, which also takes comments, single quotes and commas at
    /// the end.
    ///
    /// # Errors
    ///
    /// If it is not JSON even so, or is nested deeper than [`DEPTH_MAX`].
    pub fn from_json_text(text: &str) -> Result<Self, JsonTextError> {
        json::read(text)
    }

    /// Reads the first JSON value of a text as a `ParseJson` of the service does, which does not
    /// look at what comes after it, and takes the end of the text for the ends of what is open.
    ///
    /// # Errors
    ///
    /// If it is not JSON even so, or is nested deeper than [`DEPTH_MAX`].
    pub(crate) fn first_from_json_text(text: &str) -> Result<Self, JsonTextError> {
        json::read_first(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Cow<'_, str>> for Value {
    fn from(text: Cow<'_, str>) -> Self {
        Self::String(text.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(text: Arc<str>) -> Self {
        Self::String(text)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(Arc::new(array))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Array::from(items).into()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(Arc::new(object))
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        items.into_iter().collect::<Array>().into()
    }
}
