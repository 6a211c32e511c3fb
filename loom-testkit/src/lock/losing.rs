//! How a lock is lost, and let go.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::Timestamp;
use loom_ports::{Lease, Renew};

use super::{LockFixture, assert_busy, assert_lost, hold, some_name};
use crate::unique::{MINUTE, MOMENT, now};

/// Also when nobody took the lock in the meantime.
pub async fn an_ended_lease_is_never_revived(fixture: impl LockFixture) {
    let (store, now) = (fixture.store(), now());
    for late in [Duration::ZERO, MOMENT, 10 * MINUTE] {
        let lease = hold(&*store, &some_name(), MINUTE, now).await;
        let at = lease.until.saturating_add(late);

        assert_lost(&*store, &lease, at).await;

        let next = hold(&*store, &lease.name, MINUTE, at).await;
        assert!(next.token > lease.token, "{lease:?} {next:?}");
    }
}

pub async fn a_lease_is_as_long_as_the_store_says(fixture: impl LockFixture) {
    let (store, now) = (fixture.store(), now());
    let lease = hold(&*store, &some_name(), MINUTE, now).await;
    for claimed in [Timestamp::EPOCH, Timestamp::MAX] {
        let doctored = Lease { until: claimed, ..lease.clone() };
        let renewed = store.renew(&doctored, MINUTE, now).await.unwrap();
        assert_eq!(renewed, Renew::Held(lease.clone()), "{claimed}");
        assert_lost(&*store, &doctored, lease.until).await;
    }
}

pub async fn a_lock_that_somebody_took_is_lost(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let lost = hold(&*store, &name, MINUTE, now).await;
    let current = hold(&*store, &name, 5 * MINUTE, lost.until).await;

    // Its clock may be behind the one by which it lost.
    for at in [now, lost.until.saturating_sub(MOMENT), lost.until, current.until] {
        assert_lost(&*store, &lost, at).await;
    }
    let at = current.until.saturating_sub(MOMENT);
    assert_busy(&*store, &name, current.until, at).await;
    let until = at.saturating_add(MINUTE);
    let renewed = store.renew(&current, MINUTE, at).await.unwrap();
    assert_eq!(renewed, Renew::Held(Lease { until, ..current }));
}

pub async fn a_released_lock_is_free_at_once(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    for _ in 0..3 {
        let lease = hold(&*store, &name, MINUTE, now).await;
        store.release(&lease).await.unwrap();
    }
}

pub async fn a_released_lease_is_lost(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let lease = hold(&*store, &name, MINUTE, now).await;
    store.release(&lease).await.unwrap();

    assert_lost(&*store, &lease, now).await;

    hold(&*store, &name, MINUTE, now).await;
    assert_lost(&*store, &lease, now).await;
}

pub async fn a_stale_release_changes_nothing(fixture: impl LockFixture) {
    let (store, name, now) = (fixture.store(), some_name(), now());
    let released = hold(&*store, &name, MINUTE, now).await;
    store.release(&released).await.unwrap();
    let ended = hold(&*store, &name, MINUTE, now).await;
    let current = hold(&*store, &name, MINUTE, ended.until).await;

    for stale in [&released, &ended, &released] {
        store.release(stale).await.unwrap();
        assert_busy(&*store, &name, current.until, ended.until).await;
    }
    let never = Lease { name: some_name(), token: 1, until: current.until };
    store.release(&never).await.unwrap();

    let renewed = store.renew(&current, MINUTE, ended.until).await.unwrap();
    assert_eq!(renewed, Renew::Held(current));
}
