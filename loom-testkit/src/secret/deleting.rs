//! How secrets go, and come back.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::SecretName;
use loom_ports::{SecretChange, SecretHead, SecretStore as _, SecretVersion, SetSecret};

use super::{SecretFixture, at, get, listed, secret, set, some_name, some_write, versions};
use crate::faults::{Fault, FaultPlan, FaultySecrets};
use crate::unique::unique;

use SecretChange::{Done, Unknown};

pub async fn a_deleted_secret_is_hidden_and_can_be_recovered(fixture: impl SecretFixture) {
    let (store, [name, other]) = (fixture.store(), [some_name(), some_name()]);
    for value in ["1", "2"] {
        set(&*store, &name, value).await;
        set(&*store, &other, value).await;
    }
    assert_eq!(store.delete(&name, at(1)).await.unwrap(), Done);
    for version in [None, Some(1), Some(2)] {
        assert_eq!(get(&*store, &name, version).await, None, "{version:?}");
    }
    assert_eq!(versions(&*store, &name, 10).await, [0; 0]);
    assert_eq!(get(&*store, &other, None).await.as_deref(), Some("2"));

    assert_eq!(store.recover(&name).await.unwrap(), Done);
    assert_eq!(get(&*store, &name, None).await.as_deref(), Some("2"));
    assert_eq!(get(&*store, &name, Some(1)).await.as_deref(), Some("1"));
    assert_eq!(set(&*store, &name, "3").await, 3);
}

pub async fn a_deleted_secret_takes_no_new_value(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    set(&*store, &name, "1").await;
    assert_eq!(store.delete(&name, at(1)).await.unwrap(), Done);
    let answer = store.set(&name, &secret(b"2"), some_write(), at(2)).await.unwrap();
    assert_eq!(answer, SetSecret::Deleted);
    assert_eq!(store.recover(&name).await.unwrap(), Done);
    assert_eq!(versions(&*store, &name, 10).await, [1]);
}

pub async fn a_purged_secret_is_gone_for_ever(fixture: impl SecretFixture) {
    let (store, name) = (fixture.store(), some_name());
    for n in 1..=60 {
        assert_eq!(set(&*store, &name, &n.to_string()).await, n);
    }
    assert_eq!(store.purge(&name).await.unwrap(), Unknown);
    assert_eq!(get(&*store, &name, None).await.as_deref(), Some("60"), "it was not deleted");
    assert_eq!(store.delete(&name, at(1)).await.unwrap(), Done);
    assert_eq!(store.purge(&name).await.unwrap(), Done);
    assert_eq!(store.purge(&name).await.unwrap(), Unknown);
    assert_eq!(store.recover(&name).await.unwrap(), Unknown);
    assert_eq!(listed(&*store, std::slice::from_ref(&name), 10).await, []);
    set(&*store, &name, "new").await;
    assert_eq!(versions(&*store, &name, 100).await.len(), 1);
    assert_eq!(get(&*store, &name, Some(2)).await, None);
}

pub async fn secrets_are_listed_in_pages_with_those_that_are_deleted(fixture: impl SecretFixture) {
    let (store, prefix) = (fixture.store(), unique("secret"));
    let names = ["", "-", "A", "a", "a/b", "ab", "á"];
    let names = names.map(|name| SecretName::parse(&format!("{prefix}{name}")).expect("valid"));
    for name in names.iter().rev() {
        set(&*store, name, "1").await;
    }
    set(&*store, &names[1], "2").await;
    assert_eq!(store.delete(&names[2], at(9)).await.unwrap(), Done);
    let mut expected =
        names.clone().map(|name| SecretHead { name, current: SecretVersion(1), deleted_at: None });
    expected[1].current = SecretVersion(2);
    expected[2].deleted_at = Some(at(9));
    for limit in [1, 3, 100] {
        assert_eq!(listed(&*store, &names, limit).await, expected, "{limit}");
    }
}

pub async fn calls_may_be_repeated(fixture: impl SecretFixture) {
    let store = fixture.store();
    for fault in Fault::ALL {
        let (name, write) = (some_name(), some_write());
        let faulty = || FaultySecrets::new(store.clone(), FaultPlan::new([fault]));
        let arrived = matches!(fault, Fault::ReplyLost | Fault::Repeated);

        let network = faulty();
        let first = network.set(&name, &secret(b"1"), write, at(0)).await;
        let again = network.set(&name, &secret(b"1"), write, at(0)).await.unwrap();
        assert_eq!(again, SetSecret::Set(SecretVersion(1)), "{first:?}");
        assert_eq!(versions(&*store, &name, 10).await, [1], "{fault:?}");

        let network = faulty();
        let first = network.delete(&name, at(1)).await;
        let later = if arrived { at(2) } else { at(1) };
        assert_eq!(network.delete(&name, later).await.unwrap(), Done, "{first:?}");
        let heads = listed(&*store, std::slice::from_ref(&name), 10).await;
        assert_eq!(heads[0].deleted_at, Some(at(1)), "{fault:?}");

        let network = faulty();
        let first = network.recover(&name).await;
        assert_eq!(network.recover(&name).await.unwrap(), Done, "{first:?}");
        assert_eq!(get(&*store, &name, None).await.as_deref(), Some("1"), "{fault:?}");

        assert_eq!(store.delete(&name, at(3)).await.unwrap(), Done);
        let network = faulty();
        let first = network.purge(&name).await;
        let again = network.purge(&name).await.unwrap();
        assert_eq!(again, if arrived { Unknown } else { Done }, "{first:?}");
        assert_eq!(listed(&*store, std::slice::from_ref(&name), 10).await, []);
    }
}
