//! What values settings have.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{CONFIG_BYTES_MAX, ConfigStore as _, ErrorKind};

use super::{ConfigFixture, get, json, scope, set, some_key};
use crate::faults::{Fault, FaultPlan, FaultyConfig};
use crate::race::race;

pub async fn what_was_never_set_has_no_value(fixture: impl ConfigFixture) {
    let (store, key, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    let before = store.revision().await.unwrap();
    assert_eq!(get(&*store, &key, &everybody).await, None);
    assert_eq!(store.get(&key, &[]).await.unwrap().values, []);
    assert_eq!(super::list(&*store, &key, 10).await, []);
    assert_eq!(store.remove(&key, &everybody).await.unwrap(), before);
}

pub async fn a_value_is_read_back_byte_for_byte(fixture: impl ConfigFixture) {
    let (store, key, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    let long = format!("\"{}\"", "a".repeat(CONFIG_BYTES_MAX - 2));
    for text in ["null", "{ \"b\": 1.0, \"a\": [ ] }", r#""\u0061 🧶""#, &long] {
        set(&*store, &key, &everybody, text).await;
        assert_eq!(get(&*store, &key, &everybody).await.as_deref(), Some(text));
        assert_eq!(super::list(&*store, &key, 10).await[0].value, json(text));
    }
}

pub async fn each_scope_has_its_own_value(fixture: impl ConfigFixture) {
    let (store, key) = (fixture.store(), some_key());
    let all = scope("acme", "production", "wallet/ann").searched();
    for (n, scope) in all.iter().enumerate() {
        set(&*store, &key, scope, &n.to_string()).await;
    }
    let reading = store.get(&key, &all).await.unwrap();
    let expected: Vec<_> = (0..8).map(|n| Some(json(&n.to_string()))).collect();
    assert_eq!(reading.values, expected);
    store.remove(&key, &all[3]).await.unwrap();
    let reading = store.get(&key, &all).await.unwrap();
    let gone: Vec<_> = reading.values.iter().map(Option::is_none).collect();
    assert_eq!(gone, [false, false, false, true, false, false, false, false]);
}

/// Neither between each other nor with names that look as they do.
pub async fn dimensions_are_never_mixed_up(fixture: impl ConfigFixture) {
    let (store, key) = (fixture.store(), some_key());
    set(&*store, &key, &scope("prod", "", ""), "1").await;
    set(&*store, &key, &scope("a/b", "", ""), "2").await;
    set(&*store, &key, &scope("", "", "k/b"), "3").await;
    for (other, value) in [
        (scope("", "prod", ""), None),
        (scope("prod", "prod", ""), None),
        (scope("a", "b", ""), None),
        (scope("a", "", "b/b"), None),
        (scope("k/b", "", ""), None),
        (scope("PROD", "", ""), None),
        (scope("prod", "", ""), Some("1")),
        (scope("a/b", "", ""), Some("2")),
        (scope("", "", "k/b"), Some("3")),
    ] {
        assert_eq!(get(&*store, &key, &other).await.as_deref(), value, "{other}");
    }
}

pub async fn the_last_value_counts(fixture: impl ConfigFixture) {
    let (store, key, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    for text in ["1", "2", "1", "null"] {
        set(&*store, &key, &everybody, text).await;
        assert_eq!(get(&*store, &key, &everybody).await.as_deref(), Some(text));
    }
    store.remove(&key, &everybody).await.unwrap();
    assert_eq!(get(&*store, &key, &everybody).await, None);
    set(&*store, &key, &everybody, "3").await;
    assert_eq!(get(&*store, &key, &everybody).await.as_deref(), Some("3"));
}

pub async fn each_change_and_nothing_else_moves_the_revision(fixture: impl ConfigFixture) {
    let (store, key, acme) = (fixture.store(), some_key(), scope("acme", "", ""));
    let mut last = store.revision().await.unwrap();
    for (text, moves) in
        [(Some("1"), true), (Some("1"), false), (Some("2"), true), (None, true), (None, false)]
    {
        let answer = match text {
            Some(text) => set(&*store, &key, &acme, text).await,
            None => store.remove(&key, &acme).await.unwrap(),
        };
        assert_eq!(answer > last, moves, "{text:?}: {answer:?} after {last:?}");
        last = answer;
        let _ = get(&*store, &key, &acme).await;
        assert_eq!(store.revision().await.unwrap(), last);
    }
}

pub async fn changes_made_at_once_are_all_counted(fixture: impl ConfigFixture) {
    let (store, key, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    let before = store.revision().await.unwrap();
    let revisions = race(16, |n| {
        let (store, key) = (fixture.store(), super::below(&key, &format!("/{n}")));
        let everybody = everybody.clone();
        async move { set(&*store, &key, &everybody, "1").await }
    });
    let mut revisions = revisions.await;
    revisions.sort();
    revisions.dedup();
    assert_eq!(revisions.len(), 16);
    assert!(revisions[0] > before, "{revisions:?} after {before:?}");
    assert_eq!(store.revision().await.unwrap(), revisions[15]);
    assert_eq!(super::list(&*store, &key, 100).await.len(), 16);
}

pub async fn values_are_those_of_one_revision(fixture: impl ConfigFixture) {
    let (store, key) = (fixture.store(), some_key());
    let scopes = [scope("a", "", ""), scope("b", "", "")];
    let reader = async {
        for _ in 0..200 {
            let reading = store.get(&key, &scopes).await.unwrap();
            let [a, b] = [0, 1].map(|n| match &reading.values[n] {
                Some(value) => value.parse::<u64>().expect("a number"),
                None => 0,
            });
            // The writer sets `a` first.
            assert!(a == b || a == b + 1, "{reading:?}");
            tokio::task::yield_now().await;
        }
    };
    let writer = async {
        for n in 1..50 {
            for scope in &scopes {
                set(&*store, &key, scope, &n.to_string()).await;
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::join!(reader, writer);
}

pub async fn changes_may_be_repeated(fixture: impl ConfigFixture) {
    let (store, everybody) = (fixture.store(), scope("", "", ""));
    for fault in Fault::ALL {
        let (key, before) = (some_key(), store.revision().await.unwrap());
        let network = FaultyConfig::new(store.clone(), FaultPlan::new([fault]));
        let first = network.set(&key, &everybody, &json("1")).await;
        let again = network.set(&key, &everybody, &json("1")).await.unwrap();
        assert_eq!(again.0, before.0 + 1, "{fault:?}, {first:?}");
        assert_eq!(get(&*store, &key, &everybody).await.as_deref(), Some("1"));

        let network = FaultyConfig::new(store.clone(), FaultPlan::new([fault]));
        let first = network.remove(&key, &everybody).await;
        let again = network.remove(&key, &everybody).await.unwrap();
        assert_eq!(again.0, before.0 + 2, "{fault:?}, {first:?}");
        assert_eq!(get(&*store, &key, &everybody).await, None);
    }
}

pub async fn values_survive_a_restart(fixture: impl ConfigFixture) {
    let (store, key, acme) = (fixture.store(), some_key(), scope("acme", "", ""));
    let revision = set(&*store, &key, &acme, "1").await;
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    let store = fixture.store();
    assert_eq!(get(&*store, &key, &acme).await.as_deref(), Some("1"));
    assert_eq!(store.revision().await.unwrap(), revision);
}

pub async fn values_that_are_too_large_are_invalid(fixture: impl ConfigFixture) {
    let (store, key, everybody) = (fixture.store(), some_key(), scope("", "", ""));
    let large = json(&"1".repeat(CONFIG_BYTES_MAX + 1));
    let error = store.set(&key, &everybody, &large).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(get(&*store, &key, &everybody).await, None);
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl ConfigFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let (key, everybody) = (some_key(), scope("", "", ""));
    store.get(&key, std::slice::from_ref(&everybody)).await.unwrap_err();
    store.set(&key, &everybody, &json("1")).await.unwrap_err();
    store.remove(&key, &everybody).await.unwrap_err();
    store.list(None, None, 10).await.unwrap_err();
    store.revision().await.unwrap_err();
}
