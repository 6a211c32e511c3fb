//! Values as they are stored, and as `serde_json` has them.
//!
//! What is stored must come back as it was. JSON and `MessagePack` have no decimals, and JSON no
//! float that is not finite, so these are written as an object of one property, `{"$decimal":
//! "5.00"}` or `{"$float": "NaN"}`. An object of a workflow which looks like that gets one more `$`
//! in front of its name.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Array, Object, Value, float_text};

const DECIMAL: &str = "$decimal";
const FLOAT: &str = "$float";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Float(value) => tagged(serializer, FLOAT, &float_text(*value)),
            Self::Decimal(value) => tagged(serializer, DECIMAL, &value.to_string()),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(array) => serializer.collect_seq(array.iter()),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.len() == 1
            && let Some((name, value)) = self.iter().next()
            && is_tag(name.trim_start_matches('$'), name)
        {
            return tagged(serializer, &format!("${name}"), value);
        }
        serializer.collect_map(self.iter())
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

fn is_tag(word: &str, name: &str) -> bool {
    name.starts_with('$') && matches!(word, "decimal" | "float")
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reads)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(object) => Ok(Arc::unwrap_or_clone(object)),
            other => Err(Error::custom(format_args!("an object, not {}", other.kind()))),
        }
    }
}

struct Reads;

impl<'de> Visitor<'de> for Reads {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of the Workflow Definition Language")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "no integer of the language is that large")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Integer))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Array::default();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut properties: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some((name, value)) = properties.next_entry::<String, Value>()? {
            object.insert(name, value);
        }
        if object.len() != 1 {
            return Ok(object.into());
        }
        let (name, value) = object.iter().next().expect("it has one property");
        if !is_tag(name.trim_start_matches('$'), name) {
            return Ok(object.into());
        }
        let unreadable = || Error::custom(format_args!("the value under {name} is none"));
        match (&**name, value.as_str()) {
            (DECIMAL, Some(text)) => {
                text.parse::<Decimal>().map(Value::Decimal).map_err(|_| unreadable())
            }
            (FLOAT, Some("NaN")) => Ok(Value::Float(f64::NAN)),
            (FLOAT, Some("Infinity")) => Ok(Value::Float(f64::INFINITY)),
            (FLOAT, Some("-Infinity")) => Ok(Value::Float(f64::NEG_INFINITY)),
            // Written by hand, and not by us.
            (DECIMAL | FLOAT, _) => Ok(object.into()),
            _ => Ok(Object::from([(&name[1..], value.clone())]).into()),
        }
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => number.as_f64().map_or(Self::Null, Self::Float),
            },
            serde_json::Value::String(text) => Self::text(text.as_str()),
            serde_json::Value::Array(items) => items.iter().map(Self::from).collect(),
            serde_json::Value::Object(properties) => {
                let named = properties.iter().map(|(name, value)| (&**name, Self::from(value)));
                named.collect::<Object>().into()
            }
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Self::from(&json)
    }
}

/// For people and other programs: a decimal becomes a number, which may lose digits, and a number
/// that JSON does not have becomes text.
impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Integer(value) => Self::from(*value),
            Value::Float(_) | Value::Decimal(_) => {
                let float = value.to_float().unwrap_or(f64::NAN);
                serde_json::Number::from_f64(float)
                    .map_or_else(|| Self::String(float_text(float)), Self::Number)
            }
            Value::String(text) => Self::String(text.to_string()),
            Value::Array(items) => items.iter().map(Self::from).collect(),
            Value::Object(object) => {
                object.iter().map(|(name, value)| (name.to_string(), Self::from(value))).collect()
            }
        }
    }
}
