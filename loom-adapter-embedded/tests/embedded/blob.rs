//! Files behind blobs.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use loom_ports::{BlobName, BlobStore, ErrorKind, Put, PutCondition, PutOutcome};
use tempfile::tempdir;

use crate::scene::{open, record, run};

fn files(dir: &Path) -> usize {
    fs::read_dir(dir.join("blobs")).unwrap().count()
}

fn name(name: &str) -> BlobName {
    BlobName::parse(name).unwrap()
}

async fn put(blobs: &dyn BlobStore, at: &str, bytes: &Bytes) {
    let put = Put { bytes: bytes.clone(), condition: PutCondition::Always };
    let outcome = blobs.put(&name(at), put).await.unwrap();
    assert!(matches!(outcome, PutOutcome::Stored(_)), "{outcome:?}");
}

#[test]
fn equal_values_share_a_file_until_the_last_is_gone() {
    let dir = tempdir().unwrap();
    let blobs = open(dir.path()).unwrap().blobs();
    let (one, two) = (record(1, 1, 1000), record(2, 2, 1000));
    run(async {
        put(&*blobs, "a", &one).await;
        put(&*blobs, "b", &one).await;
        assert_eq!(files(dir.path()), 1);
        put(&*blobs, "a", &two).await;
        assert_eq!(files(dir.path()), 2);
        assert_eq!(blobs.get(&name("b"), None).await.unwrap(), Some(one.clone()));
        assert!(blobs.delete(&name("b")).await.unwrap());
        assert_eq!(files(dir.path()), 1);
        assert_eq!(blobs.get(&name("a"), None).await.unwrap(), Some(two.clone()));
        let refused = Put { bytes: one.clone(), condition: PutCondition::IfAbsent };
        let outcome = blobs.put(&name("a"), refused).await.unwrap();
        assert!(matches!(outcome, PutOutcome::Refused(Some(_))), "{outcome:?}");
        assert_eq!(files(dir.path()), 1);
    });
}

#[test]
fn what_nothing_refers_to_is_removed_when_the_directory_is_opened() {
    let dir = tempdir().unwrap();
    let value = record(1, 1, 1000);
    run(async { put(&*open(dir.path()).unwrap().blobs(), "a", &value).await });
    for left_behind in ["unfinished-0", &"0".repeat(64)] {
        fs::write(dir.path().join("blobs").join(left_behind), "x").unwrap();
    }

    let blobs = open(dir.path()).unwrap().blobs();

    assert_eq!(files(dir.path()), 1);
    assert_eq!(run(blobs.get(&name("a"), None)).unwrap(), Some(value));
}

#[test]
fn ranges_at_the_edges_of_parts_are_right() {
    let dir = tempdir().unwrap();
    let blobs = open(dir.path()).unwrap().blobs();
    let (part, size) = (64 * 1024, 200_000);
    let value = record(1, 1, size);
    run(async {
        put(&*blobs, "a", &value).await;
        let edges = [0, 1, part - 1, part, part + 1, 3 * part - 1, 3 * part, size - 1, size];
        for start in edges {
            for end in edges {
                let range = start as u64..end as u64;
                let expected = value.slice(start..end.max(start));
                let found = blobs.get(&name("a"), Some(range.clone())).await.unwrap();
                assert_eq!(found, Some(expected), "{range:?}");
            }
        }
    });
}

#[test]
fn a_file_that_went_bad_is_never_read_as_the_value() {
    let dir = tempdir().unwrap();
    let value = record(1, 1, 200_000);
    let blobs = open(dir.path()).unwrap().blobs();
    run(async { put(&*blobs, "a", &value).await });
    let file = fs::read_dir(dir.path().join("blobs")).unwrap().next().unwrap().unwrap().path();

    let mut bad = value.to_vec();
    bad[150_000] ^= 1;
    let rows: [(&[u8], _, bool); 5] = [
        (&bad, None, false),
        (&bad, Some(140_000..140_001), false),
        (&bad, Some(0..1000), true),
        (&value[..150_000], None, false),
        (&value[..150_000], Some(0..1000), true),
    ];
    for (stored, range, is_whole) in rows {
        fs::write(&file, stored).unwrap();
        match run(blobs.get(&name("a"), range.clone())) {
            Ok(found) => assert!(is_whole && found == Some(value.slice(0..1000)), "{range:?}"),
            Err(error) => {
                assert!(!is_whole, "{range:?}");
                assert_eq!(error.kind(), ErrorKind::Corrupt);
            }
        }
    }

    fs::remove_file(&file).unwrap();
    assert_eq!(run(blobs.get(&name("a"), None)).unwrap_err().kind(), ErrorKind::Corrupt);

    // The same value again mends it.
    run(async { put(&*blobs, "a", &value).await });
    assert_eq!(run(blobs.get(&name("a"), None)).unwrap(), Some(value));
}

#[test]
fn names_may_differ_in_case_alone() {
    let dir = tempdir().unwrap();
    let blobs = open(dir.path()).unwrap().blobs();
    run(async {
        for (n, at) in ["a/B", "a/b", "A/b"].into_iter().enumerate() {
            put(&*blobs, at, &record(n as u64, 1, 10)).await;
        }
        for (n, at) in ["a/B", "a/b", "A/b"].into_iter().enumerate() {
            let found = blobs.get(&name(at), None).await.unwrap();
            assert_eq!(found, Some(record(n as u64, 1, 10)));
        }
    });
}
