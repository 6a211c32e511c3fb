//! Writing one turn.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::sync::Arc;

use bytes::Bytes;
use loom_core::{CommitId, Head, Incarnation, Seq, Timestamp};
use loom_ports::{
    CommitOutcome, ErrorKind, Handled, HandledKey, OutboxEntry, StoredRecord, TimerChange, Turn,
};

use super::JournalFixture;
use super::scene::{Scene, clear, head, mark, sent, set, timer};
use crate::faults::{Fault, FaultPlan, FaultyJournal};

pub async fn a_turn_is_written_at_the_place_after_its_expected_head(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for seq in 1..=3 {
        let turn = scene.committed(scene.turn(head(seq - 1))).await;
        let written = StoredRecord { seq: Seq(seq), bytes: turn.record };
        assert_eq!(scene.records().await.last(), Some(&written));
        assert_eq!(scene.load().await.head, head(seq));
    }
}

pub async fn all_parts_of_a_turn_are_written_together(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;

    let full = Turn {
        snapshot: true,
        trim_before: Some(Seq(2)),
        outbox: vec![sent(4), sent(5)],
        timers: vec![set("soon", 10), set("late", 20)],
        handled: Some(mark("key", 30)),
        ..scene.turn(head(2))
    };
    scene.committed(full).await;

    assert_eq!(scene.places().await, [2, 3]);
    assert_eq!(scene.outbox().await, [4, 5]);
    let timers = [("soon", 10), ("late", 20)].map(|(key, due)| {
        let actor = scene.actor.clone();
        (actor, timer(key), due)
    });
    assert_eq!(scene.timers().await, timers);
    assert_eq!(scene.handled("key", 0).await, Some(mark("key", 30).handled));
}

pub async fn a_turn_on_another_head_conflicts_and_writes_nothing(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(3).await;
    let other_life = Head { incarnation: Incarnation(1), seq: Seq(3) };

    let before = scene.sight().await;
    for stale in [head(0), head(2), head(4), head(9), other_life] {
        let outcome = scene.commit_one(&scene.full_turn(stale, 1)).await;
        assert_eq!(outcome, CommitOutcome::Conflict { head: head(3) }, "{stale:?}");
    }
    assert_eq!(scene.sight().await, before);
}

pub async fn only_one_of_two_racing_commits_wins(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = [scene.turn(head(0)), scene.turn(head(0))];

    let (left, right) = tokio::join!(scene.commit_one(&turns[0]), scene.commit_one(&turns[1]));

    let conflict = CommitOutcome::Conflict { head: head(1) };
    let winner = match (left, right) {
        (CommitOutcome::Committed, lost) if lost == conflict => &turns[0],
        (lost, CommitOutcome::Committed) if lost == conflict => &turns[1],
        outcomes => panic!("not exactly one winner: {outcomes:?}"),
    };
    let written = StoredRecord { seq: Seq(1), bytes: winner.record.clone() };
    assert_eq!(scene.records().await, [written]);
}

pub async fn a_turn_sent_again_was_written_already(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turn = Turn {
        outbox: vec![sent(1)],
        timers: vec![set("once", 5)],
        handled: Some(mark("full", 99)),
        ..scene.turn(head(0))
    };
    scene.committed(turn.clone()).await;

    let before = scene.sight().await;
    assert_eq!(scene.commit_one(&turn).await, CommitOutcome::Already);
    assert_eq!(scene.sight().await, before);

    // What the turn wrote has been changed since, and must not come back.
    let later = Turn {
        timers: vec![clear("once", 5)],
        handled: Some(HandledKey {
            handled: Handled { reply: None, ..mark("full", 99).handled },
            ..mark("full", 99)
        }),
        ..scene.turn(head(1))
    };
    scene.committed(later).await;
    let before = scene.sight().await;
    assert_eq!(scene.commit_one(&turn).await, CommitOutcome::Already);
    assert_eq!(scene.sight().await, before);

    let next = scene.taken_over_by("b").await;
    assert_eq!(next.commit_one(&turn).await, CommitOutcome::Already);
    assert_eq!(next.sight().await, before);
}

