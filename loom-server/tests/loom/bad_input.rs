//! What is wrong is said, with its place, and nothing is lost.

use serde_json::json;

use crate::command::Place;

const GOOD: &str = r#"{"to":"tally/a","method":"add","args":1}"#;

#[test]
fn a_line_that_is_no_message_ends_the_run_after_the_lines_before_it() {
    let long_key = "k".repeat(10_000);
    let rows = [
        (r#"{"to":"tally/a","method":"add","args":1"#.to_owned(), ":2:39: EOF while parsing"),
        (r#"{"to":"tally/a","method":"add","arg":1}"#.to_owned(), "unknown field `arg`"),
        (r#"{"to":"Tally/a","method":"add"}"#.to_owned(), ":2:7: kind contains 'T'"),
        (r#"{"to":"tally/a\u0000","method":"add"}"#.to_owned(), ":2:7: key contains '\\0'"),
        (format!(r#"{{"to":"tally/{long_key}","method":"add"}}"#), "key is 10000 bytes"),
        (format!(r#"{{"to":"tally/a","method":"add","key":"{long_key}"}}"#), "idempotency key is"),
        (r#"{"to":"tally","method":"add"}"#.to_owned(), "has no '/'"),
        (r#"{"to":"tally/a","method":"Add"}"#.to_owned(), "method contains 'A'"),
        ("not JSON".to_owned(), ":2:2: expected ident"),
    ];
    for (bad, said) in rows {
        let place = Place::new();
        let file = place.file("in.jsonl", format!("{GOOD}\n{bad}\n{GOOD}\n"));
        let ended = place.run(["run", "--json", &file]);
        ended.failed(65, said);
        assert!(ended.err.contains("in.jsonl:2:"), "{ended:?}");
        assert_eq!(ended.json()["handled"], json!(1), "{bad}");

        let ended = place.run(["run", "--json", "--keep-going", &file]);
        ended.failed(65, said);
        let counts = ["handled", "duplicate", "malformed"].map(|name| ended.json()[name].clone());
        assert_eq!(counts, [json!(1), json!(1), json!(1)], "{bad}");
    }
}

#[test]
fn a_message_that_cannot_be_carried_out_is_said_and_the_others_are_handled() {
    let rows = [
        (r#"{"to":"nokind/a","method":"add"}"#, "no code for kind \"nokind\""),
        (r#"{"to":"tally/a","method":"sub"}"#, "\"tally\" has no method \"sub\"; it has add"),
        (r#"{"to":"tally/a","method":"add","args":"x"}"#, "arguments of \"add\" do not fit"),
        (r#"{"to":"tally/a","method":"add"}"#, "arguments of \"add\" do not fit"),
        (r#"{"to":"tally/a","method":"add","args":1.5}"#, "arguments of \"add\" do not fit"),
        (r#"{"to":"tally/a","method":"add","args":1e99}"#, "arguments of \"add\" do not fit"),
    ];
    for (bad, said) in rows {
        let place = Place::new();
        let file = place.file("in.jsonl", format!("{GOOD}\n{bad}\n{GOOD}\n"));
        let ended = place.run(["run", "--json", &file]);
        ended.failed(1, said);
        assert_eq!(ended.json()["failed"], json!(1), "{bad}");
        assert_eq!(place.states("tally")["tally/a"], json!({"count": 2, "sum": 2}), "{bad}");
    }
}

#[test]
fn a_key_that_is_used_for_two_messages_is_said() {
    let place = Place::new();
    let line = |args| format!(r#"{{"to":"tally/a","method":"add","args":{args},"key":"k"}}"#);
    let file = place.file("in.jsonl", format!("{}\n{}\n", line(1), line(2)));
    place.run(["run", &file]).failed(1, "\"k\" was first used for another request");
    assert_eq!(place.states("tally")["tally/a"], json!({"count": 1, "sum": 1}));
}

#[test]
fn a_payload_of_20_mib_is_refused_with_its_size() {
    let place = Place::new();
    let large = "x".repeat(20 << 20);
    let line = format!(r#"{{"to":"tally/a","method":"add","args":"{large}"}}"#);
    let file = place.file("in.jsonl", format!("{GOOD}\n{line}\n{GOOD}\n"));
    let ended = place.run(["run", "--json", "--keep-going", &file]);
    ended.failed(65, "the line is 20971562 bytes long");
    assert_eq!(place.states("tally")["tally/a"], json!({"count": 2, "sum": 2}));

    // Little larger than a message may be: it is read, and then refused.
    let large = "x".repeat(2 << 20);
    let line = format!(r#"{{"to":"tally/a","method":"add","args":"{large}"}}"#);
    let ended = place.run_stdin(&["run", "-"], line.as_bytes());
    ended.failed(1, "the payload is 2097154 bytes, and 2097152 are allowed");
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::new();
    place.run(["journal", "verify"]).failed(66, "there is no data directory");
    place.run(["run", "/nowhere/in.jsonl"]).failed(66, "/nowhere/in.jsonl: No such file");
    let directory = place.path().to_str().unwrap().to_owned();
    place.run(["run", &directory]).failed(66, "is a directory");
    assert!(!place.data().exists(), "a command that failed has made a directory");

    assert_eq!(place.run_stdin(&["run", "-"], GOOD.as_bytes()).code, Some(0));
    place.run(["journal", "show", "tally/b"]).failed(66, "tally/b has no journal");
    place.run(["journal", "show", "tally"]).failed(65, "has no '/'");
    place.run(["journal", "show", "Tally/b"]).failed(65, "kind contains 'T'");
    place.run(["dead-letters", "replay", "x"]).failed(66, "there is no dead letter x");
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let place = Place::new();
    for args in [&["fly"][..], &["run"], &["run", "--in-flight", "0", "-"], &[]] {
        assert_eq!(place.run(args.iter().copied()).code, Some(64), "{args:?}");
    }
    place.run(["dev", "--listen", "0.0.0.0:0"]).failed(64, "there is no authentication");
    for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let ended = place.run(args.iter().copied());
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{args:?}");
    }
    assert!(place.run(["--help"]).out.contains("Exit codes:"));
}
