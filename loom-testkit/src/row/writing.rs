//! What becomes of writes.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use bytes::Bytes;
use loom_ports::{
    ErrorKind, ROW_BYTES_MAX, ROW_KEY_BYTES_MAX, ROW_WRITE_BYTES_MAX, ROWS_PER_WRITE_MAX,
    RowChange, RowExpected, RowKey, RowPart, RowStore as _, RowWrite, RowWritten,
};

use super::{RowFixture, all, as_it_is, key, one, pairs, put, set, some_space, write};
use crate::faults::{Fault, FaultPlan, FaultyRows};
use crate::race::race;
use crate::unique::now;

use RowWritten::{Conflict, Done};

pub async fn all_changes_are_made_or_none(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    set(&*store, &space, vec![put("a", "1"), put("b", "1"), RowChange::Remove(key("none"))]).await;

    let changes = || vec![put("a", "2"), RowChange::Remove(key("b")), put("c", "2")];
    let wrong = vec![RowExpected { key: key("c"), tag: Some(Bytes::from_static(b"0")) }];
    assert_eq!(write(&*store, &space, wrong, changes()).await, Conflict);
    assert_eq!(all(&*store, &space).await, pairs(&[("a", "1"), ("b", "1")]));

    let right = vec![as_it_is(&*store, &space, "b").await];
    assert_eq!(write(&*store, &space, right, changes()).await, Done);
    assert_eq!(all(&*store, &space).await, pairs(&[("a", "2"), ("c", "2")]));
}

pub async fn a_row_that_is_not_as_expected_is_a_conflict(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let missing = as_it_is(&*store, &space, "a").await;
    set(&*store, &space, vec![put("a", "")]).await;
    let empty = as_it_is(&*store, &space, "a").await;
    set(&*store, &space, vec![put("a", "1")]).await;
    let first = as_it_is(&*store, &space, "a").await;
    set(&*store, &space, vec![put("a", "2"), put("b", "2")]).await;
    let second = as_it_is(&*store, &space, "a").await;
    let other = as_it_is(&*store, &space, "b").await;

    for (expected, answer) in [
        (vec![missing.clone()], Conflict),
        (vec![empty.clone()], Conflict),
        (vec![first.clone()], Conflict),
        (vec![other.clone(), first.clone()], Conflict),
        (vec![missing.clone(), other.clone()], Conflict),
        (vec![second.clone(), other.clone()], Done),
        (vec![second], Done),
        (vec![], Done),
    ] {
        let answered = write(&*store, &space, expected.clone(), vec![]).await;
        assert_eq!(answered, answer, "{expected:?}");
    }
    set(&*store, &space, vec![put("a", "")]).await;
    assert_eq!(write(&*store, &space, vec![missing.clone()], vec![]).await, Conflict);
    assert_eq!(write(&*store, &space, vec![empty.clone()], vec![]).await, Done);
    set(&*store, &space, vec![RowChange::Remove(key("a"))]).await;
    assert_eq!(write(&*store, &space, vec![empty], vec![]).await, Conflict);
    assert_eq!(write(&*store, &space, vec![missing], vec![]).await, Done);
}

pub async fn numbers_are_added_up(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let add = |n| vec![RowChange::Add(key("sum"), n)];
    for (n, sum) in [(1, "1"), (41, "42"), (-50, "-8"), (8, "0"), (1 << 60, "1152921504606846976")]
    {
        set(&*store, &space, add(n)).await;
        let row = one(&*store, &space, "sum").await.expect("it was added");
        assert_eq!(row.value, sum);
    }
    set(&*store, &space, vec![put("sum", "7")]).await;
    let done = race(16, |_| {
        let (store, space) = (fixture.store(), space.clone());
        async move { set(&*store, &space, add(1)).await }
    });
    done.await;
    assert_eq!(all(&*store, &space).await, pairs(&[("sum", "23")]));
}

pub async fn only_one_of_racing_writes_that_expect_the_same_is_made(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let expected = as_it_is(&*store, &space, "a").await;
    let answers = race(16, |n| {
        let (store, space, expected) = (fixture.store(), space.clone(), expected.clone());
        async move { write(&*store, &space, vec![expected], vec![put("a", &n.to_string())]).await }
    });
    let answers = answers.await;
    assert_eq!(answers.iter().filter(|answer| **answer == Done).count(), 1, "{answers:?}");
}

pub async fn spaces_are_kept_apart(fixture: impl RowFixture) {
    let (store, spaces) = (fixture.store(), [some_space(), some_space()]);
    set(&*store, &spaces[0], vec![put("a", "1")]).await;
    set(&*store, &spaces[1], vec![put("a", "2"), put("b", "2")]).await;
    set(&*store, &spaces[0], vec![RowChange::Remove(key("b"))]).await;
    assert_eq!(all(&*store, &spaces[0]).await, pairs(&[("a", "1")]));
    assert_eq!(all(&*store, &spaces[1]).await, pairs(&[("a", "2"), ("b", "2")]));
}

pub async fn rows_survive_a_restart(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    set(&*store, &space, vec![put("a", "1"), RowChange::Add(key("n"), 3)]).await;
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    assert_eq!(all(&*fixture.store(), &space).await, pairs(&[("a", "1"), ("n", "3")]));
}

pub async fn a_write_that_expects_what_it_changes_may_be_repeated(fixture: impl RowFixture) {
    let store = fixture.store();
    for fault in Fault::ALL {
        let space = some_space();
        let faulty = FaultyRows::new(store.clone(), FaultPlan::new([fault]));
        let write = RowWrite {
            expected: vec![as_it_is(&*store, &space, "a").await],
            changes: vec![put("a", "1"), RowChange::Add(key("n"), 1)],
        };
        let first = faulty.write(&space, write.clone()).await;
        let again = faulty.write(&space, write).await.unwrap();
        let arrived_before = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        let expected = if arrived_before { Conflict } else { Done };
        assert_eq!(again, expected, "{fault:?}, {first:?}");
        assert_eq!(all(&*store, &space).await, pairs(&[("a", "1"), ("n", "1")]));
    }
}

pub async fn more_than_every_backend_takes_is_invalid(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let large = |bytes| RowChange::Put(key("a"), vec![0; bytes].into());
    let long = |bytes: usize| RowChange::Remove(RowKey::of(1).raw(&vec![b'a'; bytes - 1]));
    let two = |first, last| vec![large(first), RowChange::Put(key("b"), vec![0; last].into())];
    let rest = ROW_WRITE_BYTES_MAX - ROW_BYTES_MAX;
    let many = |rows| (0..rows).map(|n| put(&n.to_string(), "")).collect::<Vec<_>>();
    for (most, more) in [
        (vec![large(ROW_BYTES_MAX)], vec![large(ROW_BYTES_MAX + 1)]),
        (vec![long(ROW_KEY_BYTES_MAX)], vec![long(ROW_KEY_BYTES_MAX + 1)]),
        (many(ROWS_PER_WRITE_MAX), many(ROWS_PER_WRITE_MAX + 1)),
        (two(ROW_BYTES_MAX, rest), two(ROW_BYTES_MAX, rest + 1)),
    ] {
        set(&*store, &space, most).await;
        let error = store.write(&space, RowWrite { expected: vec![], changes: more }).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl RowFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let space = some_space();
    store.read(&space, &[RowPart::Row(key("a"))], now()).await.unwrap_err();
    store.write(&space, RowWrite::default()).await.unwrap_err();
}
