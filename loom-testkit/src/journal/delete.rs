//! Ending an actor's life.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::sync::Arc;

use loom_core::{Head, Incarnation, Seq};
use loom_ports::{CommitOutcome, Due, Loaded, Turn};

use super::JournalFixture;
use super::scene::{Scene, head};
use crate::faults::{Fault, FaultPlan, FaultyJournal};

/// The head of the life after `deaths` deaths.
fn life(deaths: u64, seq: u64) -> Head {
    Head { incarnation: Incarnation(deaths), seq: Seq(seq) }
}

pub async fn a_deleted_actor_begins_its_next_life_empty(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    for deaths in 1..4 {
        let head = scene.load().await.head;
        assert_eq!(scene.delete(head).await, CommitOutcome::Committed);
        let reborn = Loaded { head: life(deaths, 0), ..Loaded::default() };
        assert_eq!(scene.load().await, reborn);
        assert_eq!(scene.records().await, []);
        scene.grow(1).await;
        assert_eq!(scene.places().await, [1]);
    }
}

pub async fn a_delete_takes_timers_and_marks_and_leaves_the_outbox(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let other = scene.with_actor("other");
    scene.committed(scene.full_turn(head(0), 1)).await;
    other.committed(other.full_turn(head(0), 3)).await;

    assert_eq!(scene.delete(head(1)).await, CommitOutcome::Committed);

    assert_eq!(scene.handled("full", 0).await, None);
    assert!(other.handled("full", 0).await.is_some());
    let timers = scene.timers().await;
    assert!(timers.iter().all(|(actor, ..)| *actor == other.actor), "{timers:?}");
    assert_eq!(timers.len(), 1);
    assert_eq!(scene.outbox().await, [1, 2, 3, 4]);
    assert_eq!(scene.actors().await, std::slice::from_ref(&other.actor));
    assert_eq!(other.load().await.head, head(1));
}

pub async fn a_delete_on_another_head_conflicts_and_deletes_nothing(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(scene.full_turn(head(0), 1)).await;
    let before = scene.sight().await;
    for stale in [head(0), head(2), life(1, 1), life(1, 0)] {
        let outcome = scene.delete(stale).await;
        assert_eq!(outcome, CommitOutcome::Conflict { head: head(1) }, "{stale:?}");
    }
    assert_eq!(scene.sight().await, before);
}

pub async fn a_turn_of_a_former_life_conflicts(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let first = scene.grow(1).await.remove(0);
    assert_eq!(scene.delete(head(1)).await, CommitOutcome::Committed);

    let conflict = CommitOutcome::Conflict { head: life(1, 0) };
    for turn in [first.clone(), scene.turn(head(0)), scene.turn(head(1))] {
        assert_eq!(scene.commit_one(&turn).await, conflict, "{turn:?}");
    }
    assert_eq!(scene.records().await, []);

    // Its place is taken again, by a turn of the next life.
    scene.committed(scene.turn(life(1, 0))).await;
    let conflict = CommitOutcome::Conflict { head: life(1, 1) };
    for turn in [first, scene.full_turn(head(1), 1)] {
        assert_eq!(scene.commit_one(&turn).await, conflict, "{turn:?}");
    }
    assert_eq!(scene.due(1_000, 10).await, Due::default());
}

pub async fn the_next_life_does_not_inherit_the_last_snapshot(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    scene.committed(scene.snapshot(head(2))).await;
    assert_eq!(scene.delete(head(3)).await, CommitOutcome::Committed);

    scene.grow(4).await;

    assert_eq!(scene.load().await.records.len(), 4);
    let trim = Turn { trim_before: Some(Seq(3)), ..scene.turn(life(1, 4)) };
    assert!(scene.store.commit(&scene.tenure, &[trim], &[]).await.is_err());
}

pub async fn a_delete_sent_again_conflicts_with_the_next_life(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(1).await;
    assert_eq!(scene.delete(head(1)).await, CommitOutcome::Committed);
    let conflict = CommitOutcome::Conflict { head: life(1, 0) };
    assert_eq!(scene.delete(head(1)).await, conflict);
    assert_eq!(scene.load().await.head, life(1, 0));
}

pub async fn a_delete_may_be_repeated_after_any_failure(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    for (deaths, fault) in (0..).zip(Fault::ALL) {
        scene.grow(1).await;
        let store = Arc::new(FaultyJournal::new(fixture.store(), FaultPlan::new([fault])));
        let faulty = Scene { store, ..scene.clone() };

        let _ = faulty.store.delete(&scene.tenure, &scene.actor, life(deaths, 1)).await;
        let again = faulty.delete(life(deaths, 1)).await;

        let reborn = life(deaths + 1, 0);
        let conflict = CommitOutcome::Conflict { head: reborn };
        assert!([CommitOutcome::Committed, conflict].contains(&again), "{fault:?}: {again:?}");
        assert_eq!(scene.load().await.head, reborn, "{fault:?}");
    }
}
