//! Who is a member, and until when.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::{Payload, Timestamp};
use loom_ports::{Coordination as _, Heartbeat};

use super::{CoordinationFixture, beat, details, host, member, names};
use crate::faults::{Fault, FaultPlan, FaultyCoordination};
use crate::race::race;
use crate::unique::{MINUTE, MOMENT, now};

use Heartbeat::{Joined, Stayed};

pub async fn a_new_cluster_has_no_members(fixture: impl CoordinationFixture) {
    assert_eq!(fixture.store().members(now()).await.unwrap(), []);
}

pub async fn a_host_joins_once_and_then_stays(fixture: impl CoordinationFixture) {
    let (store, mut now) = (fixture.store(), now());
    assert_eq!(beat(&*store, "a", MINUTE, now).await, Joined);
    for _ in 0..5 {
        now = now.saturating_add(MINUTE).saturating_sub(MOMENT);
        assert_eq!(names(&*store, now).await, ["a"], "{now}");
        assert_eq!(beat(&*store, "a", MINUTE, now).await, Stayed, "{now}");
    }
}

pub async fn a_member_is_given_up_after_its_time(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    assert_eq!(beat(&*store, "short", MINUTE, now).await, Joined);
    assert_eq!(beat(&*store, "long", 2 * MINUTE, now).await, Joined);
    assert_eq!(beat(&*store, "endless", Duration::MAX, now).await, Joined);

    let rows: [(_, &[_]); 5] = [
        (now, &["endless", "long", "short"]),
        (now.saturating_add(MINUTE).saturating_sub(MOMENT), &["endless", "long", "short"]),
        (now.saturating_add(MINUTE), &["endless", "long"]),
        (now.saturating_add(2 * MINUTE), &["endless"]),
        (now.saturating_add(Duration::from_hours(24 * 365 * 100)), &["endless"]),
    ];
    for (at, members) in rows {
        assert_eq!(names(&*store, at).await, members, "{at}");
    }
}

pub async fn a_host_that_was_given_up_joins_again(fixture: impl CoordinationFixture) {
    let store = fixture.store();
    for (n, seen) in [true, false].into_iter().enumerate() {
        for late in [Duration::ZERO, MOMENT, 10 * MINUTE] {
            let (name, now) = (format!("{n}-{}", late.as_millis()), now());
            assert_eq!(beat(&*store, &name, MINUTE, now).await, Joined);

            let at = now.saturating_add(MINUTE + late);
            if seen {
                assert!(!names(&*store, at).await.contains(&name));
            }
            assert_eq!(beat(&*store, &name, MINUTE, at).await, Joined, "{name}");
            assert!(names(&*store, at).await.contains(&name));
        }
    }
}

pub async fn a_heartbeat_replaces_what_was_told_before(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    // The time too, be it longer or shorter than before.
    for (n, ttl) in [2 * MINUTE, 5 * MINUTE, MINUTE].into_iter().enumerate() {
        let told = format!(r#"{{"n":{n}}}"#);
        let answer = store.heartbeat(&host("a"), &details(&told), ttl, now).await.unwrap();
        assert_eq!(answer, if n == 0 { Joined } else { Stayed });

        let until = now.saturating_add(ttl);
        assert_eq!(store.members(now).await.unwrap(), [member("a", &told, until)]);
        assert_eq!(names(&*store, until).await, Vec::<String>::new());
    }
}

pub async fn details_are_read_back_byte_for_byte(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    let until = now.saturating_add(MINUTE);
    for json in ["null", "{ \"b\": 1.0, \"a\": [ ] }", r#""\u0061 🧶""#] {
        let _ = store.heartbeat(&host("a"), &details(json), MINUTE, now).await.unwrap();
        assert_eq!(store.members(now).await.unwrap(), [member("a", json, until)]);
    }
}

pub async fn a_host_that_leaves_is_gone_at_once(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    for name in ["a", "b"] {
        assert_eq!(beat(&*store, name, MINUTE, now).await, Joined);
    }

    store.leave(&host("a")).await.unwrap();

    assert_eq!(names(&*store, now).await, ["b"]);
    assert_eq!(beat(&*store, "a", MINUTE, now).await, Joined);
    assert_eq!(beat(&*store, "b", MINUTE, now).await, Stayed);
    assert_eq!(names(&*store, now).await, ["a", "b"]);
}

pub async fn leaving_without_being_a_member_changes_nothing(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    assert_eq!(beat(&*store, "a", MINUTE, now).await, Joined);
    for name in ["A", "aa", "a ", "unknown", "unknown"] {
        store.leave(&host(name)).await.unwrap();
        assert_eq!(names(&*store, now).await, ["a"], "{name}");
    }
}

/// Byte by byte, which is neither how people sort nor how UTF-16 does.
pub async fn members_are_in_the_order_of_their_ids(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    let sorted =
        ["-", "10", "9", "A", "a", "a ", "a-b", "a.example:8080", "a/b", "ab", "á", "ﬀ", "🧶"];
    for name in sorted.iter().rev() {
        assert_eq!(beat(&*store, name, MINUTE, now).await, Joined, "{name}");
    }
    assert_eq!(names(&*store, now).await, sorted);
}

pub async fn hosts_that_join_at_once_are_all_members(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    let answers = race(16, |n| {
        let store = fixture.store();
        async move { beat(&*store, &format!("host-{n:02}"), MINUTE, now).await }
    });
    assert_eq!(answers.await, [Joined; 16]);

    let all: Vec<_> = (0..16).map(|n| format!("host-{n:02}")).collect();
    assert_eq!(names(&*store, now).await, all);
}

pub async fn heartbeats_and_leaves_may_be_repeated(fixture: impl CoordinationFixture) {
    let (store, now) = (fixture.store(), now());
    for fault in Fault::ALL {
        let faulty = FaultyCoordination::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.heartbeat(&host("a"), &details("1"), MINUTE, now).await;
        let again = faulty.heartbeat(&host("a"), &details("1"), MINUTE, now).await.unwrap();
        match fault {
            Fault::Refused | Fault::RequestLost => assert_eq!(again, Joined, "{first:?}"),
            Fault::ReplyLost | Fault::Repeated => assert_eq!(again, Stayed, "{first:?}"),
        }
        let joined = member("a", "1", now.saturating_add(MINUTE));
        assert_eq!(store.members(now).await.unwrap(), [joined]);

        let faulty = FaultyCoordination::new(store.clone(), FaultPlan::new([fault]));
        let first = faulty.leave(&host("a")).await;
        faulty.leave(&host("a")).await.unwrap();
        assert_eq!(first.is_ok(), fault == Fault::Repeated, "{fault:?}");
        assert_eq!(names(&*store, now).await, Vec::<String>::new());
    }
}

pub async fn a_cluster_that_cannot_be_reached_is_not_empty(fixture: impl CoordinationFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    store.members(Timestamp::EPOCH).await.unwrap_err();
    store.heartbeat(&host("a"), &Payload::NULL, MINUTE, now()).await.unwrap_err();
    store.leave(&host("a")).await.unwrap_err();
}
