use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn splice(at: u64, removed: u64, inserted: &'static str) -> Change {
    Change::Splice { at, removed, inserted: Bytes::from_static(inserted.as_bytes()) }
}

fn full(new: &'static str) -> Change {
    Change::Full(Bytes::from_static(new.as_bytes()))
}

const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789";

#[test]
fn a_change_is_the_smallest_of_its_kinds() {
    let edited = |from: &str, to: &str| LONG.replacen(from, to, 1);
    for (old, new, change) in [
        (String::new(), String::new(), Change::Same),
        (LONG.into(), LONG.into(), Change::Same),
        ("short".into(), "shorter".into(), full("shorter")),
        (LONG.into(), String::new(), full("")),
        (String::new(), "new".into(), full("new")),
        (LONG.into(), format!("{LONG}!"), splice(70, 0, "!")),
        (LONG.into(), format!("!{LONG}"), splice(0, 0, "!")),
        (LONG.into(), LONG[..60].into(), splice(60, 10, "")),
        (LONG.into(), LONG[5..].into(), splice(0, 5, "")),
        (LONG.into(), edited("34", "--"), splice(3, 2, "--")),
        // What is common to both ends is counted once.
        ("a".repeat(100), "a".repeat(99), splice(99, 1, "")),
        ("a".repeat(99), "a".repeat(100), splice(99, 0, "a")),
    ] {
        let (old, new) = (Bytes::from(old), Bytes::from(new));
        assert_eq!(Change::between(&old, &new), change, "{old:?} to {new:?}");
        assert_eq!(change.apply(&old).unwrap(), new);
    }
}

#[test]
fn a_splice_out_of_range_is_an_error() {
    let old = Bytes::from_static(b"0123456789");
    for (at, removed) in [(11, 0), (10, 1), (0, 11), (u64::MAX, 1), (1, u64::MAX)] {
        let error = splice(at, removed, "x").apply(&old).unwrap_err();
        assert_eq!(error, ChangeError { at, removed, len: 10 });
    }
    assert_eq!(splice(10, 0, "x").apply(&old).unwrap(), "0123456789x");
    let message = splice(9, 2, "").apply(&old).unwrap_err().to_string();
    assert_eq!(message, "a change of 2 bytes at 9 does not fit into 10 bytes");
}

/// Two byte strings with a beginning and an end in common, of up to 300 bytes each, from an
/// alphabet small enough that they often have more in common.
fn pairs() -> impl Strategy<Value = (Bytes, Bytes)> {
    let part = |max: usize| vec(0..3_u8, 0..max);
    (part(300), part(10), part(10), part(300)).prop_map(|(start, old, new, end)| {
        (Bytes::from([&*start, &*old, &*end].concat()), [&*start, &*new, &*end].concat().into())
    })
}

#[test]
fn applying_a_change_gives_the_new_bytes() {
    holds_for(&pairs(), |(old, new)| {
        prop_assert_eq!(Change::between(&old, &new).apply(&old).unwrap(), new);
        Ok(())
    });
}

#[test]
fn a_change_is_never_stored_larger_than_in_full() {
    let encoded = |change: &Change| rmp_serde::to_vec_named(change).unwrap();
    holds_for(&pairs(), |(old, new)| {
        let change = Change::between(&old, &new);
        let (stored, in_full) = (encoded(&change), encoded(&Change::Full(new)));
        prop_assert!(stored.len() <= in_full.len(), "{:?}", change);
        prop_assert_eq!(rmp_serde::from_slice::<Change>(&stored).unwrap(), change);
        Ok(())
    });
}

#[test]
fn blocks_and_bytes_find_the_same_ends() {
    for len in [0, 1, 63, 64, 65, 127, 128, 129, 200] {
        let same = vec![7_u8; len];
        assert_eq!((common_prefix(&same, &same), common_suffix(&same, &same)), (len, len));
        for differs in 0..len {
            let mut other = same.clone();
            other[differs] = 8;
            assert_eq!(common_prefix(&same, &other), differs, "{len}");
            assert_eq!(common_suffix(&same, &other), len - differs - 1, "{len}");
        }
    }
}

/// The hashes are in the journals. The first is the one that the authors of XXH3 publish.
#[test]
fn the_hash_of_a_state_never_changes() {
    assert_eq!(state_hash(b""), 0x2d06_8005_38d3_94c2);
    assert_eq!(state_hash(br#"{"cents":250}"#), 0x52ad_135a_3157_54b6);
    assert_eq!(state_hash(&[0; 1000]), 0x24c1_ea60_74dd_588c);
}
