//! What becomes of a request that is run.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use bytes::Bytes;
use loom_core::Timestamp;
use loom_ports::{Begin, Finish, IdempotencyStore};

use super::{IdempotencyFixture, assert_begin, claim, claim_for, done, finish, some_key};
use crate::faults::{Fault, FaultPlan, FaultyIdempotency};
use crate::race::race;
use crate::unique::{MINUTE, MOMENT, now};

/// More sweeps than any number of keys in these cases needs.
const SWEEPS_MAX: usize = 10_000;

pub async fn a_result_is_given_to_all_who_ask_later(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    let long = Bytes::from(vec![7; 1 << 20]);
    for result in ["".into(), "ok".into(), Bytes::from_static(b"\0\xff\r\n"), long] {
        let key = some_key();
        let claim = claim(&*store, &key, now).await;

        let finished = store.finish(&claim, result.clone(), MINUTE, now).await.unwrap();

        assert_eq!(finished, Finish::Recorded);
        for _ in 0..2 {
            assert_begin(&*store, &key, now, Begin::Done(result.clone())).await;
        }
    }
}

pub async fn a_result_is_remembered_for_the_time_asked(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    for remembered in [MINUTE, 30 * MINUTE, Duration::from_hours(24 * 365 * 100), Duration::MAX] {
        let key = some_key();
        let finished = now.saturating_add(MINUTE);
        let first = claim_for(&*store, &key, 5 * MINUTE, now).await;
        let answer = store.finish(&first, "done".into(), remembered, finished).await.unwrap();
        assert_eq!(answer, Finish::Recorded);

        let until = finished.saturating_add(remembered);
        assert_begin(&*store, &key, until.saturating_sub(MOMENT), done("done")).await;
        let next = claim(&*store, &key, until).await;
        assert_ne!(next.token, first.token);
    }
}

/// Also when nobody took it over in the meantime.
pub async fn a_claim_that_lapsed_cannot_be_finished(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    for late in [Duration::ZERO, MOMENT, 10 * MINUTE] {
        let key = some_key();
        let lapsed = claim(&*store, &key, now).await;
        let at = now.saturating_add(MINUTE + late);

        assert_eq!(finish(&*store, &lapsed, "late", at).await, Finish::Lost);

        let next = claim(&*store, &key, at).await;
        assert_eq!(finish(&*store, &next, "in time", at).await, Finish::Recorded);
    }
}

pub async fn a_claim_that_somebody_took_over_cannot_be_finished(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let stale = claim(&*store, &key, now).await;
    let later = now.saturating_add(MINUTE);
    let current = claim(&*store, &key, later).await;

    // Its clock may be behind the one by which it lapsed.
    for at in [now, later] {
        assert_eq!(finish(&*store, &stale, "stale", at).await, Finish::Lost, "{at}");
    }
    let until = later.saturating_add(MINUTE);
    assert_begin(&*store, &key, later, Begin::InProgress { until }).await;

    assert_eq!(finish(&*store, &current, "current", later).await, Finish::Recorded);
    assert_eq!(finish(&*store, &stale, "stale", later).await, Finish::Lost);
    assert_begin(&*store, &key, later, done("current")).await;
}

pub async fn a_forgotten_claim_is_not_mistaken_for_a_later_one(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let lapsed = claim(&*store, &key, now).await;
    let later = now.saturating_add(MINUTE);
    sweep(&*store, later).await;
    let abandoned = claim(&*store, &key, later).await;
    store.abandon(&abandoned).await.unwrap();
    let current = claim(&*store, &key, later).await;

    for stale in [&lapsed, &abandoned] {
        assert_eq!(finish(&*store, stale, "stale", later).await, Finish::Lost, "{stale:?}");
        store.abandon(stale).await.unwrap();
    }
    assert_eq!(finish(&*store, &current, "current", later).await, Finish::Recorded);
}

pub async fn a_repeated_finish_keeps_the_first_result(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let claim = claim(&*store, &key, now).await;
    assert_eq!(finish(&*store, &claim, "first", now).await, Finish::Recorded);

    let later = now.saturating_add(MINUTE).saturating_sub(MOMENT);
    for at in [now, later] {
        assert_eq!(finish(&*store, &claim, "second", at).await, Finish::Recorded, "{at}");
        assert_begin(&*store, &key, at, done("first")).await;
    }
    // Nor is it remembered for longer.
    super::claim(&*store, &key, now.saturating_add(MINUTE)).await;
}

