use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

const POLICIES: [LateFire; 3] = [LateFire::Once, LateFire::All, LateFire::Skip];

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn every(millis: u64) -> NonZeroU64 {
    NonZeroU64::new(millis).unwrap()
}

/// A timer due at 100 ms and every 10 ms after it, looked at with a grace of 3 ms.
fn check(policy: LateFire, expected: &Expect) {
    let mut printed = String::new();
    for now in [0, 99, 100, 101, 103, 104, 109, 110, 135] {
        let fires = policy.due(at(100), every(10), at(now), Duration::from_millis(3));
        let due: Vec<_> = fires.occurrences().map(Timestamp::as_millis).collect();
        let (left_out, next) = (fires.left_out, fires.next_due.as_millis());
        writeln!(printed, "{now}: {due:?}, {left_out} left out, next {next}").unwrap();
    }
    expected.assert_eq(&printed);
}

#[test]
fn once_fires_for_the_last_one_missed() {
    check(
        LateFire::Once,
        &expect![[r"
        0: [], 0 left out, next 100
        99: [], 0 left out, next 100
        100: [100], 0 left out, next 110
        101: [100], 0 left out, next 110
        103: [100], 0 left out, next 110
        104: [100], 0 left out, next 110
        109: [100], 0 left out, next 110
        110: [110], 1 left out, next 120
        135: [130], 3 left out, next 140
    "]],
    );
}

#[test]
fn all_fires_for_each() {
    check(
        LateFire::All,
        &expect![[r"
        0: [], 0 left out, next 100
        99: [], 0 left out, next 100
        100: [100], 0 left out, next 110
        101: [100], 0 left out, next 110
        103: [100], 0 left out, next 110
        104: [100], 0 left out, next 110
        109: [100], 0 left out, next 110
        110: [100, 110], 0 left out, next 120
        135: [100, 110, 120, 130], 0 left out, next 140
    "]],
    );
}

#[test]
fn skip_fires_for_what_is_within_the_grace() {
    check(
        LateFire::Skip,
        &expect![[r"
        0: [], 0 left out, next 100
        99: [], 0 left out, next 100
        100: [100], 0 left out, next 110
        101: [100], 0 left out, next 110
        103: [100], 0 left out, next 110
        104: [], 1 left out, next 110
        109: [], 1 left out, next 110
        110: [110], 1 left out, next 120
        135: [], 4 left out, next 140
    "]],
    );
}

#[test]
fn a_call_hands_out_a_bounded_number() {
    let year_ms = 365 * 24 * 60 * 60 * 1000;
    let fires = LateFire::All.due(at(0), every(1), at(year_ms), Duration::ZERO);
    assert_eq!((fires.count, fires.next_due), (FIRES_PER_CALL_MAX, at(1_000)));
    let fires = LateFire::Skip.due(at(0), every(1), at(year_ms), Duration::MAX);
    assert_eq!((fires.count, fires.next_due), (FIRES_PER_CALL_MAX, at(1_000)));
}

#[test]
fn the_end_of_time_does_not_overflow() {
    for policy in POLICIES {
        for (first, period) in [(0, 1), (0, u64::MAX), (u64::MAX, 1), (u64::MAX - 1, u64::MAX)] {
            for grace in [Duration::ZERO, Duration::MAX] {
                let fires = policy.due(at(first), every(period), Timestamp::MAX, grace);
                assert!(fires.next_due > at(first) || first == u64::MAX, "{policy:?} {fires:?}");
            }
        }
    }
}

#[test]
fn only_skip_drops_a_late_one_shot() {
    for (policy, now, expected) in [
        (LateFire::Once, 99, OneShot::Waiting),
        (LateFire::Once, 100, OneShot::Fire),
        (LateFire::Once, 900, OneShot::Fire),
        (LateFire::All, 99, OneShot::Waiting),
        (LateFire::All, 900, OneShot::Fire),
        (LateFire::Skip, 99, OneShot::Waiting),
        (LateFire::Skip, 100, OneShot::Fire),
        (LateFire::Skip, 105, OneShot::Fire),
        (LateFire::Skip, 106, OneShot::Drop),
    ] {
        let said = policy.due_once(at(100), at(now), Duration::from_millis(5));
        assert_eq!(said, expected, "{policy:?} at {now}");
    }
}

/// A timer, and the times between which it is looked at.
fn looks() -> impl Strategy<Value = (u64, u64, u64, Vec<u64>)> {
    (0..500_u64, 1..50_u64, 0..120_u64, proptest::collection::vec(0..200_u64, 1..40))
}

#[test]
fn nothing_fires_early_or_twice_and_the_phase_is_kept() {
    holds_for(&looks(), |(first, period, grace_ms, steps)| {
        for policy in POLICIES {
            let (mut due, mut now, mut last) = (at(first), 0, None);
            for step in &steps {
                now += step;
                let fires =
                    policy.due(due, every(period), at(now), Duration::from_millis(grace_ms));
                for occurrence in fires.occurrences() {
                    prop_assert!(occurrence <= at(now), "early");
                    prop_assert!(Some(occurrence) > last, "twice");
                    prop_assert_eq!((occurrence.as_millis() - first) % period, 0);
                    let late = at(now).since(occurrence).as_millis();
                    prop_assert!(policy != LateFire::Skip || late <= u128::from(grace_ms));
                    last = Some(occurrence);
                }
                prop_assert!(fires.next_due > at(now), "what was due is done");
                prop_assert!(last < Some(fires.next_due));
                prop_assert_eq!((fires.next_due.as_millis() - first) % period, 0);
                let passed = (fires.next_due.as_millis() - due.as_millis()) / period;
                prop_assert_eq!(passed, u64::from(fires.count) + fires.left_out);
                due = fires.next_due;
            }
        }
        Ok(())
    });
}

#[test]
fn all_fires_each_occurrence_exactly_once() {
    holds_for(&looks(), |(first, period, _, steps)| {
        let (mut next, mut now, mut applied) = (at(first), 0, Vec::new());
        for step in steps {
            now += step;
            let fires = LateFire::All.due(next, every(period), at(now), Duration::ZERO);
            applied.extend(fires.occurrences().map(Timestamp::as_millis));
            next = fires.next_due;
        }
        let period = usize::try_from(period).unwrap();
        prop_assert_eq!(applied, (first..=now).step_by(period).collect::<Vec<_>>());
        Ok(())
    });
}

#[test]
fn a_backlog_is_handed_out_over_several_calls_without_a_gap() {
    let (mut next, mut applied) = (at(5), Vec::new());
    while next <= at(25_004) {
        let fires = LateFire::All.due(next, every(10), at(25_004), Duration::ZERO);
        applied.extend(fires.occurrences().map(Timestamp::as_millis));
        next = fires.next_due;
    }
    assert_eq!(applied, (5..=25_004).step_by(10).collect::<Vec<_>>());
}

#[test]
fn a_policy_is_stored_by_name() {
    let names = POLICIES.map(|policy| serde_json::to_string(&policy).unwrap());
    assert_eq!(names, [r#""once""#, r#""all""#, r#""skip""#]);
}
