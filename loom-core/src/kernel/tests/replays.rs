//! Journals that cannot be replayed, and those that once were replayed wrongly.

use super::scene::{Scene, bits};
use super::script::{json, play};
use crate::*;

fn journal() -> Scene {
    let (scene, _) = play(
        r#"
        10 invoke | timer tea 50, state {"n":1} => 1
        20 invoke | activity mail, wait paid until 90, state {"n":2}, suspend
        30 event other 1
        40 answer 2.0 7
        50 event paid 8
        60 go | state {"n":3} => 15
        "#,
    );
    scene
}

fn replay(records: &[Record]) -> Result<Kernel, ReplayError> {
    Kernel::replay(Head::default(), records)
}

fn with_snapshot(records: &[Record], at: usize) -> Record {
    let snapshot = Some(Box::new(replay(&records[..=at]).unwrap()));
    Record { snapshot, ..records[at].clone() }
}

fn without_snapshots(scene: Scene) -> Vec<Record> {
    scene.records.into_iter().map(|record| Record { snapshot: None, ..record }).collect()
}

#[test]
fn records_after_a_snapshot_are_applied() {
    let records = without_snapshots(journal());
    let whole = replay(&records).unwrap();
    assert_eq!(whole.state(), &json(r#"{"n":3}"#).0);
    for at in 0..records.len() {
        let mut rest = records[at..].to_vec();
        rest[0] = with_snapshot(&records, at);
        assert_eq!(bits(&replay(&rest).unwrap()), bits(&whole), "from {at}");
    }
}

#[test]
fn a_snapshot_later_on_changes_nothing() {
    let mut records = without_snapshots(journal());
    let whole = replay(&records).unwrap();
    records[3] = with_snapshot(&records, 3);
    assert_eq!(replay(&records).unwrap(), whole);
}

#[test]
fn the_input_of_an_open_invocation_survives_a_replay() {
    let records = without_snapshots(journal());
    for at in 1..5 {
        let kernel = replay(&records[..=at]).unwrap();
        let open = kernel.invocation().unwrap();
        assert_eq!((open.began, open.at), (Seq(2), Timestamp::from_millis(20)));
        assert_eq!(open.base, json(r#"{"n":1}"#).0);
        assert_eq!(open.message.id.as_str(), "m2");
    }
    assert_eq!(replay(&records).unwrap().invocation(), None);
}

#[test]
fn no_record_is_left_out_or_applied_twice() {
    let records = without_snapshots(journal());
    for at in 0..records.len() {
        let mut twice = records.clone();
        twice.insert(at, records[at].clone());
        let head = records[at].head;
        assert_eq!(replay(&twice), Err(ReplayError::Gap { head, found: head }));

        let mut missing = records.clone();
        missing.remove(at);
        match missing.get(at) {
            Some(next) => {
                let before = Seq(head.seq.0 - 1);
                let head = Head { seq: before, ..head };
                assert_eq!(replay(&missing), Err(ReplayError::Gap { head, found: next.head }));
            }
            None => assert_eq!(replay(&missing).unwrap().head().seq, Seq(5)),
        }
    }
}

#[test]
fn records_of_a_former_life_do_not_follow() {
    let records = without_snapshots(journal());
    let mut reborn = records.clone();
    for record in &mut reborn[..3] {
        record.head.incarnation = Incarnation(1);
    }
    let (head, found) = (reborn[2].head, reborn[3].head);
    assert_eq!(replay(&reborn), Err(ReplayError::Gap { head, found }));

    let start = Head { incarnation: Incarnation(4), seq: Seq::EMPTY };
    assert_eq!(Kernel::replay(start, []).unwrap().head(), start);
    let moved = Head { incarnation: Incarnation(4), ..records.last().unwrap().head };
    assert_eq!(Kernel::replay(moved, &records).unwrap().head(), moved);
}

#[test]
fn a_journal_out_of_sight_is_no_empty_journal() {
    let found = Head { seq: Seq(3), ..Head::default() };
    let head = Head::default();
    assert_eq!(Kernel::replay(found, []), Err(ReplayError::Gap { head, found }));
}

#[test]
fn a_state_that_differs_is_noticed() {
    let records = without_snapshots(journal());
    let seq = Seq(2);

    let mut hash = records.clone();
    hash[1].state_hash ^= 1;
    assert!(matches!(replay(&hash), Err(ReplayError::Diverged { seq: at, .. }) if at == seq));

    let mut skipped = records.clone();
    skipped[1].events.retain(|event| !matches!(event, Event::Changed(_)));
    assert!(matches!(replay(&skipped), Err(ReplayError::Diverged { seq: at, .. }) if at == seq));

    let mut splice = records.clone();
    let beyond = Change::Splice { at: 90, removed: 1, inserted: bytes::Bytes::new() };
    splice[1].events.push(Event::Changed(beyond));
    assert!(matches!(replay(&splice), Err(ReplayError::Change { seq: at, .. }) if at == seq));

    // A snapshot of another record, and one whose state was changed.
    let mut other = records[2..].to_vec();
    other[0].snapshot = with_snapshot(&records, 1).snapshot;
    let (head, found) = (records[1].head, records[2].head);
    assert_eq!(replay(&other), Err(ReplayError::Gap { head, found }));
    let mut changed = with_snapshot(&records, 1);
    changed.state_hash ^= 1;
    assert!(matches!(replay(&[changed]), Err(ReplayError::Diverged { seq: at, .. }) if at == seq));
}

#[test]
fn events_of_an_invocation_need_one() {
    let records = without_snapshots(journal());
    let answer = Answer { outcome: Outcome::Returned(Payload::NULL), at: Timestamp::EPOCH };
    let step = Step { incarnation: Incarnation(0), ask: Ask::Sleep, fingerprint: 0, answer: None };
    let seq = Seq(1);
    for (event, name) in [
        (Event::Stepped(step), "a step"),
        (Event::Answered { position: 0, answer: answer.clone() }, "an answer"),
        (Event::Stalled { reason: String::new(), attempts: 1 }, "a stall"),
    ] {
        let mut records = records.clone();
        records[0].events.push(event);
        assert_eq!(replay(&records), Err(ReplayError::NoInvocation { seq, event: name }));
    }
    let mut beyond = records.clone();
    beyond[3].events = vec![Event::Answered { position: 2, answer }];
    let (seq, event) = (Seq(4), "an answer");
    assert_eq!(replay(&beyond), Err(ReplayError::NoInvocation { seq, event }));
}

#[test]
fn errors_say_which_record_and_why() {
    let head = Head { seq: Seq(2), ..Head::default() };
    let seq = Seq(2);
    expect_test::expect![[r"
        record 4 of incarnation 0 does not follow record 2 of incarnation 0
        record 2: the state has hash 0000000000000001, and 0000000000000abc was committed
        record 2: an answer, and nothing that it is for"]]
    .assert_eq(
        &[
            ReplayError::Gap { head, found: head.next().next() },
            ReplayError::Diverged { seq, actual: 1, recorded: 0xabc },
            ReplayError::NoInvocation { seq, event: "an answer" },
        ]
        .map(|error| error.to_string())
        .join("\n"),
    );
}
