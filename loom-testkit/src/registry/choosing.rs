//! Which of many instances is found.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::collections::BTreeMap;

use loom_ports::{Choice, Condition, InstanceBeat, Register, RegistryStats};

use super::{
    BUSY, FREE, RegistryFixture, beat, count, found, load, register, registration, some_kind,
};
use crate::unique::{MINUTE, now};

pub async fn the_least_busy_is_found(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for (key, to_do, least) in [
        ("b", u64::MAX, "b"),
        ("c", 300, "c"),
        // Of two that are as busy the first in the order of their keys.
        ("d", 300, "c"),
        ("a", 300, "a"),
        ("e", 299, "e"),
        ("f", 1 << 40, "e"),
    ] {
        let registration = registration(&kind, key, load(to_do));
        assert_eq!(register(&*store, &registration, MINUTE, now).await, Register::New);
        let chosen = found(&*store, &kind, Choice::LeastBusy, now).await;
        assert_eq!(chosen.as_deref(), Some(least), "after {key}");
    }
    for (key, to_do, least) in [("e", 301, "a"), ("b", 0, "b"), ("b", 301, "a"), ("a", 302, "c")] {
        let registration = registration(&kind, key, FREE);
        let answer = beat(&*store, &registration, load(to_do), MINUTE, now).await;
        assert_eq!(answer, InstanceBeat::Stayed);
        let chosen = found(&*store, &kind, Choice::LeastBusy, now).await;
        assert_eq!(chosen.as_deref(), Some(least), "after {key}");
    }
}

pub async fn busy_ones_and_lapsed_ones_are_skipped(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let late = now.saturating_add(MINUTE);
    for (key, condition, ttl) in
        [("busy", BUSY, 2 * MINUTE), ("lapses", FREE, MINUTE), ("free", load(9), 2 * MINUTE)]
    {
        let registration = registration(&kind, key, condition);
        assert_eq!(register(&*store, &registration, ttl, now).await, Register::New);
    }
    assert_eq!(found(&*store, &kind, Choice::LeastBusy, now).await.as_deref(), Some("lapses"));
    let free = registration(&kind, "free", FREE);
    for choice in (0..20).map(Choice::Random).chain([Choice::LeastBusy]) {
        assert_eq!(found(&*store, &kind, choice, late).await.as_deref(), Some("free"));
    }
    let answer = beat(&*store, &free, Condition { busy: true, load: 9 }, MINUTE, late).await;
    assert_eq!(answer, InstanceBeat::Stayed);
    for choice in (0..20).map(Choice::Random).chain([Choice::LeastBusy]) {
        assert_eq!(found(&*store, &kind, choice, late).await, None, "{choice:?}");
    }
}

pub async fn chance_finds_everybody_and_the_same_number_the_same_one(
    fixture: impl RegistryFixture,
) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for n in 0..10 {
        let registration = registration(&kind, &n.to_string(), load(n));
        assert_eq!(register(&*store, &registration, MINUTE, now).await, Register::New);
    }
    let mut times = BTreeMap::new();
    // Near each other, as numbers of calls are.
    for seed in 0..300 {
        let choice = Choice::Random(seed);
        let one = found(&*store, &kind, choice, now).await.expect("there are some");
        assert_eq!(found(&*store, &kind, choice, now).await.as_ref(), Some(&one), "{seed}");
        *times.entry(one).or_insert(0) += 1;
    }
    // 30 each on average; far from it only if some are preferred.
    assert!(times.len() == 10 && times.values().all(|times| (8..80).contains(times)), "{times:?}");
}

pub async fn many_that_lapsed_hide_nobody(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for n in 0..150 {
        let registration = registration(&kind, &n.to_string(), FREE);
        assert_eq!(register(&*store, &registration, MINUTE, now).await, Register::New);
    }
    let living = registration(&kind, "living", load(1));
    assert_eq!(register(&*store, &living, 2 * MINUTE, now).await, Register::New);
    let late = now.saturating_add(MINUTE);
    for choice in (0..5).map(Choice::Random).chain([Choice::LeastBusy]) {
        let chosen = found(&*store, &kind, choice, late).await;
        assert_eq!(chosen.as_deref(), Some("living"), "{choice:?}");
    }
}

pub async fn stats_count_the_living(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    for (key, condition, ttl) in [
        ("a", load(3), 2 * MINUTE),
        ("b", Condition { busy: true, load: 4 }, 2 * MINUTE),
        ("c", load(5), MINUTE),
        ("d", Condition { busy: true, load: 6 }, MINUTE),
        ("e", FREE, 2 * MINUTE),
    ] {
        let registration = registration(&kind, key, condition);
        assert_eq!(register(&*store, &registration, ttl, now).await, Register::New);
    }
    let stats = RegistryStats { free: 3, busy: 2, load: 18 };
    assert_eq!(count(&*store, &kind, now).await, stats);
    let stats = RegistryStats { free: 2, busy: 1, load: 7 };
    assert_eq!(count(&*store, &kind, now.saturating_add(MINUTE)).await, stats);
}
