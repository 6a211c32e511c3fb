//! What is stored, and when.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{BlobHead, BlobStore as _, PutCondition, PutOutcome};

use super::{
    BlobFixture, assert_blob, assert_no_blob, list, name, put, some_name, some_prefix, store_blob,
};
use crate::faults::{Fault, FaultPlan, FaultyBlob};
use crate::race::race;

use PutCondition::{Always, IfAbsent, IfMatch};
use PutOutcome::{Refused, Stored};

fn stored(outcome: PutOutcome) -> BlobHead {
    match outcome {
        Stored(head) => head,
        Refused(there) => panic!("refused: {there:?}"),
    }
}

pub async fn a_value_is_stored_if_there_is_none(fixture: impl BlobFixture) {
    let (store, name) = (fixture.store(), some_name());
    let first = stored(store.put(&name, put("first", IfAbsent)).await.unwrap());
    assert_blob(&*store, &name, b"first", &first).await;

    for bytes in ["second", "first", ""] {
        let outcome = store.put(&name, put(bytes, IfAbsent)).await.unwrap();
        assert_eq!(outcome, Refused(Some(first.clone())), "{bytes}");
        assert_blob(&*store, &name, b"first", &first).await;
    }
}

pub async fn a_value_is_replaced_if_it_is_the_one_expected(fixture: impl BlobFixture) {
    let (store, name) = (fixture.store(), some_name());
    let first = store_blob(&*store, &name, "first").await;

    let second = put("second", IfMatch(first.etag.clone()));
    let second = stored(store.put(&name, second).await.unwrap());
    assert_blob(&*store, &name, b"second", &second).await;

    for etag in [first.etag.as_str(), "", "*", "\"", "none"] {
        let outcome = store.put(&name, put("third", IfMatch(etag.into()))).await.unwrap();
        assert_eq!(outcome, Refused(Some(second.clone())), "{etag}");
        assert_blob(&*store, &name, b"second", &second).await;
    }

    let unknown = some_name();
    let outcome = store.put(&unknown, put("third", IfMatch(second.etag))).await.unwrap();
    assert_eq!(outcome, Refused(None));
    assert_no_blob(&*store, &unknown).await;
}

pub async fn a_value_is_replaced_in_any_case(fixture: impl BlobFixture) {
    let (store, name) = (fixture.store(), some_name());
    for bytes in ["longer than the next", "short", "", "short"] {
        let head = stored(store.put(&name, put(bytes, Always)).await.unwrap());
        assert_blob(&*store, &name, bytes.as_bytes(), &head).await;
    }
}

/// Whatever their name, and whatever was there before. Other bytes have another.
pub async fn the_same_bytes_have_the_same_etag(fixture: impl BlobFixture) {
    let (store, one, other) = (fixture.store(), some_name(), some_name());
    let first = store_blob(&*store, &one, "same").await.etag;
    assert_eq!(store_blob(&*store, &one, "same").await.etag, first, "again");

    let mut seen = vec![first.clone()];
    for bytes in ["", "Same", "samf", "same ", "emas", "samesame"] {
        let etag = store_blob(&*store, &one, bytes).await.etag;
        assert!(!seen.contains(&etag), "{bytes}: {etag}");
        seen.push(etag);
    }
    assert_eq!(store_blob(&*store, &one, "same").await.etag, first, "after others");

    assert!(store.delete(&one).await.unwrap());
    assert_eq!(store_blob(&*store, &one, "same").await.etag, first, "after a deletion");
    assert_eq!(store_blob(&*store, &other, "same").await.etag, first, "under another name");
}

pub async fn one_of_many_racing_puts_finds_no_value(fixture: impl BlobFixture) {
    one_of_many_is_stored(&fixture, |_| IfAbsent, false).await;
}

pub async fn one_of_many_racing_puts_replaces_the_value(fixture: impl BlobFixture) {
    one_of_many_is_stored(&fixture, IfMatch, true).await;
}

