use super::{Content, form};
use crate::value::Value;

fn json(text: &str) -> Value {
    Value::from_json_text(text).unwrap()
}

#[test]
fn bodies_are_values_by_their_types() {
    let rows: &[(Option<&str>, &[u8], Option<&str>)] = &[
        (None, b"", None),
        (Some(""), b"", None),
        (Some("application/json"), b"", None),
        (Some("application/json"), b"{\"a\":1}", Some(r#"{"a":1}"#)),
        (Some("application/problem+json; charset=utf-8"), b"[1]", Some("[1]")),
        (Some("application/json"), b"no json", Some(r#""no json""#)),
        (Some("text/plain"), b"1", Some(r#""1""#)),
        (Some("TEXT/csv; charset=iso-8859-1"), b"\xe4", Some("\"ä\"")),
        (Some("text/html"), b"", Some(r#""""#)),
        (
            Some("application/xml"),
            b"<a/>",
            Some(r#"{"$content-type":"application/xml","$content":"PGEvPg=="}"#),
        ),
        (None, b"a", Some(r#"{"$content-type":"application/octet-stream","$content":"YQ=="}"#)),
        (
            Some("application/x-www-form-urlencoded"),
            b"a=b+c&d=%2B&e",
            Some(
                r#"{"$content-type":"application/x-www-form-urlencoded","$content":"YT1iK2MmZD0lMkImZQ==",
                "$formdata":[{"key":"a","value":"b c"},{"key":"d","value":"+"},{"key":"e","value":""}]}"#,
            ),
        ),
    ];
    for (media_type, bytes, expected) in rows {
        let content = Content { media_type: media_type.map(str::to_owned), bytes: bytes.to_vec() };
        assert_eq!(content.to_value(), expected.map(json), "{content:?}");
    }
}

#[test]
fn values_are_bodies_by_their_kinds() {
    let rows: &[(&str, Option<&str>, &str)] = &[
        ("null", None, ""),
        (r#"{"a": 1.0}"#, Some("application/json; charset=utf-8"), r#"{"a":1.0}"#),
        ("[1]", Some("application/json; charset=utf-8"), "[1]"),
        (r#""ä""#, Some("text/plain; charset=utf-8"), "ä"),
        ("true", Some("text/plain; charset=utf-8"), "True"),
        (r#"{"$content-type":"image/png","$content":"YQ=="}"#, Some("image/png"), "a"),
    ];
    for (value, media_type, body) in rows {
        let content = Content::of(&json(value));
        assert_eq!(content.media_type.as_deref(), *media_type, "{value}");
        assert_eq!(content.bytes, body.as_bytes(), "{value}");
    }
}

#[test]
fn messages_of_several_parts_are_read_as_they_are_written() {
    let message = json(
        r#"{"$content-type":"multipart/form-data","$multipart":[
            {"headers":{"Content-Disposition":"form-data; name=a"},"body":{"b":"loom-part-0"}},
            {"headers":{"Content-Type":"text/plain"},"body":"two\r\nlines"}]}"#,
    );
    let content = Content::of(&message);
    assert_eq!(content.media_type.as_deref(), Some("multipart/form-data; boundary=loom-part-1"));
    let value = content.to_value().unwrap();
    let bodies: Vec<_> = value
        .property("$multipart")
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.property("body").to_json_text())
        .collect();
    assert_eq!(bodies, [r#"{"b":"loom-part-0"}"#, r#""two\r\nlines""#]);
}

#[test]
fn broken_messages_of_several_parts_have_the_parts_that_are_whole() {
    for (bytes, parts) in [
        (&b""[..], 0),
        (b"--x", 0),
        (b"--x\r\n", 0),
        (b"--x\r\n\r\na\r\n--x--", 1),
        (b"--x\r\n\r\na\r\n--x\r\nA: b", 1),
        (b"preamble\r\n--x\r\nA: b\r\n\r\n\r\n--x--\r\n", 1),
    ] {
        let content = Content {
            media_type: Some("multipart/mixed; boundary=\"x\"".to_owned()),
            bytes: bytes.to_vec(),
        };
        let value = content.to_value().unwrap();
        assert_eq!(value.property("$multipart").as_array().unwrap().len(), parts, "{bytes:?}");
    }
}

#[test]
fn queries_are_names_and_values() {
    let pairs = form("a=1&&b=x%20y&a=2&c");
    let expected = [("a", "1"), ("b", "x y"), ("a", "2"), ("c", "")];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
