use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

/// Runs a script against a breaker and prints what each word did.
///
/// `admit` asks for a permit, `ok`, `fail` and `drop` record the oldest one held, `ok!` and
/// `fail!` the newest, and a number moves the clock to that second.
fn check(policy: BreakerPolicy, script: &str, expected: &Expect) {
    let mut breaker = Breaker::new(policy);
    let (mut held, mut now, mut printed) = (Vec::new(), Timestamp::EPOCH, String::new());
    for word in script.split_whitespace() {
        let oldest = |held: &mut Vec<_>| held.remove(0);
        let said = match word {
            "admit" => match breaker.admit(now) {
                BreakerAdmission::Allowed(permit) => {
                    held.push(permit);
                    "allowed".to_owned()
                }
                BreakerAdmission::Refused { until } => format!("refused until {}", second(until)),
            },
            "ok" => recorded(&mut breaker, oldest(&mut held), BreakerOutcome::Succeeded, now),
            "ok!" => recorded(&mut breaker, held.pop().unwrap(), BreakerOutcome::Succeeded, now),
            "fail" => recorded(&mut breaker, oldest(&mut held), BreakerOutcome::Failed, now),
            "fail!" => recorded(&mut breaker, held.pop().unwrap(), BreakerOutcome::Failed, now),
            "drop" => recorded(&mut breaker, oldest(&mut held), BreakerOutcome::Abandoned, now),
            at => {
                now = Timestamp::from_millis(at.parse::<u64>().unwrap() * 1000);
                continue;
            }
        };
        writeln!(printed, "{}s {word} -> {said}", second(now)).unwrap();
    }
    expected.assert_eq(&printed);
}

fn recorded(
    breaker: &mut Breaker,
    permit: Permit,
    outcome: BreakerOutcome,
    now: Timestamp,
) -> String {
    breaker.record(permit, outcome, now);
    match breaker.state() {
        BreakerState::Closed { failures } => format!("closed, {failures} failures"),
        BreakerState::Open { until } => format!("open until {}", second(until)),
        BreakerState::HalfOpen { successes, in_flight, lost_at } => format!(
            "half-open, {successes} successes, {in_flight} in flight until {}",
            second(lost_at)
        ),
    }
}

fn second(at: Timestamp) -> u64 {
    at.as_millis() / 1000
}

fn policy(failures_max: u32, successes_min: u32, probes_max: u32) -> BreakerPolicy {
    let [failures_max, successes_min, probes_max] =
        [failures_max, successes_min, probes_max].map(|n| NonZeroU32::new(n).unwrap());
    BreakerPolicy { failures_max, successes_min, probes_max, ..BreakerPolicy::default() }
}

