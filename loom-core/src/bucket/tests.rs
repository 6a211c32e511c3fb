use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn limit(capacity: u32, refill_per_second: u32) -> RateLimit {
    let [capacity, refill_per_second] =
        [capacity, refill_per_second].map(|n| NonZeroU32::new(n).unwrap());
    RateLimit { capacity, refill_per_second }
}

/// Takes from a bucket filled at 10 s; each row is `(milliseconds, tokens)`.
fn check(limit: RateLimit, takes: &[(u64, u32)], expected: &Expect) {
    let mut bucket = TokenBucket::full(limit, Timestamp::from_millis(10_000));
    let mut printed = String::new();
    for &(at, n) in takes {
        let now = Timestamp::from_millis(at);
        let before = bucket.available(now);
        writeln!(printed, "{at}: {before} there, {n} -> {:?}", bucket.take(n, now)).unwrap();
    }
    expected.assert_eq(&printed);
}

#[test]
fn a_burst_up_to_the_capacity_then_the_rate() {
    let takes = [
        (10_000, 3),
        (10_000, 1),
        (10_499, 1),
        (10_500, 1),
        (10_500, 1),
        (10_600, 2),
        (11_500, 2),
        (99_000, 4),
        (99_000, 3),
    ];
    check(
        limit(3, 2),
        &takes,
        &expect![[r"
        10000: 3 there, 3 -> Yes
        10000: 0 there, 1 -> Wait(500ms)
        10499: 0 there, 1 -> Wait(1ms)
        10500: 1 there, 1 -> Yes
        10500: 0 there, 1 -> Wait(500ms)
        10600: 0 there, 2 -> Wait(900ms)
        11500: 2 there, 2 -> Yes
        99000: 3 there, 4 -> Never
        99000: 3 there, 3 -> Yes
    "]],
    );
}

#[test]
fn a_third_of_a_token_is_not_lost() {
    let takes: Vec<_> = (0..6).map(|n| (10_000 + n * 333, if n == 0 { 2 } else { 1 })).collect();
    check(
        limit(2, 3),
        &takes,
        &expect![[r"
        10000: 2 there, 2 -> Yes
        10333: 0 there, 1 -> Wait(1ms)
        10666: 1 there, 1 -> Yes
        10999: 1 there, 1 -> Yes
        11332: 1 there, 1 -> Yes
        11665: 1 there, 1 -> Yes
    "]],
    );
}

#[test]
fn more_than_the_capacity_is_never_granted() {
    check(
        limit(3, 1),
        &[(10_000, 4), (10_000, 3), (10_000, u32::MAX)],
        &expect![[r"
        10000: 3 there, 4 -> Never
        10000: 3 there, 3 -> Yes
        10000: 0 there, 4294967295 -> Never
    "]],
    );
}

#[test]
fn a_clock_that_jitters_brings_nothing() {
    let takes =
        [(10_000, 2), (10_400, 1), (10_100, 1), (10_400, 1), (10_000, 1), (10_500, 1), (10_999, 1)];
    check(
        limit(2, 2),
        &takes,
        &expect![[r"
        10000: 2 there, 2 -> Yes
        10400: 0 there, 1 -> Wait(100ms)
        10100: 0 there, 1 -> Wait(400ms)
        10400: 0 there, 1 -> Wait(100ms)
        10000: 0 there, 1 -> Wait(500ms)
        10500: 1 there, 1 -> Yes
        10999: 0 there, 1 -> Wait(1ms)
    "]],
    );
}

#[test]
fn nobody_waits_for_a_clock_that_went_far_back() {
    check(
        limit(2, 2),
        &[(10_000, 2), (0, 1), (1_000, 1), (1_500, 1), (2_000, 1)],
        &expect![[r"
        10000: 2 there, 2 -> Yes
        0: 0 there, 1 -> Wait(1.5s)
        1000: 0 there, 1 -> Wait(500ms)
        1500: 1 there, 1 -> Yes
        2000: 1 there, 1 -> Yes
    "]],
    );
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let mut bucket = TokenBucket::full(limit(u32::MAX, u32::MAX), Timestamp::EPOCH);
    assert_eq!(bucket.take(u32::MAX, Timestamp::MAX), Taken::Yes);
    assert_eq!(bucket.take(u32::MAX, Timestamp::EPOCH), Taken::Wait(Duration::from_secs(2)));
    let mut slow = TokenBucket::full(limit(u32::MAX, 1), Timestamp::EPOCH);
    assert_eq!(slow.take(u32::MAX, Timestamp::EPOCH), Taken::Yes);
    assert_eq!(slow.take(1, Timestamp::EPOCH), Taken::Wait(Duration::from_secs(1)));
}

/// The bucket of the original could go below zero.
#[test]
fn no_more_is_granted_than_the_capacity_and_what_came_back() {
    let takes = proptest::collection::vec((0..300_u64, 0..8_u32), 1..100);
    holds_for(&(1..8_u32, 1..50_u32, takes), |(capacity, rate, takes)| {
        let mut bucket = TokenBucket::full(limit(capacity, rate), Timestamp::EPOCH);
        let (mut millis, mut granted) = (0, 0);
        for (passed, n) in takes {
            millis += passed;
            if bucket.take(n, Timestamp::from_millis(millis)) == Taken::Yes {
                granted += u64::from(n);
            }
            let came_back = millis * u64::from(rate);
            prop_assert!(granted * 1000 <= u64::from(capacity) * 1000 + came_back);
        }
        Ok(())
    });
}

#[test]
fn a_wait_is_long_enough_and_no_longer() {
    let takes = proptest::collection::vec((-200..300_i64, 0..8_u32), 1..60);
    holds_for(&(1..8_u32, 1..50_u32, takes), |(capacity, rate, takes)| {
        let mut bucket = TokenBucket::full(limit(capacity, rate), Timestamp::from_millis(100_000));
        let mut millis = 100_000_i64;
        for (passed, n) in takes {
            millis += passed;
            let now = Timestamp::from_millis(u64::try_from(millis).unwrap());
            if let Taken::Wait(wait) = bucket.take(n, now) {
                let then = now.saturating_add(wait);
                let early = then.saturating_sub(Duration::from_millis(1));
                prop_assert_ne!(bucket.clone().take(n, early), Taken::Yes);
                prop_assert_eq!(bucket.clone().take(n, then), Taken::Yes);
            }
        }
        Ok(())
    });
}

#[test]
fn a_bucket_in_constant_use_grants_exactly_its_rate() {
    for (capacity, rate) in [(1, 1), (2, 3), (3, 7), (10, 999), (1, 1000)] {
        let mut bucket = TokenBucket::full(limit(capacity, rate), Timestamp::EPOCH);
        let granted = (0..=600_000)
            .filter(|&millis| bucket.take(1, Timestamp::from_millis(millis)) == Taken::Yes)
            .count();
        assert_eq!(granted, usize::try_from(capacity + 600 * rate).unwrap(), "{rate} per second");
    }
}
