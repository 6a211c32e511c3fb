//! Writing several turns at once.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::Seq;
use loom_ports::{CommitOutcome, Delivered, ErrorKind, Turn};

use super::JournalFixture;
use super::scene::{Scene, head, sent};

pub async fn nothing_to_commit_is_nothing_to_answer(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.commit(&[]).await, []);
    assert_eq!(scene.actors().await, []);
}

pub async fn turns_of_one_actor_follow_each_other_in_one_commit(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = [0, 1, 2].map(|seq| scene.turn(head(seq)));
    assert_eq!(scene.commit(&turns).await, [CommitOutcome::Committed; 3]);
    let written: Vec<_> = scene.records().await.into_iter().map(|record| record.bytes).collect();
    assert_eq!(written, turns.map(|turn| turn.record));
}

pub async fn answers_are_in_the_order_of_the_turns(fixture: impl JournalFixture) {
    let one = Scene::open(&fixture).await;
    let (two, three) = (one.with_actor("two"), one.with_actor("three"));
    let sent_before = one.grow(1).await.remove(0);

    let turns =
        [two.turn(head(0)), three.turn(head(5)), sent_before, two.turn(head(1)), one.turn(head(1))];

    let committed = CommitOutcome::Committed;
    let conflict = CommitOutcome::Conflict { head: head(0) };
    let expected = [committed, conflict, CommitOutcome::Already, committed, committed];
    assert_eq!(one.commit(&turns).await, expected);
}

pub async fn a_turn_after_a_failed_one_of_its_actor_is_not_committed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(1).await;
    let bytes_max = scene.store.capabilities().turn_bytes_max;
    let too_large = Turn { record: vec![0; bytes_max + 1].into(), ..scene.turn(head(1)) };

    let before = scene.sight().await;
    for failing in [scene.turn(head(0)), scene.turn(head(2)), too_large] {
        // Each would be committed on its own: one if the failed turn is left out, the other if
        // it is counted.
        for follower in [head(1), head(2)] {
            let turns = [failing.clone(), scene.full_turn(follower, 1)];
            let [first, second] = scene.commit(&turns).await[..] else { panic!("two answers") };
            assert_ne!(first, CommitOutcome::Committed);
            assert_eq!(second, CommitOutcome::Conflict { head: head(1) }, "after {first:?}");
        }
    }
    assert_eq!(scene.sight().await, before);
}

pub async fn turns_of_other_actors_are_committed_whatever_fails(fixture: impl JournalFixture) {
    let one = Scene::open(&fixture).await;
    let two = one.with_actor("two");
    let bytes_max = one.store.capabilities().turn_bytes_max;
    let too_large = Turn { record: vec![0; bytes_max + 1].into(), ..one.turn(head(0)) };

    for (seq, failing) in (0..).step_by(2).zip([one.turn(head(7)), too_large]) {
        let turns = [two.turn(head(seq)), failing, two.turn(head(seq + 1))];
        let outcomes = one.commit(&turns).await;
        assert_eq!(outcomes[0], CommitOutcome::Committed, "{outcomes:?}");
        assert_eq!(outcomes[2], CommitOutcome::Committed, "{outcomes:?}");
    }
    assert_eq!(one.places().await, [0; 0]);
    assert_eq!(two.places().await, [1, 2, 3, 4]);
}

pub async fn a_turn_written_already_does_not_stop_the_next(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let first = scene.grow(1).await.remove(0);
    let second = scene.turn(head(1));
    let turns = [first.clone(), second.clone(), first, second];
    let already = CommitOutcome::Already;
    assert_eq!(scene.commit(&turns).await, [already, CommitOutcome::Committed, already, already]);
    assert_eq!(scene.places().await, [1, 2]);
}

pub async fn a_thousand_turns_commit_at_once(fixture: impl JournalFixture) {
    let one = Scene::open(&fixture).await;
    let two = one.with_actor("two");
    let mut turns = Vec::new();
    for seq in 0..500 {
        turns.push(Turn { outbox: vec![sent(2 * seq)], ..one.turn(head(seq)) });
        turns.push(Turn { outbox: vec![sent(2 * seq + 1)], ..two.turn(head(seq)) });
    }

    assert_eq!(one.commit(&turns).await, vec![CommitOutcome::Committed; 1_000]);

    let all: Vec<_> = (1..=500).collect();
    assert_eq!(one.places().await, all);
    assert_eq!(two.places().await, all);
    assert_eq!(one.outbox().await, (0..1_000).collect::<Vec<_>>());
    assert_eq!(one.load().await.records.len(), 500);
}

pub async fn an_invalid_turn_leaves_nothing_of_the_commit(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(scene.full_turn(head(0), 1)).await;

    let before = scene.sight().await;
    let other = scene.with_actor("other");
    let invalid = Turn { trim_before: Some(Seq(3)), ..scene.turn(head(2)) };
    let turns = [other.full_turn(head(0), 3), scene.turn(head(1)), invalid];
    let delivered = [Delivered { epoch: scene.tenure.epoch, n: 1 }];
    let error = scene.store.commit(&scene.tenure, &turns, &delivered).await.unwrap_err();

    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(scene.sight().await, before);
}
