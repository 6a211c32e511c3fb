use std::cell::Cell;

use super::*;

/// How many seconds it takes to wait for 100, with a clock that is set by so many after 40.
#[expect(clippy::disallowed_methods, reason = "the clock of this test")]
async fn waits(set_by_secs: i64) -> u64 {
    const START: Timestamp = Timestamp::from_millis(1_000_000_000);
    let (begun, is_set) = (Instant::now(), Cell::new(false));
    let now = || {
        let elapsed = begun.elapsed();
        is_set.set(is_set.get() || elapsed >= Duration::from_secs(40));
        let shown = START.saturating_add(elapsed);
        let by = Duration::from_secs(if is_set.get() { set_by_secs.unsigned_abs() } else { 0 });
        if set_by_secs < 0 { shown.saturating_sub(by) } else { shown.saturating_add(by) }
    };
    wait(START.saturating_add(Duration::from_secs(100)), now).await;
    begun.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_makes_no_wait_longer() {
    // A clock that is set on is seen when a part of the wait is over.
    for (set_by_secs, secs) in [(0, 100), (-3_600, 100), (-1, 100), (3_600, 60), (30, 70)] {
        assert_eq!(waits(set_by_secs).await, secs, "set by {set_by_secs} s");
    }
}
