//! The suite for [`IdempotencyStore`].

pub mod beginning;
pub mod ending;
pub mod model;

use std::time::Duration;

use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore};

use crate::unique::{MINUTE, unique};

crate::fixture::fixture!(IdempotencyFixture: dyn IdempotencyStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: IdempotencyFixture>() -> Vec<crate::Case> {
    crate::__idempotency_cases!(__suite_list [idempotency IdempotencyFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! idempotency_suite {
    ($fixture:ty) => {
        $crate::__idempotency_cases!(
            __suite_tests [idempotency IdempotencyFixture $fixture, []]
        );
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__idempotency_cases!(
            __suite_tests [idempotency IdempotencyFixture $fixture, [#[ignore = $why]]]
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __idempotency_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            beginning::a_key_is_new_once
            beginning::one_of_many_racing_begins_is_new
            beginning::one_of_many_racing_begins_takes_over_a_lapsed_claim
            beginning::keys_are_kept_apart
            beginning::a_claim_lapses_after_its_time
            beginning::tokens_grow_with_each_claim
            beginning::a_begin_without_an_answer_is_not_new_again
            beginning::a_store_that_cannot_be_asked_lets_nothing_run
            ending::a_result_is_given_to_all_who_ask_later
            ending::a_result_is_remembered_for_the_time_asked
            ending::a_claim_that_lapsed_cannot_be_finished
            ending::a_claim_that_somebody_took_over_cannot_be_finished
            ending::a_forgotten_claim_is_not_mistaken_for_a_later_one
            ending::a_repeated_finish_keeps_the_first_result
            ending::one_result_is_kept_of_racing_ones
            ending::an_abandoned_request_may_be_tried_at_once
            ending::an_abandoned_claim_cannot_be_finished
            ending::a_late_abandon_changes_nothing
            ending::finishes_and_abandons_may_be_repeated
            ending::a_sweep_removes_what_expired_and_nothing_else
            ending::claims_and_results_survive_a_restart
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_key() -> IdempotencyKey {
    IdempotencyKey::parse(&unique("request")).expect("a valid key")
}

/// Begins a request that nobody is running.
async fn claim(store: &dyn IdempotencyStore, key: &IdempotencyKey, now: Timestamp) -> Claim {
    claim_for(store, key, MINUTE, now).await
}

async fn claim_for(
    store: &dyn IdempotencyStore,
    key: &IdempotencyKey,
    ttl: Duration,
    now: Timestamp,
) -> Claim {
    match store.begin(key, ttl, now).await.unwrap() {
        Begin::New(claim) => {
            assert_eq!(claim.key, *key);
            claim
        }
        other => panic!("{key} should be new at {now}: {other:?}"),
    }
}

/// Checks what a begin is answered at `now`.
async fn assert_begin(
    store: &dyn IdempotencyStore,
    key: &IdempotencyKey,
    now: Timestamp,
    answer: Begin,
) {
    assert_eq!(store.begin(key, MINUTE, now).await.unwrap(), answer, "{key} at {now}");
}

async fn finish(
    store: &dyn IdempotencyStore,
    claim: &Claim,
    result: &'static str,
    now: Timestamp,
) -> Finish {
    store.finish(claim, Bytes::from_static(result.as_bytes()), MINUTE, now).await.unwrap()
}

fn done(result: &'static str) -> Begin {
    Begin::Done(Bytes::from_static(result.as_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("idempotency/beginning.rs"),
            include_str!("idempotency/ending.rs"),
            include_str!("idempotency/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("idempotency.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