#[test]
fn five_failures_in_a_row_open_it_and_two_probes_close_it() {
    let script = "admit fail admit fail admit fail admit fail admit fail admit
        59 admit 60 admit admit ok 61 admit ok admit fail";
    check(
        BreakerPolicy::default(),
        script,
        &expect![[r"
        0s admit -> allowed
        0s fail -> closed, 1 failures
        0s admit -> allowed
        0s fail -> closed, 2 failures
        0s admit -> allowed
        0s fail -> closed, 3 failures
        0s admit -> allowed
        0s fail -> closed, 4 failures
        0s admit -> allowed
        0s fail -> open until 60
        0s admit -> refused until 60
        59s admit -> refused until 60
        60s admit -> allowed
        60s admit -> refused until 120
        60s ok -> half-open, 1 successes, 0 in flight until 120
        61s admit -> allowed
        61s ok -> closed, 0 failures
        61s admit -> allowed
        61s fail -> closed, 1 failures
    "]],
    );
}

#[test]
fn a_success_starts_the_count_anew() {
    check(
        policy(2, 1, 1),
        "admit fail admit ok admit fail admit fail",
        &expect![[r"
        0s admit -> allowed
        0s fail -> closed, 1 failures
        0s admit -> allowed
        0s ok -> closed, 0 failures
        0s admit -> allowed
        0s fail -> closed, 1 failures
        0s admit -> allowed
        0s fail -> open until 60
    "]],
    );
}

/// The original reopened only after three failures.
#[test]
fn half_open_reopens_on_the_first_failure() {
    let script = "admit fail 60 admit ok admit fail admit 120 admit fail";
    check(
        policy(1, 2, 1),
        script,
        &expect![[r"
        0s admit -> allowed
        0s fail -> open until 60
        60s admit -> allowed
        60s ok -> half-open, 1 successes, 0 in flight until 120
        60s admit -> allowed
        60s fail -> open until 120
        60s admit -> refused until 120
        120s admit -> allowed
        120s fail -> open until 180
    "]],
    );
}

/// The original admitted any number.
#[test]
fn half_open_admits_no_more_probes_than_agreed() {
    let script = "admit fail 60 admit admit admit admit ok admit";
    check(
        policy(1, 5, 3),
        script,
        &expect![[r"
        0s admit -> allowed
        0s fail -> open until 60
        60s admit -> allowed
        60s admit -> allowed
        60s admit -> allowed
        60s admit -> refused until 120
        60s ok -> half-open, 1 successes, 2 in flight until 120
        60s admit -> allowed
    "]],
    );
}

#[test]
fn results_from_before_the_last_change_are_ignored() {
    let script = "admit admit admit admit fail ok 60 admit fail ok! fail!";
    check(
        policy(1, 1, 1),
        script,
        &expect![[r"
        0s admit -> allowed
        0s admit -> allowed
        0s admit -> allowed
        0s admit -> allowed
        0s fail -> open until 60
        0s ok -> open until 60
        60s admit -> allowed
        60s fail -> half-open, 0 successes, 1 in flight until 120
        60s ok! -> closed, 0 failures
        60s fail! -> closed, 0 failures
    "]],
    );
}

#[test]
fn an_abandoned_probe_makes_room_and_says_nothing() {
    check(
        policy(2, 1, 1),
        "admit fail admit drop admit fail",
        &expect![[r"
        0s admit -> allowed
        0s fail -> closed, 1 failures
        0s admit -> allowed
        0s drop -> closed, 1 failures
        0s admit -> allowed
        0s fail -> open until 60
    "]],
    );
    check(
        policy(1, 1, 1),
        "admit fail 60 admit admit drop admit ok",
        &expect![[r"
        0s admit -> allowed
        0s fail -> open until 60
        60s admit -> allowed
        60s admit -> refused until 120
        60s drop -> half-open, 0 successes, 0 in flight until 120
        60s admit -> allowed
        60s ok -> closed, 0 failures
    "]],
    );
}

#[test]
fn a_probe_that_never_reports_does_not_block_the_next_forever() {
    let script = "admit fail 60 admit admit 119 admit 120 admit fail ok";
    check(
        policy(1, 1, 1),
        script,
        &expect![[r"
        0s admit -> allowed
        0s fail -> open until 60
        60s admit -> allowed
        60s admit -> refused until 120
        119s admit -> refused until 120
        120s admit -> allowed
        120s fail -> half-open, 0 successes, 1 in flight until 180
        120s ok -> closed, 0 failures
    "]],
    );
}

#[test]
fn a_clock_that_goes_back_does_not_prolong_the_wait() {
    let script = "1000 admit fail 100 admit 130 admit 160 admit 10 admit 70 admit ok!";
    check(
        policy(1, 1, 1),
        script,
        &expect![[r"
        1000s admit -> allowed
        1000s fail -> open until 1060
        100s admit -> refused until 160
        130s admit -> refused until 160
        160s admit -> allowed
        10s admit -> refused until 70
        70s admit -> allowed
        70s ok! -> closed, 0 failures
    "]],
    );
}

#[test]
fn its_state_is_readable() {
    let at = Timestamp::from_millis(7);
    for (state, json) in [
        (BreakerState::Closed { failures: 3 }, r#"{"state":"closed","failures":3}"#),
        (BreakerState::Open { until: at }, r#"{"state":"open","until":7}"#),
        (
            BreakerState::HalfOpen { successes: 1, in_flight: 2, lost_at: at },
            r#"{"state":"half_open","successes":1,"in_flight":2,"lost_at":7}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
        assert_eq!(serde_json::from_str::<BreakerState>(json).unwrap(), state);
    }
}

/// Callers that come, report in any order, or vanish.
#[test]
fn probes_stay_bounded_and_the_breaker_always_admits_again() {
    let moves = proptest::collection::vec((0..6_u8, 0..40_u64, any::<u8>()), 0..200);
    holds_for(&(1..4_u32, 1..4_u32, 1..4_u32, moves), |(failures, successes, probes, moves)| {
        let policy = policy(failures, successes, probes);
        let (open_for, mut breaker) = (policy.open_for, Breaker::new(policy));
        let (mut held, mut now) = (Vec::<Permit>::new(), Timestamp::EPOCH);
        for (word, seconds, which) in moves {
            now = now.saturating_add(Duration::from_secs(seconds));
            match (word, held.is_empty()) {
                (0..=2, _) | (_, true) => match breaker.admit(now) {
                    BreakerAdmission::Allowed(permit) => held.push(permit),
                    BreakerAdmission::Refused { until } => {
                        prop_assert!(until > now && until <= now.saturating_add(open_for));
                    }
                },
                (word, false) => {
                    let permit = held.remove(usize::from(which) % held.len());
                    let outcome = match word {
                        3 => BreakerOutcome::Succeeded,
                        4 => BreakerOutcome::Failed,
                        _ => BreakerOutcome::Abandoned,
                    };
                    let current = permit.generation == breaker.generation;
                    let before = breaker.state();
                    breaker.record(permit, outcome, now);
                    prop_assert!(current || breaker.state() == before, "stale results count");
                }
            }
            if let BreakerState::HalfOpen { successes: good, in_flight, .. } = breaker.state() {
                prop_assert!(in_flight <= probes && good < successes);
                let known = held.iter().filter(|permit| permit.generation == breaker.generation);
                prop_assert_eq!(usize::try_from(in_flight).unwrap(), known.count());
            }
        }
        let admitted = breaker.admit(now.saturating_add(open_for));
        prop_assert!(matches!(admitted, BreakerAdmission::Allowed(_)), "{:?}", breaker);
        Ok(())
    });
}
