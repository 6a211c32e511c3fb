use super::check_expressions;

#[test]
fn all_public_cases_pass() {
    let report = check_expressions(include_str!("expressions-open.jsonl"));
    assert_eq!(report.failures, []);
    assert_eq!(report.passed, 827);
}
