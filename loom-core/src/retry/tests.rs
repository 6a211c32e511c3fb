use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn check(policy: &RetryPolicy, expected: &Expect) {
    let mut decided = String::new();
    for attempt in 1..=6 {
        writeln!(decided, "{attempt} {:?}", policy.decide(attempt, 7)).unwrap();
    }
    expected.assert_eq(&decided);
}

fn policy(attempts_max: u32, backoff: Backoff, percent: u8) -> RetryPolicy {
    let attempts_max = NonZeroU32::new(attempts_max).unwrap();
    RetryPolicy { attempts_max, backoff, jitter_percent: JitterPercent(percent) }
}

fn exponential(initial: Duration, factor: u32, max: Duration) -> Backoff {
    Backoff::Exponential { initial, factor: NonZeroU32::new(factor).unwrap(), max }
}

#[test]
fn without_backoff_it_is_tried_again_at_once() {
    check(
        &policy(3, Backoff::None, 100),
        &expect![[r"
        1 After(0ns)
        2 After(0ns)
        3 GiveUp
        4 GiveUp
        5 GiveUp
        6 GiveUp
    "]],
    );
}

#[test]
fn one_attempt_is_no_retry() {
    check(
        &RetryPolicy::NEVER,
        &expect![[r"
        1 GiveUp
        2 GiveUp
        3 GiveUp
        4 GiveUp
        5 GiveUp
        6 GiveUp
    "]],
    );
}

#[test]
fn a_fixed_backoff_stays_the_same() {
    check(
        &policy(4, Backoff::Fixed(Duration::from_millis(250)), 0),
        &expect![[r"
        1 After(250ms)
        2 After(250ms)
        3 After(250ms)
        4 GiveUp
        5 GiveUp
        6 GiveUp
    "]],
    );
}

#[test]
fn an_exponential_backoff_grows_until_its_maximum() {
    let (initial, max) = (Duration::from_millis(100), Duration::from_secs(2));
    check(
        &policy(9, exponential(initial, 3, max), 0),
        &expect![[r"
        1 After(100ms)
        2 After(300ms)
        3 After(900ms)
        4 After(2s)
        5 After(2s)
        6 After(2s)
    "]],
    );
}

/// The numbers are pinned: a replayed decision has to come out the same in every version.
#[test]
fn the_default_waits_one_to_eight_seconds_less_up_to_a_fifth() {
    check(
        &RetryPolicy::default(),
        &expect![[r"
        1 After(906.961513ms)
        2 After(1.956889725s)
        3 After(3.273429442s)
        4 After(7.578938103s)
        5 GiveUp
        6 GiveUp
    "]],
    );
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let huge = policy(u32::MAX, exponential(Duration::MAX, u32::MAX, Duration::MAX), 100);
    for attempt in [0, 1, 2, 100, u32::MAX - 1] {
        assert!(matches!(huge.decide(attempt, u64::MAX), Retry::After(_)), "{attempt}");
    }
    assert_eq!(huge.decide(u32::MAX, 0), Retry::GiveUp);
}

#[test]
fn jitter_above_100_percent_is_refused() {
    assert_eq!(JitterPercent::new(101), Err(InvalidJitter(101)));
    let error = serde_json::from_str::<RetryPolicy>(r#"{"jitter_percent": 120}"#).unwrap_err();
    assert!(error.to_string().contains("jitter of 120 percent is more than 100"), "{error}");
}

#[test]
fn a_policy_survives_being_stored() {
    for policy in [RetryPolicy::default(), RetryPolicy::NEVER] {
        let json = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<RetryPolicy>(&json).unwrap(), policy);
    }
    assert_eq!(serde_json::from_str::<RetryPolicy>("{}").unwrap(), RetryPolicy::default());
}

#[test]
fn jitter_shortens_by_no_more_than_its_share() {
    let cases = (1..200_u32, any::<u64>(), 0..=100_u8, 0..100_000_u64, 1..9_u32, 0..100_000_u64);
    holds_for(&cases, |(attempt, seed, percent, initial, factor, max)| {
        let backoff =
            exponential(Duration::from_millis(initial), factor, Duration::from_millis(max));
        let full = policy(3, backoff, 0).delay(attempt, seed);
        let delay = policy(3, backoff, percent).delay(attempt, seed);
        prop_assert!(delay <= full);
        prop_assert!(delay >= full * u32::from(100 - percent) / 100);
        Ok(())
    });
}

#[test]
fn jitter_spreads_neighbouring_seeds_evenly() {
    let policy = policy(3, Backoff::Fixed(Duration::from_secs(1)), 100);
    let mut tenths = [0; 10];
    for seed in 0..10_000 {
        tenths[usize::try_from(policy.delay(1, seed).as_millis().min(999) / 100).unwrap()] += 1;
    }
    for count in tenths {
        assert!((900..1_100).contains(&count), "{tenths:?}");
    }
}
