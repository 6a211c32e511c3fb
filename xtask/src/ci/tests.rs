use expect_test::expect;

use super::*;

fn seconds(step: &str, outcome: Outcome, seconds: u64) -> Row {
    Row { step: step.to_owned(), outcome, took: Duration::from_secs(seconds) }
}

#[test]
fn what_was_not_run_is_not_counted_as_passed() {
    let rows = [
        seconds("fmt", Outcome::Passed, 1),
        seconds("clippy", Outcome::Failed, 75),
        seconds("advisories", Outcome::NotRun("advisory database unreachable".to_owned()), 9),
    ];
    expect![[r"
        step       | result                                  | seconds
        fmt        | ok                                      |     1.0
        clippy     | FAILED                                  |    75.0
        advisories | NOT RUN (advisory database unreachable) |       -

        1 passed, 1 failed, 1 skipped"]]
    .assert_eq(&table(&rows));
}

#[test]
fn a_failure_does_not_keep_later_steps_from_running() {
    let rows = rows(&[], |step| match step {
        Step::Fmt => Outcome::Failed,
        _ => Outcome::Passed,
    });
    assert_eq!(rows.len(), Step::value_variants().len());
    assert_eq!(rows[0].outcome, Outcome::Failed);
    assert!(rows[1..].iter().all(|row| row.outcome == Outcome::Passed));
}

#[test]
fn steps_that_were_not_selected_are_listed_as_not_run() {
    let mut ran = Vec::new();
    let rows = rows(&[Step::Layers, Step::Fmt], |step| {
        ran.push(step);
        Outcome::Passed
    });
    assert_eq!(ran, [Step::Fmt, Step::Layers]);
    for row in rows {
        let selected = ["fmt", "layers"].contains(&row.step.as_str());
        let not_run = Outcome::NotRun("not selected".to_owned());
        assert_eq!(row.outcome, if selected { Outcome::Passed } else { not_run }, "{}", row.step);
    }
}
