//! What values secrets have.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{
    ErrorKind, SECRET_BYTES_MAX, SECRET_VERSIONS_MAX, SECRET_WRITES_KNOWN, SecretChange,
    SecretVersion, SetSecret,
};

use super::{SecretFixture, at, get, secret, set, some_name, some_write, versions};
use crate::race::race;

pub async fn a_secret_that_was_never_set_is_not_there(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    assert_eq!(get(&*store, &name, None).await, None);
    assert_eq!(get(&*store, &name, Some(1)).await, None);
    assert_eq!(versions(&*store, &name, 10).await, [0; 0]);
    assert_eq!(store.delete(&name, at(0)).await.unwrap(), SecretChange::Unknown);
    assert_eq!(store.recover(&name).await.unwrap(), SecretChange::Unknown);
    assert_eq!(store.purge(&name).await.unwrap(), SecretChange::Unknown);
}

pub async fn a_secret_is_read_back_byte_for_byte(fixture: impl SecretFixture) {
    let store = fixture.store();
    let every_byte: Vec<u8> = (0..=255).collect();
    for value in [&b""[..], b"\0", b"hunter2\r\n", &every_byte, &vec![7; SECRET_BYTES_MAX]] {
        let name = some_name();
        let answer = store.set(&name, &secret(value), some_write(), at(7)).await.unwrap();
        assert_eq!(answer, SetSecret::Set(SecretVersion(1)));
        let found = store.get(&name, None).await.unwrap().expect("it is set");
        assert_eq!((found.version, found.set_at), (SecretVersion(1), at(7)));
        assert!(found.value.expose() == value, "{} bytes", value.len());
    }
}

pub async fn each_value_is_a_version_and_the_last_one_is_current(fixture: impl SecretFixture) {
    let (store, [name, other]) = (fixture.store(), [some_name(), some_name()]);
    for n in 1..=5 {
        assert_eq!(set(&*store, &name, &n.to_string()).await, n);
        assert_eq!(get(&*store, &name, None).await, Some(n.to_string()));
    }
    // The same value again is a version too.
    assert_eq!(set(&*store, &name, "5").await, 6);
    assert_eq!(set(&*store, &other, "other").await, 1);
    for n in 1..=5 {
        assert_eq!(get(&*store, &name, Some(n)).await, Some(n.to_string()));
    }
    for n in [0, 7, u64::MAX] {
        assert_eq!(get(&*store, &name, Some(n)).await, None, "{n}");
    }
    for limit in [1, 4, 5, 6, 7] {
        assert_eq!(versions(&*store, &name, limit).await, [6, 5, 4, 3, 2, 1], "{limit}");
    }
}

pub async fn old_versions_are_forgotten_in_the_end(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    let last = SECRET_VERSIONS_MAX + 5;
    for n in 1..=last {
        assert_eq!(set(&*store, &name, &n.to_string()).await, n);
    }
    assert_eq!(get(&*store, &name, Some(5)).await, None);
    assert_eq!(get(&*store, &name, Some(6)).await.as_deref(), Some("6"));
    assert_eq!(versions(&*store, &name, 1_000).await, (6..=last).rev().collect::<Vec<_>>());
}

pub async fn the_same_write_is_one_version(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    let writes: Vec<_> = (0..SECRET_WRITES_KNOWN).map(|_| some_write()).collect();
    for (version, write) in (1..).zip(&writes) {
        let value = secret(version.to_string().as_bytes());
        let answer = store.set(&name, &value, *write, at(0)).await.unwrap();
        assert_eq!(answer, SetSecret::Set(SecretVersion(version)));
    }
    for (version, write) in (1..).zip(&writes) {
        let answer = store.set(&name, &secret(b"again"), *write, at(0)).await.unwrap();
        assert_eq!(answer, SetSecret::Set(SecretVersion(version)));
        assert_eq!(get(&*store, &name, Some(version)).await, Some(version.to_string()));
    }
    assert_eq!(versions(&*store, &name, 100).await.len(), SECRET_WRITES_KNOWN);
}

pub async fn values_that_are_set_at_once_are_all_kept(fixture: impl SecretFixture) {
    let name = some_name();
    let answers = race(16, |n| {
        let (store, name) = (fixture.store(), name.clone());
        async move { (set(&*store, &name, &n.to_string()).await, n.to_string()) }
    });
    let mut answers = answers.await;
    answers.sort();
    let store = fixture.store();
    for (n, (version, value)) in (1..).zip(&answers) {
        assert_eq!(*version, n, "{answers:?}");
        assert_eq!(get(&*store, &name, Some(n)).await.as_ref(), Some(value));
    }
}

pub async fn secrets_survive_a_restart(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    set(&*store, &name, "first").await;
    set(&*store, &name, "second").await;
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    let store = fixture.store();
    assert_eq!(get(&*store, &name, Some(1)).await.as_deref(), Some("first"));
    assert_eq!(get(&*store, &name, None).await.as_deref(), Some("second"));
}

pub async fn a_secret_that_is_too_large_is_invalid(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    let large = secret(&vec![7; SECRET_BYTES_MAX + 1]);
    let error = store.set(&name, &large, some_write(), at(0)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(get(&*store, &name, None).await, None);
}

pub async fn nothing_prints_a_secret(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    let marker = "correct horse battery staple";
    set(&*store, &name, marker).await;
    let found = store.get(&name, None).await.unwrap();
    let large = secret(marker.repeat(SECRET_BYTES_MAX).as_bytes());
    let error = store.set(&name, &large, some_write(), at(0)).await.unwrap_err();
    let heads = super::listed(&*store, std::slice::from_ref(&name), 100).await;
    let printed = format!("{store:?} {found:?} {error} {error:?} {heads:?}");
    assert!(found.is_some() && !printed.contains("horse"), "{printed}");
}

pub async fn rotating_changes_nothing_that_a_reader_sees(fixture: impl SecretFixture) {
    let store = fixture.store();
    let names: Vec<_> = (0..30).map(|_| some_name()).collect();
    for name in &names {
        set(&*store, name, &format!("old {name}")).await;
        set(&*store, name, &format!("new {name}")).await;
    }
    let mut from = None;
    loop {
        let part = store.rotate(from.as_ref()).await.unwrap();
        from = part.next;
        if from.is_none() {
            break;
        }
    }
    for name in &names {
        assert_eq!(get(&*store, name, Some(1)).await, Some(format!("old {name}")));
        assert_eq!(get(&*store, name, None).await, Some(format!("new {name}")));
        assert_eq!(versions(&*store, name, 10).await, [2, 1]);
    }
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl SecretFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let name = some_name();
    store.set(&name, &secret(b"1"), some_write(), at(0)).await.unwrap_err();
    store.get(&name, None).await.unwrap_err();
    store.list(None, 10).await.unwrap_err();
    store.versions(&name, None, 10).await.unwrap_err();
    store.delete(&name, at(0)).await.unwrap_err();
    store.recover(&name).await.unwrap_err();
    store.purge(&name).await.unwrap_err();
    store.rotate(None).await.unwrap_err();
}
