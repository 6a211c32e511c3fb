//! Rows when answers are lost, the service is short of time, or others are faster.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use loom_adapter_cosmos::SmallStores as _;
use loom_core::Timestamp;
use loom_ports::{
    ErrorKind, ROW_KEY_BYTES_MAX, ROW_WRITE_BYTES_MAX, ROWS_PER_WRITE_MAX, Row, RowChange,
    RowExpected, RowKey, RowPart, RowRange, RowStore, RowWrite, RowWritten, Space,
};
use loom_testkit::backends::{CosmosFault, CosmosServer};
use loom_testkit::run;

use crate::scene;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn space() -> Space {
    Space::named("rows")
}

fn key(text: &str) -> RowKey {
    RowKey::of(1).text(text)
}

fn put(text: &str, value: u64) -> RowChange {
    RowChange::Put(key(text), Bytes::from(value.to_string()))
}

async fn one(rows: &dyn RowStore, text: &str) -> Option<Row> {
    let parts = [RowPart::Row(key(text))];
    rows.read(&space(), &parts, NOW).await.unwrap().parts.remove(0).rows.pop()
}

async fn number(rows: &dyn RowStore, text: &str) -> u64 {
    let row = one(rows, text).await;
    row.map_or(0, |row| std::str::from_utf8(&row.value).unwrap().parse().unwrap())
}

/// Replaces a row by one more, and adds one to another.
async fn step(rows: &dyn RowStore) -> RowWrite {
    let row = one(rows, "a").await;
    let next = row
        .as_ref()
        .map_or(1, |row| std::str::from_utf8(&row.value).unwrap().parse::<u64>().unwrap() + 1);
    let expected = vec![RowExpected { key: key("a"), tag: row.map(|row| row.tag) }];
    RowWrite { expected, changes: vec![put("a", next), RowChange::Add(key("sum"), 1)] }
}

#[test]
fn a_write_whose_answer_was_lost_is_made_once() {
    run(async {
        let server = CosmosServer::start();
        let rows = scene::open(&server).await.rows();
        for n in 1..=3 {
            let write = step(&*rows).await;
            // It reads both rows, and at first the edition, and then writes.
            server.spare(if n == 1 { 3 } else { 2 });
            server.fail(1, CosmosFault::ReplyLost);
            assert_eq!(rows.write(&space(), write).await.unwrap(), RowWritten::Done, "{n}");
            assert_eq!((number(&*rows, "a").await, number(&*rows, "sum").await), (n, n));
        }
    });
}

#[test]
fn sums_are_exact_whatever_fails() {
    run(async {
        let server = CosmosServer::start();
        let rows = scene::open(&server).await.rows();
        server.fail_often(20, CosmosFault::ReplyLost, 1);
        server.fail_often(20, CosmosFault::RequestLost, 2);
        server.fail_often(100, CosmosFault::throttled(Duration::from_millis(1)), 3);
        for n in 1..=100 {
            let write = step(&*rows).await;
            assert_eq!(rows.write(&space(), write).await.unwrap(), RowWritten::Done, "{n}");
        }
        let (requests, failed) = server.requests();
        assert!(failed > 0 && failed < requests, "{failed} of {requests}");
        server.heal();
        assert_eq!((number(&*rows, "a").await, number(&*rows, "sum").await), (100, 100));
    });
}

/// Each writer is a host of its own, so nothing but the service keeps them apart.
#[test]
fn readers_never_see_half_a_write_of_another_host() {
    run(async {
        let server = CosmosServer::start();
        let mut hosts: Vec<Arc<dyn RowStore>> = Vec::new();
        for _ in 0..4 {
            hosts.push(scene::open(&server).await.rows());
        }
        let writing = hosts.iter().map(|rows| async {
            for _ in 0..10 {
                let changes =
                    vec![RowChange::Add(key("a"), 1), put("b", 0), RowChange::Add(key("c"), 1)];
                let write = RowWrite { expected: Vec::new(), changes };
                assert_eq!(rows.write(&space(), write).await.unwrap(), RowWritten::Done);
            }
        });
        let reader = scene::open(&server).await.rows();
        let reading = async {
            let parts = [
                RowPart::Row(key("c")),
                RowPart::Range(RowRange::of(&RowKey::of(1), 10)),
                RowPart::Row(key("a")),
            ];
            for _ in 0..10 {
                let read = reader.read(&space(), &parts, NOW).await.unwrap().parts;
                assert_eq!(
                    read[0].rows.first().map(|row| &row.value),
                    read[2].rows.first().map(|row| &row.value)
                );
                let range: Vec<_> = read[1].rows.iter().map(|row| &row.value).collect();
                assert!(range.is_empty() || range[0] == range[2], "{range:?}");
            }
        };
        futures::future::join(futures::future::join_all(writing), reading).await;
        assert_eq!((number(&*reader, "a").await, number(&*reader, "c").await), (40, 40));
    });
}

#[test]
fn the_largest_write_fits_a_request() {
    run(async {
        let rows = scene::Database::new().await.stores.rows();
        let space = Space::of("rows", &"s".repeat(500));
        let bytes = ROW_WRITE_BYTES_MAX / ROWS_PER_WRITE_MAX;
        let changes = (0..ROWS_PER_WRITE_MAX).map(|n| {
            let mut key = vec![u8::MAX; ROW_KEY_BYTES_MAX];
            key[ROW_KEY_BYTES_MAX - 1] = u8::try_from(n).expect("a hundred");
            RowChange::Put(RowKey::from_bytes(&key), vec![7; bytes].into())
        });
        let write = RowWrite { expected: Vec::new(), changes: changes.collect() };
        assert_eq!(rows.write(&space, write).await.unwrap(), RowWritten::Done);
    });
}

#[test]
fn what_cannot_be_known_is_unknown() {
    run(async {
        let server = CosmosServer::start();
        let rows = scene::open(&server).await.rows();
        for (reads, fault) in [(3, CosmosFault::ReplyLost), (3, CosmosFault::Hang)] {
            let write = step(&*rows).await;
            server.spare(reads);
            server.fail(1000, fault);
            let failed = rows.write(&space(), write).await.unwrap_err();
            server.heal();
            assert_eq!(failed.kind(), ErrorKind::Indeterminate, "{fault:?}: {failed}");
            let (a, sum) = (number(&*rows, "a").await, number(&*rows, "sum").await);
            assert_eq!(a, sum, "{fault:?}");
        }
    });
}
