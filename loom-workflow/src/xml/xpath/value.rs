//! The kinds of values of paths, and how one becomes another (section 4 of the recommendation).

use super::XPathValue;
use crate::xml::Document;

impl XPathValue {
    pub(super) fn to_bool(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
            Self::Bool(value) => *value,
        }
    }

    pub(super) fn to_number(&self, document: &Document) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Nodes(_) | Self::Text(_) => number_of(&self.to_text(document)),
        }
    }

    pub(super) fn to_text(&self, document: &Document) -> String {
        match self {
            Self::Nodes(nodes) => {
                nodes.first().map(|node| document.string_value(*node)).unwrap_or_default()
            }
            Self::Number(number) => text_of(*number),
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
        }
    }
}

/// Not a number unless it is digits with at most one point and at most one minus before them.
pub(super) fn number_of(text: &str) -> f64 {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let sound = digits.bytes().all(|it| it.is_ascii_digit() || it == b'.')
        && digits.bytes().any(|it| it.is_ascii_digit());
    if sound { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn text_of(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Without an exponent, and without a sign for zero.
    if number == 0.0 { "0".to_owned() } else { number.to_string() }
}
