//! Who holds a lock, and for how long.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::{LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager as _, Renew};

use super::{LockFixture, assert_busy, hold, owner, some_name};
use crate::faults::{Fault, FaultPlan, FaultyLocks};
use crate::race::race;
use crate::unique::{MINUTE, MOMENT, now};

pub async fn a_free_lock_is_held_for_the_time_asked(fixture: impl LockFixture) {
    let (store, now) = (fixture.store(), now());
    for ttl in [MOMENT, MINUTE, Duration::from_hours(24)] {
        let name = some_name();
        let lease = hold(&*store, &name, ttl, now).await;
        assert_eq!(lease, Lease { name, token: lease.token, until: now.saturating_add(ttl) });
    }
}

pub async fn a_held_lock_is_busy_until_its_end(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let until = hold(&*store, &name, MINUTE, now).await.until;

    for at in [now, now.saturating_sub(MINUTE), until.saturating_sub(MOMENT)] {
        assert_busy(&*store, &name, until, at).await;
    }
    hold(&*store, &name, MINUTE, until).await;
}

pub async fn a_lock_is_not_re_entrant(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let lease = hold(&*store, &name, MINUTE, now).await;

    let again = store.acquire(&name, &owner("holder"), 2 * MINUTE, now).await.unwrap();

    assert_eq!(again, Acquire::Busy { until: lease.until });
    assert_busy(&*store, &name, lease.until, now).await;
}

pub async fn one_of_many_racing_acquires_holds_the_lock(fixture: impl LockFixture) {
    one_of_many_holds(&fixture, &some_name(), now()).await;
}

pub async fn one_of_many_racing_acquires_takes_over_an_ended_lease(fixture: impl LockFixture) {
    let (name, now) = (some_name(), now());
    let ended = hold(&*fixture.store(), &name, MINUTE, now).await;

    let lease = one_of_many_holds(&fixture, &name, ended.until).await;

    assert!(lease.token > ended.token, "{ended:?} {lease:?}");
}

async fn one_of_many_holds(fixture: &impl LockFixture, name: &LockName, now: Timestamp) -> Lease {
    let answers = race(16, |n| {
        let (store, name, owner) = (fixture.store(), name.clone(), owner(&format!("host-{n}")));
        async move { store.acquire(&name, &owner, MINUTE, now).await.unwrap() }
    });
    let answers = answers.await;

    let held = |answer: &Acquire| match answer {
        Acquire::Held(lease) => Some(lease.clone()),
        Acquire::Busy { .. } => None,
    };
    let holders: Vec<_> = answers.iter().filter_map(held).collect();
    assert_eq!(holders.len(), 1, "{answers:?}");
    let busy = Acquire::Busy { until: holders[0].until };
    assert_eq!(answers.iter().filter(|answer| **answer == busy).count(), 15, "{answers:?}");
    holders[0].clone()
}

pub async fn names_are_kept_apart(fixture: impl LockFixture) {
    let (store, base, now) = (fixture.store(), some_name(), now());
    for (n, suffix) in (0..).zip(["", "a", "A", "/a", ":a", " a", "á", "a\u{301}", "*"]) {
        let name = LockName::parse(&format!("{base}{suffix}")).expect("a valid name");
        let lease = hold(&*store, &name, (n + 1) * MINUTE, now).await;
        if n % 2 == 1 {
            store.release(&lease).await.unwrap();
        }
    }
    assert_busy(&*store, &base, now.saturating_add(MINUTE), now).await;
}

pub async fn tokens_grow_with_each_acquisition(fixture: impl LockFixture) {
    let (store, name, mut now) = (fixture.store(), some_name(), now());
    let mut last = None;
    for n in 0..12 {
        let lease = hold(&*store, &name, MINUTE, now).await;
        assert!(last < Some(lease.token), "{last:?} {lease:?}");
        last = Some(lease.token);
        // Let go of in each way there is, and once asked for in vain.
        assert_busy(&*store, &name, lease.until, now).await;
        match n % 3 {
            0 => store.release(&lease).await.unwrap(),
            1 => now = lease.until,
            _ => {
                assert!(matches!(store.renew(&lease, 2 * MINUTE, now).await, Ok(Renew::Held(_))));
                now = now.saturating_add(2 * MINUTE);
            }
        }
    }
}

pub async fn a_renewed_lock_is_held_until_its_new_end(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let mut lease = hold(&*store, &name, MINUTE, now).await;
    for _ in 0..3 {
        let at = lease.until.saturating_sub(MOMENT);
        let until = at.saturating_add(MINUTE);

        let renewed = store.renew(&lease, MINUTE, at).await.unwrap();

        lease = Lease { until, ..lease };
        assert_eq!(renewed, Renew::Held(lease.clone()));
        assert_busy(&*store, &name, until, until.saturating_sub(MOMENT)).await;
    }
    hold(&*store, &name, MINUTE, lease.until).await;
}

