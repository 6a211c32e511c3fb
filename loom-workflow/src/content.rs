//! Bodies of messages as values, and values as bodies.

mod multipart;

use crate::function::percent_decoded;
use crate::value::{Envelope, Object, Value};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// The bytes of a body, and what they are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    /// The media type, if there is one to tell.
    pub media_type: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Content {
    /// The body as the language has it: JSON parsed, text as a string, everything else as bytes
    /// in an object `{$content-type, $content}`, to which forms add their fields and multipart
    /// messages their parts. Nothing for an empty body of no type.
    ///
    /// What says that it is JSON and is not is taken for text.
    #[must_use]
    pub fn to_value(&self) -> Option<Value> {
        let Some(media_type) = self.media_type.as_deref().filter(|it| !it.trim().is_empty()) else {
            let is_empty = self.bytes.is_empty();
            return (!is_empty).then(|| Envelope::binary(self.bytes.clone()).into());
        };
        let essence = essence(media_type);
        let envelope = || Envelope::new(media_type, self.bytes.clone());
        Some(match essence.as_str() {
            json if json == "application/json" || json.ends_with("+json") => {
                if self.bytes.is_empty() {
                    return None;
                }
                let text = envelope().text();
                Value::from_json_text(&text).unwrap_or_else(|_| text.into())
            }
            "application/x-www-form-urlencoded" => with(envelope(), "$formdata", self.fields()),
            multipart if multipart.starts_with("multipart/") => {
                let parts = parameter(media_type, "boundary")
                    .map(|boundary| multipart::parts(&self.bytes, &boundary))
                    .unwrap_or_default();
                with(envelope(), "$multipart", parts)
            }
            "text/xml" => envelope().into(),
            text if text.starts_with("text/") => envelope().text().into(),
            _ => envelope().into(),
        })
    }

    /// The body that a value is sent as: arrays and objects as JSON, strings as they are, an object
    /// `{$content-type, $content}` as its bytes, and one with `$multipart` as its parts.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let typed = |media_type: &str, bytes: Vec<u8>| Self {
            media_type: Some(media_type.to_owned()),
            bytes,
        };
        match value {
            Value::Null => Self { media_type: None, bytes: Vec::new() },
            Value::Object(object) => match Envelope::open(object) {
                Some(envelope) => typed(&envelope.media_type, envelope.bytes),
                None => multipart::content(object)
                    .unwrap_or_else(|| typed(JSON, value.to_json_text().into_bytes())),
            },
            Value::Array(_) => typed(JSON, value.to_json_text().into_bytes()),
            scalar => typed(TEXT, scalar.to_text().as_bytes().to_vec()),
        }
    }

    /// The fields of a form, in which `+` is a blank.
    fn fields(&self) -> Vec<Value> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        form(&text)
            .into_iter()
            .map(|(key, value)| Object::from([("key", key.into()), ("value", value.into())]).into())
            .collect()
    }
}

/// The names and values of a query or of a form, in which `+` is a blank.
#[must_use]
pub fn form(text: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| String::from_utf8_lossy(&percent_decoded(part, true)).into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn with(envelope: Envelope, name: &str, list: Vec<Value>) -> Value {
    let value = Value::from(envelope);
    let mut object = value.as_object().cloned().unwrap_or_default();
    object.insert(name, list.into());
    object.into()
}

/// A media type without its parameters, in lower case.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A parameter of a media type.
fn parameter(media_type: &str, name: &str) -> Option<String> {
    let mut parameters = media_type.split(';').skip(1);
    parameters.find_map(|it| {
        let (key, value) = it.split_once('=')?;
        let is_it = key.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests;
