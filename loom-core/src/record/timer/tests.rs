use expect_test::expect;
use std::fmt::Write;

use super::*;

/// A timer due at 1,000 ms, fired at several times.
fn fires(every_ms: Option<u64>, late: LateFire) -> String {
    let mut printed = String::new();
    for now in [0, 1_000, 1_400, 2_000, 2_001, 3_700] {
        let run = Some(TimerRun {
            method: Method::parse("ring").unwrap(),
            args: Payload::NULL,
            every_ms: every_ms.and_then(NonZeroU64::new),
            late,
        });
        let timer = Timer { at: Timestamp::from_millis(1_000), run };
        let (runs, next) = timer.fire(Timestamp::from_millis(now));
        let next = next.map_or("done".to_owned(), |next| format!("next {}", next.as_millis()));
        writeln!(printed, "{now}: {}, {next}", if runs { "runs" } else { "skipped" }).unwrap();
    }
    printed
}

#[test]
fn a_timer_that_fires_once_is_done() {
    expect![[r"
        0: runs, done
        1000: runs, done
        1400: runs, done
        2000: runs, done
        2001: runs, done
        3700: runs, done
    "]]
    .assert_eq(&fires(None, LateFire::Once));
    assert_eq!(fires(None, LateFire::All), fires(None, LateFire::Once));
    expect![[r"
        0: runs, done
        1000: runs, done
        1400: runs, done
        2000: runs, done
        2001: skipped, done
        3700: skipped, done
    "]]
    .assert_eq(&fires(None, LateFire::Skip));
}

#[test]
fn a_period_is_kept_whatever_was_missed() {
    expect![[r"
        0: runs, next 1500
        1000: runs, next 1500
        1400: runs, next 1500
        2000: runs, next 2500
        2001: runs, next 2500
        3700: runs, next 4000
    "]]
    .assert_eq(&fires(Some(500), LateFire::Once));
    expect![[r"
        0: runs, next 1500
        1000: runs, next 1500
        1400: runs, next 1500
        2000: runs, next 1500
        2001: runs, next 1500
        3700: runs, next 1500
    "]]
    .assert_eq(&fires(Some(500), LateFire::All));
    expect![[r"
        0: runs, next 1500
        1000: runs, next 1500
        1400: runs, next 1500
        2000: runs, next 1500
        2001: runs, next 2000
        3700: runs, next 3500
    "]]
    .assert_eq(&fires(Some(500), LateFire::Skip));
}

#[test]
fn a_timer_of_an_invocation_always_runs() {
    let timer = Timer { at: Timestamp::from_millis(1_000), run: None };
    for now in [0, 1_000, 9_000_000] {
        assert_eq!(timer.fire(Timestamp::from_millis(now)), (true, None));
    }
}

#[test]
fn every_missed_fire_that_is_kept_is_a_fire_of_its_own() {
    let run = Some(TimerRun {
        method: Method::parse("ring").unwrap(),
        args: Payload::NULL,
        every_ms: NonZeroU64::new(500),
        late: LateFire::All,
    });
    let mut timer = Timer { at: Timestamp::from_millis(1_000), run };
    let now = Timestamp::from_millis(1_003_700);
    let mut fired = Vec::new();
    while timer.at <= now {
        fired.push(timer.at.as_millis());
        let (runs, next) = timer.fire(now);
        assert!(runs);
        timer.at = next.unwrap();
    }
    assert_eq!(fired, (1_000..=1_003_700).step_by(500).collect::<Vec<_>>());
}

#[test]
fn timers_print_by_name() {
    let step = StepId { incarnation: crate::Incarnation(0), began: Seq(4), position: 2 };
    for (key, expected) in [
        (TimerKey::Named(TimerName::parse("tea").unwrap()), "tea"),
        (TimerKey::Step(step), "step 4.2"),
        (TimerKey::Drive(Seq(4)), "drive 4"),
    ] {
        assert_eq!(key.to_string(), expected);
    }
}
