//! Values that come and are read part by part.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::Bytes;
use loom_ports::{
    BlobPart, BlobReader, BlobSource, BlobStore, ErrorKind, PortError, PutCondition, PutOutcome,
};

use super::reading::noise;
use super::{BlobFixture, assert_blob, assert_no_blob, some_name, store_blob};

const MIB: usize = 1 << 20;

/// Gives parts, and then fails if it is to.
#[derive(Debug)]
struct Source {
    parts: VecDeque<Bytes>,
    fails: bool,
}

impl Source {
    fn new(bytes: &[u8], part_bytes: usize) -> Self {
        let parts = bytes.chunks(part_bytes).map(Bytes::copy_from_slice).collect();
        Self { parts, fails: false }
    }
}

#[async_trait]
impl BlobSource for Source {
    async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        match self.parts.pop_front() {
            None if self.fails => Err(PortError::new(ErrorKind::Unavailable, "next")),
            next => Ok(next),
        }
    }
}

async fn put(
    store: &dyn BlobStore,
    name: &loom_ports::BlobName,
    bytes: &[u8],
    condition: PutCondition,
) -> PutOutcome {
    store.put_parts(name, &mut Source::new(bytes, 700_001), condition).await.unwrap()
}

pub async fn a_value_that_comes_in_parts_is_the_same_as_one_that_comes_whole(
    fixture: impl BlobFixture,
) {
    let store = fixture.store();
    let (name, whole) = (some_name(), some_name());
    let sizes = [(0, 1), (1, 1), (65_536, 4_096), (3 * MIB + 5, 1_000), (20 * MIB, MIB + 1)];
    for (size, part_bytes) in sizes {
        let bytes = noise(size, 3);
        let mut source = Source::new(&bytes, part_bytes);
        let stored = store.put_parts(&name, &mut source, PutCondition::Always).await.unwrap();
        let PutOutcome::Stored(head) = stored else { panic!("{size}: {stored:?}") };
        assert_blob(&*store, &name, &bytes, &head).await;
        let other = store_blob(&*store, &whole, &bytes).await;
        assert_eq!(head.etag, other.etag, "{size}");
    }
}

pub async fn a_value_that_comes_in_parts_is_stored_if_its_condition_holds(
    fixture: impl BlobFixture,
) {
    let (store, name) = (fixture.store(), some_name());
    let (first, second) = (noise(9 * MIB, 1), noise(9 * MIB, 2));
    let stored = put(&*store, &name, &first, PutCondition::IfAbsent).await;
    let PutOutcome::Stored(head) = stored else { panic!("{stored:?}") };
    let etag = || head.etag.clone();
    let refused = put(&*store, &name, &second, PutCondition::IfAbsent).await;
    assert_eq!(refused, PutOutcome::Refused(Some(head.clone())));
    assert_blob(&*store, &name, &first, &head).await;
    let replaced = put(&*store, &name, &second, PutCondition::IfMatch(etag())).await;
    let PutOutcome::Stored(now) = replaced else { panic!("{replaced:?}") };
    assert_blob(&*store, &name, &second, &now).await;
    let refused = put(&*store, &name, &first, PutCondition::IfMatch(etag())).await;
    assert_eq!(refused, PutOutcome::Refused(Some(now)));
}

pub async fn a_value_whose_source_fails_is_not_stored(fixture: impl BlobFixture) {
    let store = fixture.store();
    for size in [10, 20 * MIB] {
        let (name, old) = (some_name(), some_name());
        let head = store_blob(&*store, &old, b"old").await;
        for name in [&name, &old] {
            let mut source = Source { fails: true, ..Source::new(&noise(size, 1), MIB) };
            let failed = store.put_parts(name, &mut source, PutCondition::Always).await;
            assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unavailable, "{size}");
        }
        assert_no_blob(&*store, &name).await;
        assert_blob(&*store, &old, b"old", &head).await;
    }
}

pub async fn a_value_is_read_in_parts_that_are_all_of_it(fixture: impl BlobFixture) {
    let (store, name) = (fixture.store(), some_name());
    assert!(BlobReader::open(store.clone(), &name).await.unwrap().is_none());
    for size in [0, 1, MIB, 5 * MIB + 1] {
        let bytes = noise(size, 5);
        store_blob(&*store, &name, &bytes).await;
        let mut reader = BlobReader::open(store.clone(), &name).await.unwrap().expect("there");
        let mut read = Vec::new();
        while let Some(part) = reader.next(MIB as u64).await.unwrap() {
            let BlobPart::Bytes(part) = part else { panic!("nobody has changed it") };
            assert!(!part.is_empty() && part.len() <= MIB, "{size}");
            read.extend_from_slice(&part);
        }
        assert!(read == bytes, "{size}");
    }

    let before = noise(2 * MIB, 6);
    store_blob(&*store, &name, &before).await;
    let mut reader = BlobReader::open(store.clone(), &name).await.unwrap().expect("there");
    let first = reader.next(MIB as u64).await.unwrap();
    assert!(first == Some(BlobPart::Bytes(Bytes::copy_from_slice(&before[..MIB]))));
    store_blob(&*store, &name, &noise(2 * MIB, 7)).await;
    assert_eq!(reader.next(MIB as u64).await.unwrap(), Some(BlobPart::Changed));
    // All of a reader's parts are of one value, also if that comes back.
    store_blob(&*store, &name, &before).await;
    let last = reader.next(u64::MAX).await.unwrap();
    assert!(last == Some(BlobPart::Bytes(Bytes::copy_from_slice(&before[MIB..]))));
    assert_eq!(reader.next(1).await.unwrap(), None);
    assert!(store.delete(&name).await.unwrap());
    let gone = store.get_part(&name, &reader.head().etag, 0..1).await.unwrap();
    assert_eq!(gone, BlobPart::Changed);
}
