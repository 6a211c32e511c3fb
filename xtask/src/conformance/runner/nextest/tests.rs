use super::*;

#[test]
fn verdicts_are_those_of_tests_that_have_ended() {
    let line = |kind: &str, event: &str| {
        format!(r#"{{"type":"{kind}","event":"{event}","name":"a-crate::target$module::case"}}"#)
    };
    let rows = [
        (line("test", "ok"), Some(Verdict::Passed)),
        (line("test", "failed"), Some(Verdict::Failed)),
        (line("test", "ignored"), Some(Verdict::Ignored)),
        (line("test", "started"), None),
        (line("suite", "ok"), None),
        ("no JSON".to_owned(), None),
    ];
    for (line, expected) in rows {
        let found = verdict(&line);
        assert_eq!(found.as_ref().map(|(_, verdict)| *verdict), expected, "{line}");
        if let Some((found, _)) = found {
            assert_eq!(found, test("a-crate::target", "module::case"));
        }
    }
}

#[test]
fn a_library_has_one_name_in_lists_and_reports() {
    assert_eq!(test("loom-testkit::loom_testkit", "case"), test("loom-testkit", "case"));
    assert_ne!(test("loom-testkit::sim", "case"), test("loom-testkit", "case"));
}

#[test]
fn modules_are_asked_for_once() {
    let tests = ["a::one", "a::two", "three"].map(|name| test("a-crate", name));
    let tests: Vec<_> = tests.iter().collect();
    assert_eq!(
        filter(&tests),
        "(binary_id(=a-crate) and test(/^[^:]+$/)) or (binary_id(=a-crate) and test(/^a::[^:]+$/))"
    );
}
