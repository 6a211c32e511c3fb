//! Who may run a request.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore as _};

use super::{IdempotencyFixture, assert_begin, claim, claim_for, finish, some_key};
use crate::faults::{Fault, FaultPlan, FaultyIdempotency};
use crate::race::race;
use crate::unique::{MINUTE, MOMENT, now};

pub async fn a_key_is_new_once(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    claim(&*store, &key, now).await;

    let until = now.saturating_add(MINUTE);
    for at in [now, now.saturating_sub(MINUTE), until.saturating_sub(MOMENT)] {
        assert_begin(&*store, &key, at, Begin::InProgress { until }).await;
    }
}

pub async fn one_of_many_racing_begins_is_new(fixture: impl IdempotencyFixture) {
    one_of_many_is_new(&fixture, &some_key(), now()).await;
}

pub async fn one_of_many_racing_begins_takes_over_a_lapsed_claim(fixture: impl IdempotencyFixture) {
    let (store, key, now) = (fixture.store(), some_key(), now());
    let lapsed = claim(&*store, &key, now).await;

    let at = now.saturating_add(MINUTE);
    let claim = one_of_many_is_new(&fixture, &key, at).await;

    assert!(claim.token > lapsed.token, "{lapsed:?} {claim:?}");
    assert_eq!(finish(&*store, &claim, "done", at).await, Finish::Recorded);
}

async fn one_of_many_is_new(
    fixture: &impl IdempotencyFixture,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Claim {
    let answers = race(16, |_| {
        let (store, key) = (fixture.store(), key.clone());
        async move { store.begin(&key, MINUTE, now).await.unwrap() }
    });
    let answers = answers.await;

    let new = |answer: &Begin| match answer {
        Begin::New(claim) => Some(claim.clone()),
        _ => None,
    };
    let claims: Vec<_> = answers.iter().filter_map(new).collect();
    assert_eq!(claims.len(), 1, "{answers:?}");
    let busy = Begin::InProgress { until: now.saturating_add(MINUTE) };
    assert_eq!(answers.iter().filter(|answer| **answer == busy).count(), 15, "{answers:?}");
    claims[0].clone()
}

pub async fn keys_are_kept_apart(fixture: impl IdempotencyFixture) {
    let (store, base, now) = (fixture.store(), some_key(), now());
    for suffix in ["", "a", "A", "/a", ":a", " a", "á", "a\u{301}", "*", "%61"] {
        let key = IdempotencyKey::parse(&format!("{base}{suffix}")).expect("a valid key");
        let claim = claim(&*store, &key, now).await;
        let result = Bytes::from(key.to_string());
        let finished = store.finish(&claim, result.clone(), MINUTE, now).await.unwrap();
        assert_eq!(finished, Finish::Recorded);
        assert_begin(&*store, &key, now, Begin::Done(result)).await;
    }
}

pub async fn a_claim_lapses_after_its_time(fixture: impl IdempotencyFixture) {
    let (store, now) = (fixture.store(), now());
    for late in [Duration::ZERO, MOMENT, 10 * MINUTE] {
        let key = some_key();
        let lapsed = claim_for(&*store, &key, 2 * MINUTE, now).await;
        let until = now.saturating_add(2 * MINUTE);
        let before = until.saturating_sub(MOMENT);
        assert_begin(&*store, &key, before, Begin::InProgress { until }).await;

        let next = claim(&*store, &key, until.saturating_add(late)).await;

        assert!(next.token > lapsed.token, "{lapsed:?} {next:?}");
    }
}

pub async fn tokens_grow_with_each_claim(fixture: impl IdempotencyFixture) {
    let (store, key, mut now) = (fixture.store(), some_key(), now());
    let mut last = None;
    for n in 0..9 {
        let claim = claim(&*store, &key, now).await;
        // What was abandoned may be forgotten, but a claim that merely ended is remembered.
        assert!(last < Some(claim.token), "{last:?} {claim:?}");
        last = Some(claim.token);
        if n % 2 == 0 {
            assert_eq!(finish(&*store, &claim, "done", now).await, Finish::Recorded);
        }
        now = now.saturating_add(MINUTE);
    }
}

/// It may have been claimed by the begin that was not answered.
pub async fn a_begin_without_an_answer_is_not_new_again(fixture: impl IdempotencyFixture) {
    for fault in Fault::ALL {
        let (store, key, now) = (fixture.store(), some_key(), now());
        let faulty = FaultyIdempotency::new(store.clone(), FaultPlan::new([fault]));

        let first = faulty.begin(&key, MINUTE, now).await;

        let until = now.saturating_add(MINUTE);
        match fault {
            Fault::Refused | Fault::RequestLost => {
                first.unwrap_err();
                claim(&*store, &key, now).await;
            }
            Fault::ReplyLost => {
                first.unwrap_err();
                assert_begin(&*store, &key, now, Begin::InProgress { until }).await;
            }
            Fault::Repeated => assert_eq!(first.unwrap(), Begin::InProgress { until }),
        }
        claim(&*store, &key, until).await;
    }
}

pub async fn a_store_that_cannot_be_asked_lets_nothing_run(fixture: impl IdempotencyFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let (key, now) = (some_key(), now());
    store.begin(&key, MINUTE, now).await.unwrap_err();
    let claim = Claim { key, token: 1 };
    store.finish(&claim, Bytes::new(), MINUTE, now).await.unwrap_err();
    store.abandon(&claim).await.unwrap_err();
}
