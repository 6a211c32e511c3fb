use loom_core::{SecretName, Timestamp};
use loom_ports::{SECRET_WRITES_KNOWN, SecretVersion, SecretWrite};

use super::{Mark, deleted_at, set_deleted_at, whole_name};
use crate::name::encode;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn write(n: usize) -> SecretWrite {
    SecretWrite(u128::MAX - n as u128)
}

/// The mark after so many writes of Loom.
fn mark(writes: usize) -> Mark {
    (1..=writes).fold(Mark::none(), |mark, n| mark.next(write(n), NOW, n % 2 == 0))
}

#[test]
fn a_mark_is_read_back_from_tags_that_the_vault_takes() {
    let long = "l".repeat(250);
    for name in ["short", &long] {
        let name = SecretName::parse(name).expect("a valid name");
        for writes in [1, 2, 8, 9, 16, 40] {
            let mark = mark(writes).later(writes as u64);
            let tags = mark.tags(&encode(&name), name.as_str());
            assert_eq!(Mark::read(Some(&tags)), Some(mark));
            assert!(tags.len() < 15 && tags.values().all(|value| value.len() <= 256), "{tags:?}");
            let is_long = name.as_str() == long;
            assert_eq!(whole_name(Some(&tags)), is_long.then_some(name.as_str()));
        }
    }
    assert_eq!(Mark::read(None), None);
    let foreign = [("owner".to_owned(), "somebody".to_owned())].into();
    assert_eq!(Mark::read(Some(&foreign)), None);
}

#[test]
fn the_last_writes_are_known_with_their_versions() {
    let known = SECRET_WRITES_KNOWN;
    let mark = mark(40);
    for n in 1..=40 {
        let expected = (n > 40 - known).then_some(SecretVersion(n as u64));
        assert_eq!(mark.made_by(write(n)), expected, "{n}");
    }
    // Three that others set push as many out.
    let later = mark.later(43);
    assert_eq!(later.number, 43);
    assert_eq!(later.made_by(write(40)), Some(SecretVersion(40)));
    assert_eq!(later.made_by(write(40 - known + 3)), None);
    assert_eq!(later.made_by(write(40 - known + 4)), Some(SecretVersion(40 - known as u64 + 4)));
}

#[test]
fn the_time_of_a_deletion_comes_and_goes() {
    let mut tags = mark(1).tags(&encode(&SecretName::parse("a").expect("a valid name")), "a");
    assert_eq!(deleted_at(Some(&tags)), None);
    set_deleted_at(&mut tags, Some(NOW));
    assert_eq!(deleted_at(Some(&tags)), Some(NOW));
    set_deleted_at(&mut tags, None);
    assert_eq!(deleted_at(Some(&tags)), None);
    assert_eq!(Mark::read(Some(&tags)), Some(mark(1)));
}
