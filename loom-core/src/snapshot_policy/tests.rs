use proptest::prelude::*;

use super::*;
use crate::property::holds_for;

fn policy(records_max: u64, bytes_min: u64) -> SnapshotPolicy {
    SnapshotPolicy { records_max: NonZeroU64::new(records_max).unwrap(), bytes_min }
}

#[test]
fn a_snapshot_is_due_after_enough_records_or_bytes() {
    for (records, bytes, last, expected) in [
        (0, 0, 0, false),
        (1, 99, 0, false),
        (1, 100, 0, true),
        (9, 99, 0, false),
        (10, 0, 0, true),
        // A large state waits for as many bytes of records.
        (1, 100, 101, false),
        (1, 4_999, 5_000, false),
        (1, 5_000, 5_000, true),
        (9, 100, u64::MAX, false),
        (10, 100, u64::MAX, true),
    ] {
        let due = policy(10, 100).due(records, bytes, last);
        assert_eq!(due, expected, "{records} records, {bytes} bytes, {last} bytes before");
    }
}

#[test]
fn nothing_new_needs_no_snapshot() {
    assert!(!policy(1, 0).due(0, 0, 0));
    assert!(policy(1, 0).due(1, 0, 0));
}

#[test]
fn left_out_settings_have_their_default() {
    let read = |json: &str| serde_json::from_str::<SnapshotPolicy>(json).unwrap();
    assert_eq!(read("{}"), policy(1_000, 65_536));
    assert_eq!(read(r#"{"bytes_min": 5}"#), policy(1_000, 5));
    assert!(serde_json::from_str::<SnapshotPolicy>(r#"{"records_max": 0}"#).is_err());
}

/// Records and states of any size, as the state grows and shrinks.
fn turns() -> impl Strategy<Value = Vec<(u64, u64)>> {
    proptest::collection::vec((1..2_000_u64, 0..20_000_u64), 1..300)
}

#[test]
fn all_snapshots_but_the_newest_take_no_more_than_the_records() {
    holds_for(&(0..5_000_u64, turns()), |(bytes_min, turns)| {
        let policy = policy(u64::MAX, bytes_min);
        let (mut records, mut bytes, mut newest) = (0, 0, 0);
        let (mut bytes_all, mut older_all) = (0, 0);
        for (record, state) in turns {
            (records, bytes, bytes_all) = (records + 1, bytes + record, bytes_all + record);
            if policy.due(records, bytes, newest) {
                older_all += newest;
                (records, bytes, newest) = (0, 0, state);
            }
            prop_assert!(older_all <= bytes_all);
        }
        Ok(())
    });
}

#[test]
fn no_more_records_are_replayed_than_agreed() {
    holds_for(&(1..50_u64, turns()), |(records_max, turns)| {
        let policy = policy(records_max, 1_000);
        let (mut records, mut bytes, mut newest) = (0, 0, 0);
        for (record, state) in turns {
            (records, bytes) = (records + 1, bytes + record);
            if policy.due(records, bytes, newest) {
                (records, bytes, newest) = (0, 0, state);
            }
            prop_assert!(records < records_max);
        }
        Ok(())
    });
}
