//! What is read, and in which order.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use bytes::Bytes;
use loom_ports::{ROW_BYTES_MAX, ROWS_PER_WRITE_MAX, RowChange, RowKey, RowPart, RowRange, Rows};

use super::{RowFixture, all, key, one, pairs, put, range, set, some_space};
use crate::unique::now;

pub async fn a_new_space_has_no_rows(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    assert_eq!(one(&*store, &space, "a").await, None);
    let everything = RowRange::of(&RowKey::of(1), 10);
    assert_eq!(range(&*store, &space, &everything).await, Rows::default());
}

pub async fn a_row_is_read_back_byte_for_byte(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let every_byte: Vec<u8> = (0..=255).collect();
    for value in [&b""[..], b"null", b"\0", b"\r\n", &every_byte, &vec![7; ROW_BYTES_MAX]] {
        let key = RowKey::of(1).text("text").number(u64::MAX).raw(&every_byte);
        let value = Bytes::copy_from_slice(value);
        set(&*store, &space, vec![RowChange::Put(key.clone(), value.clone())]).await;
        let part = [RowPart::Row(key.clone()), RowPart::Range(RowRange::of(&RowKey::of(1), 2))];
        for part in store.read(&space, &part, now()).await.unwrap().parts {
            assert_eq!(part.rows.len(), 1);
            assert_eq!((&part.rows[0].key, &part.rows[0].value), (&key, &value));
        }
    }
}

pub async fn rows_are_in_the_order_of_their_keys_byte_by_byte(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let sorted = ["", "\0", "\0a", "10", "9", "A", "a", "a\0", "a\0b", "a/b", "ab", "á", "🧶"];
    for text in sorted.iter().rev() {
        set(&*store, &space, vec![put(text, text)]).await;
    }
    let found = all(&*store, &space).await;
    assert_eq!(found, pairs(&sorted.map(|text| (text, text))));

    let between = RowRange { from: key("9"), to: key("a/b"), limit: 100, backwards: true };
    let found = range(&*store, &space, &between).await.rows;
    let found: Vec<_> = found.iter().map(|row| &row.value[..]).collect();
    assert_eq!(found, ["a\0b", "a\0", "a", "A", "9"].map(str::as_bytes));
}

pub async fn a_range_says_whether_more_follow(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    set(&*store, &space, ["a", "b", "c"].map(|text| put(text, "")).to_vec()).await;
    for backwards in [false, true] {
        for (from, to, limit, rows, more) in [
            ("a", "d", 2, 2, true),
            ("a", "d", 3, 3, false),
            ("a", "c", 2, 2, false),
            ("a", "c", 9, 2, false),
            ("b", "b", 9, 0, false),
            ("c", "a", 9, 0, false),
            ("a", "d", 0, 0, true),
        ] {
            let asked = RowRange { from: key(from), to: key(to), limit, backwards };
            let found = range(&*store, &space, &asked).await;
            assert_eq!((found.rows.len(), found.more), (rows, more), "{asked:?}");
        }
    }
}

pub async fn a_range_that_is_too_long_for_one_answer_goes_on(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    let count = 2_500;
    for chunk in (0..count).collect::<Vec<_>>().chunks(ROWS_PER_WRITE_MAX) {
        set(&*store, &space, chunk.iter().map(|n| put(&format!("{n:05}"), "")).collect()).await;
    }
    let (mut from, mut read) = (key(""), 0);
    loop {
        let asked = RowRange { from, to: RowKey::of(2), limit: usize::MAX, backwards: false };
        let found = range(&*store, &space, &asked).await;
        read += found.rows.len();
        match found.rows.last() {
            Some(last) if found.more => from = last.key.next(),
            _ => break,
        }
    }
    assert_eq!(read, count);
}

pub async fn parts_are_answered_in_their_order(fixture: impl RowFixture) {
    let (store, space) = (fixture.store(), some_space());
    set(&*store, &space, ["a", "b", "c"].map(|text| put(text, text)).to_vec()).await;
    let parts = [
        RowPart::Row(key("c")),
        RowPart::Row(key("none")),
        RowPart::Range(RowRange::of(&key(""), 2)),
        RowPart::Row(key("a")),
    ];
    let found = store.read(&space, &parts, now()).await.unwrap().parts;
    let values = found.iter().map(|part| part.rows.iter().map(|row| row.value.to_vec()).collect());
    let values: Vec<Vec<_>> = values.collect();
    let bytes = |text: &str| text.as_bytes().to_vec();
    assert_eq!(values, [vec![bytes("c")], vec![], vec![bytes("a"), bytes("b")], vec![bytes("a")]]);
}
