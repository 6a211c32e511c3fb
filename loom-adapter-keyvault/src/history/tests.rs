use loom_core::Timestamp;
use loom_ports::SecretWrite;

use super::{History, Mark, Version};

fn mark(number: u64, write: u128) -> Mark {
    Mark { number, ..Mark::none().next(SecretWrite(write), Timestamp::EPOCH, false) }
}

/// When it was made, what the vault calls it, and number and write if Loom made it.
type Given = (u64, &'static str, Option<(u64, u128)>);

/// What is so, what is given, and the numbers that are found.
type Row = (&'static str, &'static [Given], &'static [(u64, &'static str)]);

fn numbered(given: &[Given]) -> Vec<(u64, String)> {
    let versions = given.iter().map(|(secs, id, mark_of)| Version {
        id: (*id).into(),
        created: Timestamp::from_millis(secs * 1_000),
        mark: mark_of.map(|(number, write)| mark(number, write)),
    });
    let history = History::number(versions.collect());
    history.0.iter().map(|(number, version)| (*number, version.id.clone())).collect()
}

#[test]
fn versions_have_the_numbers_that_loom_gave_and_the_others_those_that_are_free() {
    let rows: [Row; 7] = [
        ("none", &[], &[]),
        ("ours", &[(2, "b", Some((2, 2))), (1, "a", Some((1, 1)))], &[(1, "a"), (2, "b")]),
        ("others", &[(2, "a", None), (1, "b", None)], &[(1, "b"), (2, "a")]),
        (
            "one between, in the same second",
            &[(1, "b", Some((1, 1))), (1, "a", Some((3, 3))), (1, "c", None)],
            &[(1, "b"), (2, "c"), (3, "a")],
        ),
        ("one after", &[(1, "b", Some((1, 1))), (2, "a", None)], &[(1, "b"), (2, "a")]),
        (
            "one that arrived twice",
            &[(1, "a", Some((1, 1))), (2, "b", Some((1, 1))), (3, "c", Some((2, 2)))],
            &[(1, "b"), (2, "c")],
        ),
        (
            "two hosts at once",
            &[(1, "a", Some((1, 1))), (2, "b", Some((2, 2))), (2, "c", Some((2, 3)))],
            &[(1, "a"), (2, "b"), (3, "c")],
        ),
    ];
    for (what, given, expected) in rows {
        let expected: Vec<_> = expected.iter().map(|(n, id)| (*n, (*id).to_owned())).collect();
        assert_eq!(numbered(given), expected, "{what}");
    }
}

#[test]
fn versions_far_behind_the_last_one_are_forgotten() {
    let versions = (1..=105).map(|number| Version {
        id: number.to_string(),
        created: Timestamp::EPOCH,
        mark: Some(mark(number, number.into())),
    });
    let history = History::number(versions.collect());
    assert!(history.get(5).is_none() && history.get(6).is_some() && history.get(106).is_none());
    assert_eq!(history.kept().count(), 100);
    assert_eq!(history.mark().number, 105);
}
