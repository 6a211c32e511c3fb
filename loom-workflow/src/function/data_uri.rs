//! Functions of `data:` URIs and of parts of URIs in percent encoding.

use super::arguments::{Arguments, usage};
use super::conversion::decoded;
use super::string::joined;
use super::{Answer, Function, MANY};
use crate::expression::{Evaluation, Fault};
use crate::value::{Envelope, Value, charset, to_base64};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::makes("dataUri", (1, 1), data_uri),
    Function::makes("dataUriToBinary", (1, 1), data_uri_to_binary),
    Function::makes("dataUriToString", (1, 1), data_uri_to_string),
    Function::makes("decodeDataUri", (1, 1), decode_data_uri),
    Function::makes("uriComponent", (1, MANY), uri_component),
    Function::makes("encodeUriComponent", (1, MANY), uri_component),
    Function::makes("uriComponentToString", (1, 1), uri_component_to_string),
    Function::makes("decodeUriComponent", (1, 1), decode_uri_component),
    Function::makes("uriComponentToBinary", (1, 1), uri_component_to_binary),
];

fn data_uri(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("dataUri", values);
    let value = arguments.value(0);
    evaluation.fits(value.written_bytes().saturating_mul(4) / 3)?;
    let content = match value {
        Value::Null => return Err(arguments.wrong(0, "not null")),
        Value::String(text) => Envelope::new("text/plain;charset=utf-8", text.as_bytes().to_vec()),
        value => Envelope::of(value).unwrap_or_else(|| {
            let text = value.to_text();
            Envelope::new("application/json;charset=utf-8", text.as_bytes().to_vec())
        }),
    };
    let text = to_base64(&content.bytes);
    Ok(format!("data:{};base64,{text}", content.media_type).into())
}

fn data_uri_to_binary(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    binary(&Arguments::of("dataUriToBinary", values))
}

fn decode_data_uri(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    binary(&Arguments::of("decodeDataUri", values))
}

/// Base64 is kept as it is written, also with blanks and percent encoding.
fn binary(arguments: &Arguments<'_>) -> Answer {
    let Content { media_type, base64, data } = content(arguments, is_binary)?;
    Ok(if base64 {
        Envelope::of_base64(media_type, data)
    } else {
        Envelope::new(media_type, percent_decoded(data, true)).into()
    })
}

fn data_uri_to_string(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let arguments = Arguments::of("dataUriToString", values);
    let Content { base64, data, .. } = content(&arguments, is_text)?;
    let bytes = if base64 { decoded(&arguments, data)? } else { percent_decoded(data, true) };
    Ok(String::from_utf8_lossy(&bytes).into())
}

/// Whether such a media type and such parameters are taken for bytes.
fn is_binary(parts: &[&str]) -> bool {
    let parameters = &parts[1..];
    parts[0].matches('/').count() == 1
        && parameters.iter().all(|it| !it.trim().is_empty() && it.matches('=').count() <= 1)
        && charset(parameters.iter().copied()).is_none_or(|charset| {
            let known = ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "utf-32"];
            known.contains(&charset.as_str()) || charset.starts_with("utf-16")
        })
}

/// Whether they are taken for text. A charset counts only when it is the first parameter.
fn is_text(parts: &[&str]) -> bool {
    !parts[0].is_empty()
        && charset(parts.get(1).copied()).is_none_or(|it| matches!(it.as_str(), "utf-8" | "utf8"))
}

/// What is in `data:[media type][;parameter]…[;base64],data`.
struct Content<'a> {
    media_type: String,
    base64: bool,
    data: &'a str,
}

fn content<'a>(
    arguments: &Arguments<'a>,
    is_sound: fn(&[&str]) -> bool,
) -> Result<Content<'a>, Fault> {
    let uri = arguments.string(0)?;
    let malformed = || {
        let function = arguments.function;
        Fault::new(format!(
            "The template language function '{function}' expects its parameter to be formatted as \
             a valid data URI. The provided value '{uri}' was not formatted correctly. {}",
            usage(function)
        ))
    };
    let scheme = uri.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let (head, data) = scheme.and_then(|_| uri[5..].split_once(',')).ok_or_else(malformed)?;
    let mut parts: Vec<_> = head.split(';').collect();
    let base64 = parts.last().is_some_and(|it| it.eq_ignore_ascii_case("base64"));
    if base64 {
        parts.pop();
    }
    if matches!(parts[..], [] | [""]) {
        parts = vec!["text/plain"];
    }
    if !is_sound(&parts) {
        return Err(malformed());
    }
    Ok(Content { media_type: parts.join(";"), base64, data })
}

/// The text as a part of an address, of RFC 3986: everything but letters, digits and `-_.~` is
/// written as `%XX`.
#[must_use]
pub fn encoded_uri_component(text: &str) -> String {
    percent_encoded(text, |byte| matches!(byte, b'-' | b'_' | b'.' | b'~'))
}

fn uri_component(evaluation: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = joined(evaluation, values)?.to_text();
    evaluation.fits(3 * text.len() as u64)?;
    Ok(encoded_uri_component(&text).into())
}

fn uri_component_to_string(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(percent_decoded_text(Arguments::of("uriComponentToString", values).string(0)?).into())
}

fn decode_uri_component(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    Ok(percent_decoded_text(Arguments::of("decodeUriComponent", values).string(0)?).into())
}

fn uri_component_to_binary(_: &mut Evaluation<'_>, values: &[Value]) -> Answer {
    let text = Arguments::of("uriComponentToBinary", values).string(0)?;
    Ok(Envelope::binary(percent_decoded(text, false)).into())
}

/// Letters, digits and what `stays` is kept; every other byte is written as `%XX`.
pub(super) fn percent_encoded(text: &str, stays: fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || stays(byte) {
            encoded.push(char::from(byte));
        } else {
            push_escaped(&[byte], &mut encoded);
        }
    }
    encoded
}

/// What is no text when it is decoded stays as it was.
fn percent_decoded_text(text: &str) -> String {
    let decoded = percent_decoded(text, false);
    let mut plain = String::with_capacity(decoded.len());
    for chunk in decoded.utf8_chunks() {
        plain.push_str(chunk.valid());
        push_escaped(chunk.invalid(), &mut plain);
    }
    plain
}

fn push_escaped(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        out.push('%');
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// A `%` that no two digits follow stays.
pub(crate) fn percent_decoded(text: &str, plus_is_blank: bool) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|it| it.iter().all(u8::is_ascii_hexdigit));
        let escaped = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, escaped) {
            (b'%', Some(escaped)) => {
                decoded.push(escaped);
                at += 2;
            }
            (b'+', _) if plus_is_blank => decoded.push(b' '),
            _ => decoded.push(byte),
        }
        at += 1;
    }
    decoded
}