pub async fn a_turn_is_written_once_whatever_was_lost(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for (seq, fault) in (0..).zip(Fault::ALL) {
        let turn = Turn { outbox: vec![sent(seq)], ..scene.turn(head(seq)) };
        let store = Arc::new(FaultyJournal::new(fixture.store(), FaultPlan::new([fault])));
        let faulty = Scene { store, ..scene.clone() };

        match faulty.store.commit(&scene.tenure, std::slice::from_ref(&turn), &[]).await {
            Ok(outcomes) if fault == Fault::Repeated => {
                assert_eq!(outcomes, [CommitOutcome::Already], "{fault:?}");
            }
            Ok(outcomes) => assert_eq!(outcomes, [CommitOutcome::Unknown], "{fault:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{fault:?}"),
        }
        let again = faulty.commit_one(&turn).await;

        let was_written = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        let expected = if was_written { CommitOutcome::Already } else { CommitOutcome::Committed };
        assert_eq!(again, expected, "{fault:?}");
    }
    assert_eq!(scene.places().await, [1, 2, 3, 4]);
    assert_eq!(scene.outbox().await, [0, 1, 2, 3]);
}

pub async fn a_turn_larger_than_the_store_takes_is_refused(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let bytes_max = scene.store.capabilities().turn_bytes_max;
    let bytes = |bytes: usize| Bytes::from(vec![7; bytes]);
    let outbox = OutboxEntry { n: 1, bytes: bytes(bytes_max / 2) };
    let reply = Handled { fingerprint: 1, seq: Seq(1), reply: Some(bytes(bytes_max / 4)) };
    let handled = HandledKey { handled: reply, ..mark("full", 1_000) };
    let rest = bytes_max - bytes_max / 2 - bytes_max / 4;
    let largest = Turn {
        record: bytes(rest),
        outbox: vec![outbox],
        handled: Some(handled),
        timers: vec![set("timer", 5)],
        ..scene.turn(head(0))
    };

    let before = scene.sight().await;
    let too_large = Turn { record: bytes(rest + 1), ..largest.clone() };
    let refused = CommitOutcome::TooLarge { bytes: bytes_max + 1, bytes_max };
    assert_eq!(scene.commit_one(&too_large).await, refused);
    assert_eq!(scene.sight().await, before);

    scene.committed(largest.clone()).await;
    assert_eq!(scene.load().await.records[0].bytes, largest.record);
    assert_eq!(scene.undelivered().await[0].bytes, largest.outbox[0].bytes);
    assert_eq!(scene.handled("full", 0).await, largest.handled.map(|mark| mark.handled));
}

pub async fn records_and_messages_may_hold_any_bytes(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let samples = [Bytes::new(), "\0".into(), "\r\n{}[]:/'\"\\".into(), every_byte.into()];
    for (seq, bytes) in (0..).zip(samples.clone()) {
        let outbox = vec![OutboxEntry { n: seq, bytes: bytes.clone() }];
        let reply = Handled { fingerprint: u64::MAX, seq: Seq(seq), reply: Some(bytes.clone()) };
        let handled = HandledKey { handled: reply.clone(), ..mark("full", 1_000) };
        let handled = Some(handled);
        scene.committed(Turn { record: bytes, outbox, handled, ..scene.turn(head(seq)) }).await;
        assert_eq!(scene.handled("full", 0).await, Some(reply));
    }
    let records: Vec<_> = scene.records().await.into_iter().map(|record| record.bytes).collect();
    assert_eq!(records, samples);
    let messages: Vec<_> = scene.undelivered().await.into_iter().map(|sent| sent.bytes).collect();
    assert_eq!(messages, samples);
}

pub async fn numbers_may_be_as_large_as_their_types(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turn = Turn {
        commit: CommitId(u128::MAX),
        outbox: vec![sent(0), sent(u64::MAX)],
        timers: vec![TimerChange::Set(timer("never"), Timestamp::MAX)],
        ..scene.turn(head(0))
    };
    scene.committed(turn.clone()).await;

    assert_eq!(scene.commit_one(&turn).await, CommitOutcome::Already);
    assert_eq!(scene.outbox().await, [0, u64::MAX]);
    assert_eq!(scene.due(0, 9).await.next, Some(Timestamp::MAX));
}
