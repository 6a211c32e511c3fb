//! Messages of several parts, after [RFC 2046](https://www.rfc-editor.org/rfc/rfc2046#section-5.1).

use super::Content;
use crate::value::{Object, Value};

const PARTS_MAX: usize = 1_000;

/// The parts between the boundaries: `{headers, body}` each.
pub(super) fn parts(bytes: &[u8], boundary: &str) -> Vec<Value> {
    let delimiter = [b"--", boundary.as_bytes()].concat();
    let mut parts = Vec::new();
    let mut rest = match find(bytes, &delimiter) {
        Some(first) if !boundary.is_empty() => &bytes[first + delimiter.len()..],
        _ => return parts,
    };
    let inner = [b"\r\n", delimiter.as_slice()].concat();
    while !rest.starts_with(b"--") && parts.len() < PARTS_MAX {
        let Some(begin) = find(rest, b"\r\n") else { break };
        let part = &rest[begin + 2..];
        let Some(end) = find(part, &inner) else { break };
        parts.push(part_of(&part[..end]));
        rest = &part[end + inner.len()..];
    }
    parts
}

fn part_of(bytes: &[u8]) -> Value {
    let (head, body) = match find(bytes, b"\r\n\r\n") {
        _ if bytes.starts_with(b"\r\n") => (&[][..], &bytes[2..]),
        Some(end) => (&bytes[..end], &bytes[end + 4..]),
        None => (bytes, &[][..]),
    };
    let mut headers = Object::new();
    for line in String::from_utf8_lossy(head).lines() {
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim(), value.trim().into());
        }
    }
    let media_type = headers.find("content-type").and_then(Value::as_str).unwrap_or("text/plain");
    let content = Content { media_type: Some(media_type.to_owned()), bytes: body.to_vec() };
    let mut part = Object::from([("headers", headers.into())]);
    if let Some(body) = content.to_value() {
        part.insert("body", body);
    }
    part.into()
}

/// The message that `{"$content-type": "multipart/…", "$multipart": […]}` describes.
pub(super) fn content(object: &Object) -> Option<Content> {
    let parts = object.get("$multipart")?.as_array()?;
    let media_type = object.get("$content-type")?.as_str()?;
    let bodies: Vec<_> =
        parts.iter().map(|part| (part, Content::of(&part.property("body")))).collect();
    let texts: Vec<_> = bodies.iter().map(|(_, body)| body.bytes.as_slice()).collect();
    let boundary = boundary(&texts);
    let mut bytes = Vec::new();
    for (part, body) in &bodies {
        bytes.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        let headers = part.property("headers").as_object().cloned().unwrap_or_default();
        if let (None, Some(media_type)) = (headers.find("content-type"), &body.media_type) {
            bytes.extend_from_slice(format!("Content-Type: {media_type}\r\n").as_bytes());
        }
        for (name, value) in headers.iter() {
            // A line break would begin another header.
            let line = format!("{name}: {}", value.to_text()).replace(['\r', '\n'], " ");
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let essence = super::essence(media_type);
    Some(Content { media_type: Some(format!("{essence}; boundary={boundary}")), bytes })
}

/// A boundary that is in none of the parts.
fn boundary(parts: &[&[u8]]) -> String {
    let mut boundaries = (0_u64..).map(|n| format!("loom-part-{n}"));
    let is_free =
        |boundary: &String| parts.iter().all(|part| find(part, boundary.as_bytes()).is_none());
    boundaries.find(is_free).expect("parts of finite length hold finitely many of them")
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