pub async fn one_result_is_kept_of_racing_ones(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let claim = claim(&*store, &key, now).await;

    let answers = race(8, |n| {
        let (store, claim, key) = (fixture.store(), claim.clone(), key.clone());
        async move {
            let result = format!("result {n}").into();
            let finished = store.finish(&claim, result, MINUTE, now).await.unwrap();
            assert_eq!(finished, Finish::Recorded);
            store.begin(&key, MINUTE, now).await.unwrap()
        }
    });
    let answers = answers.await;

    assert!(matches!(answers[0], Begin::Done(_)), "{answers:?}");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

pub async fn an_abandoned_request_may_be_tried_at_once(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    for _ in 0..3 {
        let claim = claim(&*store, &key, now).await;
        store.abandon(&claim).await.unwrap();
    }
}

pub async fn an_abandoned_claim_cannot_be_finished(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let abandoned = claim(&*store, &key, now).await;
    store.abandon(&abandoned).await.unwrap();

    assert_eq!(finish(&*store, &abandoned, "abandoned", now).await, Finish::Lost);

    let current = claim(&*store, &key, now).await;
    assert_eq!(finish(&*store, &abandoned, "abandoned", now).await, Finish::Lost);
    assert_eq!(finish(&*store, &current, "current", now).await, Finish::Recorded);
}

pub async fn a_late_abandon_changes_nothing(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let abandoned = claim(&*store, &key, now).await;
    store.abandon(&abandoned).await.unwrap();
    let lapsed = claim(&*store, &key, now).await;
    let later = now.saturating_add(MINUTE);
    let current = claim(&*store, &key, later).await;

    for stale in [&abandoned, &lapsed, &abandoned] {
        store.abandon(stale).await.unwrap();
        let until = later.saturating_add(MINUTE);
        assert_begin(&*store, &key, later, Begin::InProgress { until }).await;
    }

    assert_eq!(finish(&*store, &current, "done", later).await, Finish::Recorded);
    for claim in [&abandoned, &lapsed, &current] {
        store.abandon(claim).await.unwrap();
        assert_begin(&*store, &key, later, done("done")).await;
    }
}

pub async fn finishes_and_abandons_may_be_repeated(fixture: impl IdempotencyFixture) {
    for fault in Fault::ALL {
        let (store, key, now) = (fixture.store(), some_key(), now());

        let abandoned = claim(&*store, &key, now).await;
        let faulty = FaultyIdempotency::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.abandon(&abandoned).await;
        faulty.abandon(&abandoned).await.unwrap();
        assert_eq!(first.is_ok(), fault == Fault::Repeated, "{fault:?}");

        let finished = claim(&*store, &key, now).await;
        let faulty = FaultyIdempotency::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.finish(&finished, "done".into(), MINUTE, now).await;
        let again = faulty.finish(&finished, "done".into(), MINUTE, now).await.unwrap();
        assert_eq!(again, Finish::Recorded, "{first:?}");
        assert_begin(&*store, &key, now, done("done")).await;
    }
}

pub async fn a_sweep_removes_what_expired_and_nothing_else(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    let later = now.saturating_add(MINUTE);
    for _ in 0..100 {
        let (lapsing, expiring) = (some_key(), some_key());
        claim(&*store, &lapsing, now).await;
        let finished = claim(&*store, &expiring, now).await;
        assert_eq!(finish(&*store, &finished, "forgotten", now).await, Finish::Recorded);
    }
    let (running, ran) = (some_key(), some_key());
    let until = later.saturating_add(MOMENT);
    let run = claim_for(&*store, &running, MINUTE + MOMENT, now).await;
    let remembered = claim(&*store, &ran, now).await;
    let finished = store.finish(&remembered, "kept".into(), MINUTE + MOMENT, now).await.unwrap();
    assert_eq!(finished, Finish::Recorded);

    assert_eq!(sweep(&*store, later.saturating_sub(MOMENT)).await, 0);
    let swept = sweep(&*store, later).await;

    // A store that expires by itself leaves nothing to sweep.
    assert!(swept == 0 || swept == 200, "{swept}");
    assert_begin(&*store, &running, later, Begin::InProgress { until }).await;
    assert_begin(&*store, &ran, later, done("kept")).await;
    assert_eq!(finish(&*store, &run, "in time", later).await, Finish::Recorded);
}

/// Sweeps until nothing is left to sweep, since each sweep does a bounded amount of work.
async fn sweep(store: &dyn IdempotencyStore, now: Timestamp) -> u64 {
    let mut swept = 0;
    for _ in 0..SWEEPS_MAX {
        match store.sweep(now).await.unwrap() {
            0 => return swept,
            more => swept += more,
        }
    }
    panic!("no end after {SWEEPS_MAX} sweeps");
}

pub async fn claims_and_results_survive_a_restart(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    let claimed = claim_for(&*store, &some_key(), 10 * MINUTE, now).await;
    let lapsed = claim(&*store, &some_key(), now).await;
    let finished = claim(&*store, &some_key(), now).await;
    let answer = store.finish(&finished, "done".into(), 10 * MINUTE, now).await.unwrap();
    assert_eq!(answer, Finish::Recorded);
    drop(store);

    let Some(fixture) = fixture.reopen().await else { return };

    let (store, later) = (fixture.store(), now.saturating_add(MINUTE));
    assert_begin(&*store, &finished.key, later, done("done")).await;
    let until = now.saturating_add(10 * MINUTE);
    assert_begin(&*store, &claimed.key, later, Begin::InProgress { until }).await;
    assert_eq!(finish(&*store, &claimed, "done", later).await, Finish::Recorded);
    let next = claim(&*store, &lapsed.key, later).await;
    assert!(next.token > lapsed.token, "{lapsed:?} {next:?}");
    assert_eq!(finish(&*store, &lapsed, "late", later).await, Finish::Lost);
}
