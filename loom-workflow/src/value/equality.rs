//! Which values are equal, and which names are equal ignoring case.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Array, Object, Value};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Integer(left), Self::Integer(right)) => left == right,
            (Self::Array(left), Self::Array(right)) => Arc::ptr_eq(left, right) || left == right,
            (Self::Object(left), Self::Object(right)) => Arc::ptr_eq(left, right) || left == right,
            (Self::Decimal(left), Self::Decimal(right)) => left == right,
            (Self::Decimal(left), Self::Integer(right))
            | (Self::Integer(right), Self::Decimal(left)) => *left == Decimal::from(*right),
            _ => matches!((self.to_float(), other.to_float()), (Some(a), Some(b)) if a == b),
        }
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(name, value)| other.get(name).is_some_and(|it| it == value))
    }
}

impl Value {
    /// The number in double precision, if it is a number.
    pub(crate) fn to_float(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as the service compares them")]
            Self::Integer(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Decimal(value) => value.to_f64(),
            _ => None,
        }
    }

    /// Equal for equal values.
    fn digest(&self, hasher: &mut DefaultHasher) {
        match self {
            Self::Null => 0_u8.hash(hasher),
            Self::Bool(value) => (1_u8, value).hash(hasher),
            Self::String(text) => (2_u8, text).hash(hasher),
            Self::Array(array) => {
                (3_u8, array.len()).hash(hasher);
                array.iter().for_each(|item| item.digest(hasher));
            }
            // The order of properties does not matter.
            Self::Object(object) => {
                let of_one = |(name, value): (&Arc<str>, &Self)| {
                    let mut one = DefaultHasher::new();
                    name.hash(&mut one);
                    value.digest(&mut one);
                    one.finish()
                };
                let sum = object.iter().map(of_one).fold(0_u64, u64::wrapping_add);
                (4_u8, sum).hash(hasher);
            }
            Self::Integer(_) | Self::Float(_) | Self::Decimal(_) => {
                let float = self.to_float().unwrap_or(f64::NAN) + 0.0;
                (5_u8, float.to_bits()).hash(hasher);
            }
        }
    }
}

/// The values that were seen.
#[derive(Default)]
pub(crate) struct Seen<'a>(BTreeMap<u64, Vec<&'a Value>>);

impl<'a> Seen<'a> {
    /// Whether `value` was not there before. It is there now.
    pub(crate) fn add(&mut self, value: &'a Value) -> bool {
        let same = self.0.entry(digest(value)).or_default();
        let new = !same.contains(&value);
        if new {
            same.push(value);
        }
        new
    }

    pub(crate) fn has(&self, value: &Value) -> bool {
        self.0.get(&digest(value)).is_some_and(|same| same.contains(&value))
    }
}

impl<'a> FromIterator<&'a Value> for Seen<'a> {
    fn from_iter<I: IntoIterator<Item = &'a Value>>(values: I) -> Self {
        let mut seen = Self::default();
        for value in values {
            seen.add(value);
        }
        seen
    }
}

fn digest(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.digest(&mut hasher);
    hasher.finish()
}

/// Whether two names are equal, one character at a time, ignoring case.
pub(crate) fn same_ignoring_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// The character that stands for all cases of it. One character never becomes two, and the letters
/// of other alphabets which look like Latin ones in one case stay what they are.
pub(crate) fn fold(character: char) -> char {
    if matches!(character, 'ı' | 'ſ') {
        return character;
    }
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => character,
    }
}