pub async fn a_renewal_may_shorten_the_lease(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let lease = hold(&*store, &name, 10 * MINUTE, now).await;

    let until = now.saturating_add(MINUTE);
    let renewed = store.renew(&lease, MINUTE, now).await.unwrap();

    assert_eq!(renewed, Renew::Held(Lease { until, ..lease }));
    assert_busy(&*store, &name, until, until.saturating_sub(MOMENT)).await;
    hold(&*store, &name, MINUTE, until).await;
}

pub async fn a_copy_from_before_a_renewal_is_the_same_lease(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let before = hold(&*store, &name, MINUTE, now).await;
    assert!(matches!(store.renew(&before, 3 * MINUTE, now).await.unwrap(), Renew::Held(_)));

    let later = now.saturating_add(2 * MINUTE);
    let renewed = store.renew(&before, 3 * MINUTE, later).await.unwrap();

    let until = later.saturating_add(3 * MINUTE);
    assert_eq!(renewed, Renew::Held(Lease { until, ..before.clone() }));
    store.release(&before).await.unwrap();
    hold(&*store, &name, MINUTE, later).await;
}

pub async fn a_lease_without_end_is_possible(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let lease = hold(&*store, &name, Duration::MAX, now).await;
    assert_eq!(lease.until, Timestamp::MAX);

    let later = now.saturating_add(Duration::from_hours(24 * 365 * 100));
    assert_busy(&*store, &name, Timestamp::MAX, later).await;
    assert_eq!(store.renew(&lease, Duration::MAX, later).await.unwrap(), Renew::Held(lease));
}

pub async fn an_acquire_without_an_answer_may_hold_the_lock(fixture: impl LockFixture) {
    for fault in Fault::ALL {
        let (store, name, now) = (fixture.store(), some_name(), now());
        let faulty = FaultyLocks::new(store.clone(), FaultPlan::new([fault]));

        let first = faulty.acquire(&name, &owner("holder"), MINUTE, now).await;

        let until = now.saturating_add(MINUTE);
        match fault {
            Fault::Refused | Fault::RequestLost => {
                first.unwrap_err();
                hold(&*store, &name, MINUTE, now).await;
            }
            Fault::ReplyLost => {
                first.unwrap_err();
                assert_busy(&*store, &name, until, now).await;
            }
            Fault::Repeated => assert_eq!(first.unwrap(), Acquire::Busy { until }),
        }
        hold(&*store, &name, MINUTE, until).await;
    }
}

pub async fn renewals_and_releases_may_be_repeated(fixture: impl LockFixture) {
    for fault in Fault::ALL {
        let (store, name, now) = (fixture.store(), some_name(), now());
        let lease = hold(&*store, &name, MINUTE, now).await;
        let until = now.saturating_add(3 * MINUTE);

        let faulty = FaultyLocks::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.renew(&lease, 3 * MINUTE, now).await;
        let renewed = faulty.renew(&lease, 3 * MINUTE, now).await.unwrap();
        assert_eq!(renewed, Renew::Held(Lease { until, ..lease.clone() }), "{first:?}");

        let faulty = FaultyLocks::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.release(&lease).await;
        faulty.release(&lease).await.unwrap();
        assert_eq!(first.is_ok(), fault == Fault::Repeated, "{fault:?}");
        hold(&*store, &name, MINUTE, now).await;
    }
}

pub async fn leases_and_tokens_survive_a_restart(fixture: impl LockFixture) {
    let (store, now) = (fixture.store(), now());
    let held = hold(&*store, &some_name(), 10 * MINUTE, now).await;
    let released = hold(&*store, &some_name(), 10 * MINUTE, now).await;
    store.release(&released).await.unwrap();
    let ended = hold(&*store, &some_name(), MINUTE, now).await;
    drop(store);

    let Some(fixture) = fixture.reopen().await else { return };

    let (store, now) = (fixture.store(), ended.until);
    assert_busy(&*store, &held.name, held.until, now).await;
    assert!(matches!(store.renew(&held, MINUTE, now).await.unwrap(), Renew::Held(_)));
    for earlier in [released, ended] {
        let lease = hold(&*store, &earlier.name, MINUTE, now).await;
        assert!(lease.token > earlier.token, "{earlier:?} {lease:?}");
    }
}

pub async fn a_store_that_cannot_be_reached_is_not_busy(fixture: impl LockFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let (name, now) = (some_name(), now());
    store.acquire(&name, &owner("holder"), MINUTE, now).await.unwrap_err();
    let lease = Lease { name, token: 1, until: now.saturating_add(MINUTE) };
    store.renew(&lease, MINUTE, now).await.unwrap_err();
    store.release(&lease).await.unwrap_err();
}
