//! How instances come, stay and go.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use bytes::Bytes;
use loom_core::{Payload, Timestamp};
use loom_ports::{
    ActorRegistry as _, Choice, ErrorKind, Instance, InstanceBeat, METADATA_BYTES_MAX, Register,
    Registration,
};

use super::{
    BUSY, FREE, RegistryFixture, actor, all, beat, count, found, host, keys, load, register,
    registration, some_kind, told,
};
use crate::faults::{Fault, FaultPlan, FaultyRegistry};
use crate::race::race;
use crate::unique::{MINUTE, MOMENT, now};

use InstanceBeat::{Stayed, Unknown};
use Register::{New, Replaced};

fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

pub async fn what_was_never_registered_is_not_there(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    assert_eq!(store.get(&actor(&kind, "a"), now).await.unwrap(), None);
    for choice in [Choice::LeastBusy, Choice::Random(7)] {
        assert_eq!(store.find(&kind, choice, now).await.unwrap(), None);
    }
    assert_eq!(keys(&*store, &kind, now).await, [""; 0]);
    assert_eq!(count(&*store, &kind, now).await, loom_ports::RegistryStats::default());
    assert_eq!(told(&*store, &kind).await, []);
    assert_eq!(store.cleanup(&kind, now).await.unwrap(), 0);
    store.unregister(&actor(&kind, "a"), &host("one"), now).await.unwrap();
}

