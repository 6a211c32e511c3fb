use super::*;

#[test]
fn verdicts_are_read_from_what_is_printed() {
    let rows = [
        ("test a::b ... ok", Some(("a::b", Verdict::Passed))),
        ("test a::b ... FAILED", Some(("a::b", Verdict::Failed))),
        ("test a::b ... ignored, needs a server", Some(("a::b", Verdict::Ignored))),
        ("test result: ok. 3 passed; 0 failed", None),
        ("running 3 tests", None),
    ];
    for (line, expected) in rows {
        assert_eq!(verdict(line), expected, "{line}");
    }
}