async fn one_of_many_is_stored(
    fixture: &impl BlobFixture,
    condition: impl Fn(String) -> PutCondition,
    there_before: bool,
) {
    let name = some_name();
    let etag = if there_before {
        store_blob(&*fixture.store(), &name, "before").await.etag
    } else {
        String::new()
    };

    let outcomes = race(8, |n| {
        let (store, name) = (fixture.store(), name.clone());
        let put = put(format!("value {n}"), condition(etag.clone()));
        async move { (n, store.put(&name, put).await.unwrap()) }
    });
    let outcomes = outcomes.await;

    let winners: Vec<_> = outcomes
        .iter()
        .filter_map(|(n, outcome)| match outcome {
            Stored(head) => Some((n, head.clone())),
            Refused(_) => None,
        })
        .collect();
    let [(n, head)] = &winners[..] else { panic!("not exactly one: {outcomes:?}") };
    assert_blob(&*fixture.store(), &name, format!("value {n}").as_bytes(), head).await;
    let refused = Refused(Some(head.clone()));
    assert_eq!(outcomes.iter().filter(|(_, outcome)| *outcome == refused).count(), 7);
}

pub async fn a_put_without_an_answer_is_seen_by_its_etag(fixture: impl BlobFixture) {
    for fault in Fault::ALL {
        let (store, name) = (fixture.store(), some_name());
        let etag = store_blob(&*store, &some_name(), "value").await.etag;
        let faulty = FaultyBlob::new(store.clone(), FaultPlan::new([fault]));

        let first = faulty.put(&name, put("value", IfAbsent)).await;

        let there = faulty.head(&name).await.unwrap();
        match fault {
            Fault::Refused | Fault::RequestLost => {
                first.unwrap_err();
                assert_eq!(there, None, "{fault:?}");
            }
            Fault::ReplyLost => {
                first.unwrap_err();
                assert_eq!(there.map(|head| head.etag), Some(etag));
            }
            Fault::Repeated => assert_eq!(first.unwrap(), Refused(there)),
        }
    }
}

pub async fn a_deleted_value_is_gone(fixture: impl BlobFixture) {
    let (store, prefix) = (fixture.store(), some_prefix());
    let [gone, kept] = ["gone", "kept"].map(|last| name(&format!("{prefix}{last}")));
    let etag = store_blob(&*store, &gone, "value").await.etag;
    let head = store_blob(&*store, &kept, "value").await;

    assert!(store.delete(&gone).await.unwrap());

    for _ in 0..2 {
        assert_no_blob(&*store, &gone).await;
        assert!(!store.delete(&gone).await.unwrap());
    }
    assert!(!store.delete(&some_name()).await.unwrap());
    assert_eq!(store.put(&gone, put("value", IfMatch(etag))).await.unwrap(), Refused(None));
    assert_eq!(list(&*store, &prefix, 10).await, std::slice::from_ref(&head));
    assert_blob(&*store, &kept, b"value", &head).await;

    let again = stored(store.put(&gone, put("again", IfAbsent)).await.unwrap());
    assert_blob(&*store, &gone, b"again", &again).await;
}

pub async fn values_survive_a_restart(fixture: impl BlobFixture) {
    let (store, kept, gone) = (fixture.store(), some_name(), some_name());
    let _ = store_blob(&*store, &kept, "before").await;
    let head = store_blob(&*store, &kept, "value").await;
    let _ = store_blob(&*store, &gone, "value").await;
    assert!(store.delete(&gone).await.unwrap());
    drop(store);

    let Some(fixture) = fixture.reopen().await else { return };

    let store = fixture.store();
    assert_blob(&*store, &kept, b"value", &head).await;
    assert_no_blob(&*store, &gone).await;
    let next = stored(store.put(&kept, put("next", IfMatch(head.etag))).await.unwrap());
    assert_blob(&*store, &kept, b"next", &next).await;
}