pub async fn an_instance_is_read_back_as_it_was_registered(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let long = format!("\"{}\"", "a".repeat(METADATA_BYTES_MAX - 2));
    for (n, text) in ["null", "{ \"endpoint\": 1.0 }", r#""\u0061 🧶""#, &long].iter().enumerate()
    {
        let metadata = json(text);
        let sent = Registration { metadata, ..registration(&kind, "a", load(n as u64)) };
        let answer = register(&*store, &sent, MINUTE, now).await;
        assert_eq!(answer, if n == 0 { New } else { Replaced });
        let until = now.saturating_add(MINUTE);
        let instance = Instance { registration: sent.clone(), until };
        assert_eq!(store.get(&sent.actor, now).await.unwrap().as_ref(), Some(&instance));
        let found = store.find(&kind, Choice::LeastBusy, now).await.unwrap();
        assert_eq!(found.as_ref(), Some(&instance));
        assert_eq!(all(&*store, &kind, 10, now).await, [instance]);
    }
}

pub async fn an_instance_lapses_at_the_end_of_its_time(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for (key, ttl) in [("short", MINUTE), ("long", 2 * MINUTE), ("endless", Duration::MAX)] {
        assert_eq!(register(&*store, &registration(&kind, key, FREE), ttl, now).await, New);
    }
    let rows: [(_, &[_]); 5] = [
        (now, &["endless", "long", "short"]),
        (now.saturating_add(MINUTE).saturating_sub(MOMENT), &["endless", "long", "short"]),
        (now.saturating_add(MINUTE), &["endless", "long"]),
        (now.saturating_add(2 * MINUTE), &["endless"]),
        (now.saturating_add(Duration::from_hours(24 * 365 * 100)), &["endless"]),
    ];
    for (at, living) in rows {
        assert_eq!(keys(&*store, &kind, at).await, living, "{at}");
        for key in ["short", "long", "endless"] {
            let read = store.get(&actor(&kind, key), at).await.unwrap();
            assert_eq!(read.is_some(), living.contains(&key), "{key} at {at}");
        }
    }
    let late = now.saturating_add(MINUTE);
    assert_eq!(register(&*store, &registration(&kind, "short", FREE), MINUTE, late).await, New);
    assert_eq!(keys(&*store, &kind, late).await, ["endless", "long", "short"]);
}

pub async fn a_heartbeat_of_the_unknown_writes_nothing(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let mine = registration(&kind, "a", FREE);
    assert_eq!(beat(&*store, &mine, FREE, MINUTE, now).await, Unknown);
    assert_eq!(keys(&*store, &kind, now).await, [""; 0]);

    assert_eq!(register(&*store, &mine, MINUTE, now).await, New);
    let other = Registration { host: host("other"), ..mine.clone() };
    assert_eq!(beat(&*store, &other, BUSY, 9 * MINUTE, now).await, Unknown);
    let late = now.saturating_add(MINUTE);
    assert_eq!(beat(&*store, &mine, FREE, MINUTE, late).await, Unknown);
    assert_eq!(keys(&*store, &kind, late).await, [""; 0]);
    assert_eq!(store.cleanup(&kind, late).await.unwrap(), 1);
    assert_eq!(beat(&*store, &mine, FREE, MINUTE, now).await, Unknown);
}

pub async fn a_heartbeat_keeps_an_instance_and_says_how_busy_it_is(fixture: impl RegistryFixture) {
    let (store, kind, mut now) = (fixture.store(), some_kind(), now());
    let mine = Registration { metadata: json("[1]"), ..registration(&kind, "a", load(3)) };
    assert_eq!(register(&*store, &mine, MINUTE, now).await, New);
    for condition in [load(7), BUSY, FREE, load(u64::MAX)] {
        now = now.saturating_add(MINUTE).saturating_sub(MOMENT);
        assert_eq!(beat(&*store, &mine, condition, MINUTE, now).await, Stayed);
        let until = now.saturating_add(MINUTE);
        let registration = Registration { condition, ..mine.clone() };
        let kept = Some(Instance { registration, until });
        assert_eq!(store.get(&mine.actor, now).await.unwrap(), kept);
        let found = store.find(&kind, Choice::LeastBusy, now).await.unwrap();
        assert_eq!(found, kept.filter(|_| !condition.busy), "{condition:?}");
    }
    // A shorter time too.
    assert_eq!(beat(&*store, &mine, FREE, MOMENT, now).await, Stayed);
    assert_eq!(store.get(&mine.actor, now.saturating_add(MOMENT)).await.unwrap(), None);
}

pub async fn an_actor_that_moved_is_where_it_is_now(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let before = registration(&kind, "a", BUSY);
    let after = Registration { host: host("two"), condition: FREE, ..before.clone() };
    assert_eq!(register(&*store, &before, 5 * MINUTE, now).await, New);
    assert_eq!(register(&*store, &after, MINUTE, now).await, Replaced);
    assert_eq!(beat(&*store, &before, FREE, MINUTE, now).await, Unknown);
    store.unregister(&before.actor, &before.host, now).await.unwrap();
    let instance = Instance { registration: after, until: now.saturating_add(MINUTE) };
    assert_eq!(all(&*store, &kind, 10, now).await, [instance]);
    assert_eq!(found(&*store, &kind, Choice::LeastBusy, now).await.as_deref(), Some("a"));
    assert_eq!(keys(&*store, &kind, now.saturating_add(MINUTE)).await, [""; 0]);
}

pub async fn only_its_host_unregisters_an_instance(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for key in ["a", "aa"] {
        assert_eq!(register(&*store, &registration(&kind, key, FREE), MINUTE, now).await, New);
    }
    store.unregister(&actor(&kind, "a"), &host("other"), now).await.unwrap();
    store.unregister(&actor(&kind, "A"), &host("one"), now).await.unwrap();
    assert_eq!(keys(&*store, &kind, now).await, ["a", "aa"]);
    store.unregister(&actor(&kind, "a"), &host("one"), now).await.unwrap();
    assert_eq!(keys(&*store, &kind, now).await, ["aa"]);
    assert_eq!(found(&*store, &kind, Choice::Random(1), now).await.as_deref(), Some("aa"));
    assert_eq!(register(&*store, &registration(&kind, "a", FREE), MINUTE, now).await, New);
}

/// Names that mean something to a store must not.
pub async fn any_name_may_be_registered(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let sorted = ["all", "heartbeat:all", "type:k", "{all}", "á"];
    for key in sorted {
        assert_eq!(register(&*store, &registration(&kind, key, FREE), MINUTE, now).await, New);
    }
    assert_eq!(keys(&*store, &kind, now).await, sorted);
}

pub async fn kinds_are_listed_with_what_was_told(fixture: impl RegistryFixture) {
    let store = fixture.store();
    let mut kinds = [some_kind(), some_kind(), some_kind()];
    for (n, kind) in kinds.iter().enumerate() {
        store.declare(kind, &Payload::NULL).await.unwrap();
        store.declare(kind, &json(&format!("[ {n} ]"))).await.unwrap();
    }
    let mut expected: Vec<_> =
        (0..3).map(|n| (kinds[n].clone(), json(&format!("[ {n} ]")))).collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    kinds.sort();
    for limit in [1, 2, 100] {
        let page = async |from: Option<&_>| store.kinds(from, limit).await;
        let mut all = crate::pages::all(limit, page).await;
        all.retain(|(kind, _)| kinds.contains(kind));
        assert_eq!(all, expected, "{limit}");
    }
}

pub async fn instances_are_listed_in_pages_in_the_order_of_their_keys(
    fixture: impl RegistryFixture,
) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let sorted = ["-", "10", "9", "A", "a", "a b", "a/b", "ab", "á", "🧶"];
    for (n, key) in sorted.iter().rev().enumerate() {
        let registration = registration(&kind, key, load(n as u64 % 3));
        assert_eq!(register(&*store, &registration, MINUTE, now).await, New);
    }
    for limit in [1, 3, 9, 10, 11] {
        let all = all(&*store, &kind, limit, now).await;
        let keys = all.iter().map(|instance| instance.registration.actor.key());
        assert!(keys.eq(sorted), "{limit}: {all:?}");
    }
}

