use std::time::Duration;

use super::{RetryKind, RetryRule};
use crate::Value;

fn read(text: &str) -> RetryRule {
    let (rule, problems) = RetryRule::read(&Value::from_json_text(text).unwrap());
    assert_eq!(problems, []);
    rule
}

#[test]
fn the_waits_of_the_default_policy_are_those_that_were_measured() {
    let waits: Vec<_> =
        (1..=5).map(|n| RetryRule::DEFAULT.wait(n, 9).map(|it| it.as_millis())).collect();
    assert_eq!(waits, [Some(7_500), Some(15_000), Some(30_000), Some(45_000), None]);
    assert_eq!(RetryRule::NONE.wait(1, 9), None);
    for default in ["{}", "null", "{type: 'Default', count: 2}"] {
        assert_eq!(read(default), RetryRule::DEFAULT, "{default}");
    }
}

#[test]
fn exponential_waits_lie_in_bounds_that_double_and_come_again_with_the_same_chance() {
    let rule = read(
        "{type: 'exponential', count: 6, interval: 'PT10S', minimumInterval: 'PT5S', maximumInterval: 'PT1M'}",
    );
    let bounds = [(5, 10), (10, 20), (20, 40), (40, 60), (60, 60), (60, 60)];
    for (failures, (low, high)) in (1..).zip(bounds) {
        for chance in [0, 1, 77, 4_999_999, u64::MAX] {
            let wait = rule.wait(failures, chance).unwrap();
            assert!(wait >= Duration::from_secs(low), "{failures}: {wait:?}");
            assert!(wait <= Duration::from_secs(high), "{failures}: {wait:?}");
            assert_eq!(rule.wait(failures, chance), Some(wait));
        }
    }
    assert_eq!(rule.wait(7, 0), None);
}

#[test]
fn waits_that_grow_stay_within_a_quarter_and_below_their_bound() {
    let rule = RetryRule::read_attempts(
        &Value::from_json_text("{maxAttempts: 70, initialDelay: 1000, maxDelay: 30000}").unwrap(),
    );
    assert_eq!(rule.count, 69);
    for (failures, around) in [(1, 1_000), (2, 2_000), (3, 4_000), (6, 30_000), (69, 30_000)] {
        for chance in [0, 12_345, u64::MAX] {
            let millis = rule.wait(failures, chance).unwrap().as_millis();
            assert!(millis >= around * 3 / 4 && millis <= (around * 5 / 4).min(30_000), "{millis}");
        }
    }
}

#[test]
fn a_policy_without_sense_is_told_and_the_rest_of_it_counts() {
    let policy = "{type: 'exponential', count: 0, interval: 'P3D', minimumInterval: 'PT1H', maximumInterval: 'PT1M'}";
    let (rule, problems) = RetryRule::read(&Value::from_json_text(policy).unwrap());
    let members: Vec<_> = problems.iter().map(|it| it.member).collect();
    assert_eq!(members, ["interval", "minimumInterval", "count"]);
    assert_eq!(rule.count, 4);
    assert!(matches!(rule.kind, RetryKind::Exponential { .. }));
}
