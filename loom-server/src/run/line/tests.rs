use super::Line;

#[test]
fn a_line_is_a_message() {
    let line =
        br#" {"key":"tx-1", "args": {"a": 1e400 }, "method":"deposit","to":"wallet/\u0061b/c"} "#;
    let line = Line::parse(7, line).unwrap();
    assert_eq!(line.number, 7);
    assert_eq!(line.to.as_str(), "wallet/ab/c");
    assert_eq!(line.method.as_str(), "deposit");
    assert_eq!(format!("{:?}", line.args), r#"{"a": 1e400 }"#);
    assert_eq!(line.key.unwrap().as_str(), "tx-1");
}

#[test]
fn arguments_and_key_may_be_missing() {
    for line in [
        r#"{"to":"tally/a","method":"add"}"#,
        r#"{"to":"tally/a","method":"add","args":null,"key":null}"#,
    ] {
        let line = Line::parse(1, line.as_bytes()).unwrap();
        assert_eq!((format!("{:?}", line.args), line.key), ("null".into(), None));
    }
}

#[test]
fn what_is_wrong_is_said_in_its_place() {
    let long = format!(r#"{{"to":"tally/{}","method":"add"}}"#, "k".repeat(10_000));
    let rows: [(&[u8], &str); 14] = [
        (br#"{"to":"tally/a","method":"add","args":1"#, "3:39: EOF while parsing an object"),
        (br#"{"to":"tally/a","meth"#, "3:21: EOF while parsing a string"),
        (br"", "3:1: EOF while parsing a value"),
        (br#"{"to":"tally/a"}"#, "3:16: missing field `method`"),
        (br#"{"to":"tally/a","method":"add","arg":1}"#, "3:36: unknown field `arg`"),
        (br#"{"to":"tally/a","to":"tally/b","method":"add"}"#, "3:20: duplicate field `to`"),
        (br#" ["tally/a","add"]"#, "3:2: a message is a JSON object"),
        (br#"{"to":7,"method":"add"}"#, "3:7: invalid type: integer `7`, expected a string"),
        (br#"{"to":"Tally/a","method":"add"}"#, "3:7: kind contains 'T' at byte 0"),
        (br#"{"to":"tally","method":"add"}"#, "3:7: actor id \"tally\" has no '/'"),
        (br#"{"to":"tally/a\u0007","method":"add"}"#, "3:7: key contains '\\u{7}' at byte 1"),
        (br#"{"to":"tally/a","method":"add","key":""}"#, "3:38: idempotency key is empty"),
        (b"{\"to\":\"tally/\xff\",\"method\":\"add\"}", "3:14: invalid unicode code point"),
        (long.as_bytes(), "3:7: key is 10000 bytes, more than 256"),
    ];
    for (line, expected) in rows {
        let bad = Line::parse(3, line).unwrap_err().to_string();
        let shown = String::from_utf8_lossy(&line[..line.len().min(80)]);
        assert!(bad.starts_with(expected), "{shown}\n  got      {bad}\n  expected {expected}");
    }
}