pub async fn a_cleanup_removes_the_lapsed_and_nothing_else(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for n in 0..30_u32 {
        let registration = registration(&kind, &format!("{n:02}"), FREE);
        let ttl = if n % 3 == 0 { 5 * MINUTE } else { MINUTE };
        assert_eq!(register(&*store, &registration, ttl, now).await, New);
    }
    let edge = now.saturating_add(MINUTE);
    for (at, removed, left) in [(edge.saturating_sub(MOMENT), 0, 30), (edge, 20, 10), (edge, 0, 10)]
    {
        assert_eq!(store.cleanup(&kind, at).await.unwrap(), removed, "{at}");
        // What was removed is not there for whoever's clock is behind either.
        assert_eq!(keys(&*store, &kind, now).await.len(), left, "{at}");
    }
    assert_eq!(store.cleanup(&kind, now.saturating_add(5 * MINUTE)).await.unwrap(), 10);
}

pub async fn instances_that_register_at_once_are_all_there(fixture: impl RegistryFixture) {
    let (kind, now) = (some_kind(), now());
    let answers = race(16, |n| {
        let store = fixture.store();
        let registration = registration(&kind, &format!("{n:02}"), FREE);
        async move { register(&*store, &registration, MINUTE, now).await }
    });
    assert_eq!(answers.await, [New; 16]);
    let store = fixture.store();
    assert_eq!(keys(&*store, &kind, now).await.len(), 16);
    let numbers: Vec<_> = store.events(&kind, None, 100).await.unwrap();
    let numbers: Vec<_> = numbers.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=16).collect::<Vec<_>>());
}

pub async fn calls_may_be_repeated(fixture: impl RegistryFixture) {
    let (store, now) = (fixture.store(), now());
    for fault in Fault::ALL {
        let kind = some_kind();
        let faulty = || FaultyRegistry::new(store.clone(), FaultPlan::new([fault]));
        let mine = registration(&kind, "a", load(1));
        let instance = |condition| {
            let registration = Registration { condition, ..mine.clone() };
            Instance { registration, until: now.saturating_add(MINUTE) }
        };

        let network = faulty();
        let first = network.register(&mine, MINUTE, now).await;
        let again = network.register(&mine, MINUTE, now).await.unwrap();
        let arrived = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        assert_eq!(again, if arrived { Replaced } else { New }, "{first:?}");
        assert_eq!(all(&*store, &kind, 10, now).await, [instance(load(1))]);

        let network = faulty();
        let first = network.heartbeat(&mine.actor, &mine.host, BUSY, MINUTE, now).await;
        let again = network.heartbeat(&mine.actor, &mine.host, BUSY, MINUTE, now).await;
        assert_eq!(again.unwrap(), Stayed, "{first:?}");
        assert_eq!(all(&*store, &kind, 10, now).await, [instance(BUSY)]);

        let network = faulty();
        let first = network.unregister(&mine.actor, &mine.host, now).await;
        network.unregister(&mine.actor, &mine.host, now).await.unwrap();
        assert_eq!(first.is_ok(), fault == Fault::Repeated);
        assert_eq!(all(&*store, &kind, 10, now).await, []);
        // Registered, busy, unregistered: each once, whatever was lost.
        assert_eq!(told(&*store, &kind).await.len(), 3, "{fault:?}");
    }
}

pub async fn instances_survive_a_restart(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    assert_eq!(register(&*store, &registration(&kind, "a", FREE), MINUTE, now).await, New);
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    assert_eq!(keys(&*fixture.store(), &kind, now).await, ["a"]);
}

pub async fn metadata_that_is_too_large_is_invalid(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let metadata = Payload(vec![b'1'; METADATA_BYTES_MAX + 1].into());
    let error = store.declare(&kind, &metadata).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let large = Registration { metadata, ..registration(&kind, "a", FREE) };
    let error = store.register(&large, MINUTE, now).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

pub async fn a_registry_that_cannot_be_reached_is_not_empty(fixture: impl RegistryFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let (kind, now) = (some_kind(), Timestamp::EPOCH);
    let mine = registration(&kind, "a", FREE);
    store.declare(&kind, &Payload::NULL).await.unwrap_err();
    store.kinds(None, 10).await.unwrap_err();
    store.register(&mine, MINUTE, now).await.unwrap_err();
    store.heartbeat(&mine.actor, &mine.host, FREE, MINUTE, now).await.unwrap_err();
    store.unregister(&mine.actor, &mine.host, now).await.unwrap_err();
    store.get(&mine.actor, now).await.unwrap_err();
    store.find(&kind, Choice::LeastBusy, now).await.unwrap_err();
    store.instances(&kind, None, 10, now).await.unwrap_err();
    store.stats(&kind, None, now).await.unwrap_err();
    store.events(&kind, None, 10).await.unwrap_err();
    store.cleanup(&kind, now).await.unwrap_err();
}
