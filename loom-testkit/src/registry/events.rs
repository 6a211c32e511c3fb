//! What is told of instances.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{REGISTRY_EVENTS_MAX, Registration, RegistryChange};

use super::{
    BUSY, FREE, RegistryFixture, beat, host, load, register, registration, some_kind, told,
};
use crate::unique::{MINUTE, now};

use RegistryChange::{Freed, Lapsed, Moved, Occupied, Registered, Unregistered};

pub async fn each_change_is_told_once_and_in_order(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let one = registration(&kind, "a", FREE);
    let two = Registration { host: host("two"), ..one.clone() };
    let late = now.saturating_add(MINUTE);
    let _ = register(&*store, &one, MINUTE, now).await;
    // What is not another state is not told.
    let _ = register(&*store, &one, MINUTE, now).await;
    let _ = beat(&*store, &one, load(5), MINUTE, now).await;
    let _ = beat(&*store, &one, BUSY, MINUTE, now).await;
    let _ = beat(&*store, &one, BUSY, MINUTE, now).await;
    let _ = beat(&*store, &one, FREE, MINUTE, now).await;
    let _ = register(&*store, &two, MINUTE, now).await;
    let _ = beat(&*store, &one, BUSY, MINUTE, now).await;
    let _ = register(&*store, &one, MINUTE, late).await;
    store.unregister(&one.actor, &one.host, late).await.unwrap();
    store.unregister(&one.actor, &one.host, late).await.unwrap();
    let _ = register(&*store, &two, MINUTE, late).await;
    let end = late.saturating_add(MINUTE);
    assert_eq!(store.cleanup(&kind, end).await.unwrap(), 1);
    assert_eq!(store.cleanup(&kind, end).await.unwrap(), 0);

    let rows = [
        ("one", Registered),
        ("one", Occupied),
        ("one", Freed),
        ("two", Moved),
        ("two", Lapsed),
        ("one", Registered),
        ("one", Unregistered),
        ("two", Registered),
        ("two", Lapsed),
    ];
    let expected = rows.map(|(host, what)| ("a".to_owned(), host.to_owned(), what));
    assert_eq!(told(&*store, &kind).await, expected);

    let events = store.events(&kind, Some(6), 2).await.unwrap();
    let events: Vec<_> = events.iter().map(|event| (event.number, event.at)).collect();
    assert_eq!(events, [(7, late), (8, late)]);
    assert_eq!(store.events(&kind, Some(9), 10).await.unwrap(), []);
    assert_eq!(store.events(&kind, Some(u64::MAX), 10).await.unwrap(), []);
}

pub async fn the_last_events_are_kept_and_their_numbers_go_on(fixture: impl RegistryFixture) {
    let (store, kind, now) = (fixture.store(), some_kind(), now());
    let one = registration(&kind, "a", FREE);
    let _ = register(&*store, &one, MINUTE, now).await;
    let last = REGISTRY_EVENTS_MAX + 50;
    for n in 1..last {
        let condition = if n % 2 == 1 { BUSY } else { FREE };
        let _ = beat(&*store, &one, condition, MINUTE, now).await;
    }
    let (mut after, mut numbers) = (None, Vec::new());
    loop {
        let events = store.events(&kind, after, 400).await.unwrap();
        assert!(events.len() <= 400);
        numbers.extend(events.iter().map(|event| event.number));
        after = match events.last() {
            Some(event) => Some(event.number),
            None => break,
        };
    }
    assert_eq!(numbers, (51..=last).collect::<Vec<_>>());
}
