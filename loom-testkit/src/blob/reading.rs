//! What is read back.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::ops::Range;

use bytes::Bytes;
use loom_ports::PutCondition;

use super::{BlobFixture, assert_blob, assert_no_blob, put, some_name, store_blob};
use crate::race::race;

const MIB: usize = 1 << 20;

/// Bytes of which no part repeats soon, so that a part in the wrong place shows.
pub(super) fn noise(size: usize, seed: u32) -> Vec<u8> {
    // Numerical Recipes' linear congruential generator.
    let next = |n: &u32| Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).map(|n| n.to_be_bytes()[0]).take(size).collect()
}

pub async fn an_unknown_name_has_no_value(fixture: impl BlobFixture) {
    assert_no_blob(&*fixture.store(), &some_name()).await;
}

pub async fn values_of_any_size_are_read_back(fixture: impl BlobFixture) {
    let store = fixture.store();
    for size in [0, 1, 4095, 4096, 4097, MIB, 20 * MIB] {
        let (name, bytes) = (some_name(), noise(size, 1));
        let head = store_blob(&*store, &name, &bytes).await;
        assert_blob(&*store, &name, &bytes, &head).await;

        let at = size.saturating_sub(3);
        let end = store.get(&name, Some(at as u64..u64::MAX)).await.unwrap();
        assert_eq!(end.as_deref(), Some(&bytes[at..]), "{size}");
    }
}

pub async fn a_range_is_cut_to_the_value(fixture: impl BlobFixture) {
    let (store, name, empty) = (fixture.store(), some_name(), some_name());
    let _ = store_blob(&*store, &name, "0123456789").await;
    let _ = store_blob(&*store, &empty, "").await;
    let range = |start, end| Range { start, end };
    let rows = [
        (range(0, 10), "0123456789"),
        (range(0, 1), "0"),
        (range(1, 2), "1"),
        (range(3, 7), "3456"),
        (range(9, 10), "9"),
        (range(0, 11), "0123456789"),
        (range(8, 100), "89"),
        (range(9, u64::MAX), "9"),
        (range(0, 0), ""),
        (range(5, 5), ""),
        (range(10, 10), ""),
        (range(10, 11), ""),
        (range(11, 12), ""),
        (range(u64::MAX - 1, u64::MAX), ""),
        (range(7, 3), ""),
        (range(u64::MAX, 0), ""),
    ];
    for (range, part) in rows {
        let read = store.get(&name, Some(range.clone())).await.unwrap();
        assert_eq!(read, Some(Bytes::from(part)), "{range:?}");
        let read = store.get(&empty, Some(range.clone())).await.unwrap();
        assert_eq!(read, Some(Bytes::new()), "{range:?} of nothing");
        assert_eq!(store.get(&some_name(), Some(range)).await.unwrap(), None);
    }
}

/// While it is replaced by others, longer and shorter.
pub async fn readers_see_a_value_whole(fixture: impl BlobFixture) {
    let name = some_name();
    let values = [noise(64, 1), noise(200_000, 2), noise(3 * MIB, 3)];
    let heads = {
        let mut heads = Vec::new();
        for value in &values {
            heads.push(store_blob(&*fixture.store(), &name, value).await);
        }
        heads
    };

    // Two write, four read.
    race(6, |n| {
        let (store, name) = (fixture.store(), name.clone());
        let (values, heads) = (values.clone(), heads.clone());
        async move {
            for round in 0..6 {
                if n < 2 {
                    let put = put(&values[(n + round) % 3], PutCondition::Always);
                    let _ = store.put(&name, put).await.unwrap();
                } else {
                    let read = store.get(&name, None).await.unwrap().expect("it is never deleted");
                    assert!(values.iter().any(|value| *value == read), "{} bytes", read.len());
                    let head = store.head(&name).await.unwrap().expect("it is never deleted");
                    assert!(heads.contains(&head), "{head:?}");
                    let part = store.get(&name, Some(0..64)).await.unwrap();
                    let part = part.expect("it is never deleted");
                    assert!(values.iter().any(|value| value[..64] == part), "{part:?}");
                }
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl BlobFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let name = some_name();
    store.get(&name, None).await.unwrap_err();
    store.head(&name).await.unwrap_err();
    store.list("", None, 10).await.unwrap_err();
    store.put(&name, put("value", PutCondition::IfAbsent)).await.unwrap_err();
    store.delete(&name).await.unwrap_err();
}
