//! The suite for [`LockManager`].

pub mod holding;
pub mod losing;
pub mod model;

use std::time::Duration;

use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, Renew};

use crate::unique::unique;

crate::fixture::fixture!(LockFixture: dyn LockManager);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: LockFixture>() -> Vec<crate::Case> {
    crate::__lock_cases!(__suite_list [lock LockFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! lock_suite {
    ($fixture:ty) => {
        $crate::__lock_cases!(__suite_tests [lock LockFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__lock_cases!(__suite_tests [lock LockFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __lock_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            holding::a_free_lock_is_held_for_the_time_asked
            holding::a_held_lock_is_busy_until_its_end
            holding::a_lock_is_not_re_entrant
            holding::one_of_many_racing_acquires_holds_the_lock
            holding::one_of_many_racing_acquires_takes_over_an_ended_lease
            holding::names_are_kept_apart
            holding::tokens_grow_with_each_acquisition
            holding::a_renewed_lock_is_held_until_its_new_end
            holding::a_renewal_may_shorten_the_lease
            holding::a_copy_from_before_a_renewal_is_the_same_lease
            holding::a_lease_without_end_is_possible
            holding::an_acquire_without_an_answer_may_hold_the_lock
            holding::renewals_and_releases_may_be_repeated
            holding::leases_and_tokens_survive_a_restart
            holding::a_store_that_cannot_be_reached_is_not_busy
            losing::an_ended_lease_is_never_revived
            losing::a_lease_is_as_long_as_the_store_says
            losing::a_lock_that_somebody_took_is_lost
            losing::a_released_lock_is_free_at_once
            losing::a_released_lease_is_lost
            losing::a_stale_release_changes_nothing
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_name() -> LockName {
    LockName::parse(&unique("lock")).expect("a valid name")
}

fn owner(name: &str) -> HostId {
    HostId::parse(name).expect("a valid host")
}

/// Acquires a lock that is free.
async fn hold(store: &dyn LockManager, name: &LockName, ttl: Duration, now: Timestamp) -> Lease {
    match store.acquire(name, &owner("holder"), ttl, now).await.unwrap() {
        Acquire::Held(lease) => lease,
        busy @ Acquire::Busy { .. } => panic!("{name} should be free at {now}: {busy:?}"),
    }
}

/// Checks that nobody can acquire a lock at `now`, and until when.
async fn assert_busy(store: &dyn LockManager, name: &LockName, until: Timestamp, now: Timestamp) {
    let answer = store.acquire(name, &owner("somebody else"), crate::unique::MINUTE, now).await;
    assert_eq!(answer.unwrap(), Acquire::Busy { until }, "{name} at {now}");
}

async fn assert_lost(store: &dyn LockManager, lease: &Lease, now: Timestamp) {
    let answer = store.renew(lease, crate::unique::MINUTE, now).await.unwrap();
    assert_eq!(answer, Renew::Lost, "{lease:?} at {now}");
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("lock/holding.rs"),
            include_str!("lock/losing.rs"),
            include_str!("lock/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("lock.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
