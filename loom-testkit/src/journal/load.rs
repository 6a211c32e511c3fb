//! Activating an actor.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{CommitOutcome, Loaded};

use super::JournalFixture;
use super::scene::{Scene, head};

pub async fn an_actor_never_written_to_has_an_empty_journal(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.load().await, Loaded::default());
    assert_eq!(scene.records().await, []);
}

pub async fn a_journal_without_snapshot_is_loaded_whole(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = scene.grow(3).await;
    let loaded = scene.load().await;
    assert_eq!(loaded.records, scene.records().await);
    assert_eq!(loaded.records.len(), turns.len());
    assert_eq!(loaded.head, head(3));
}

pub async fn a_load_begins_at_the_last_snapshot(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let begins = async || -> Vec<u64> {
        scene.load().await.records.iter().map(|record| record.seq.0).collect()
    };

    scene.grow(2).await;
    scene.committed(scene.snapshot(head(2))).await;
    assert_eq!(begins().await, [3]);
    scene.grow(2).await;
    assert_eq!(begins().await, [3, 4, 5]);
    scene.committed(scene.snapshot(head(5))).await;
    scene.grow(1).await;
    assert_eq!(begins().await, [6, 7]);
    assert_eq!(scene.load().await.records, scene.records().await[5..]);
}

pub async fn attempts_are_counted_for_each_cause(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(1).await;
    assert_eq!(scene.attempts("m-1").await, 1);
    assert_eq!(scene.attempts("m-1").await, 2);
    assert_eq!(scene.attempts("m-2").await, 1);
    assert_eq!(scene.attempts("m-1").await, 3);
    assert_eq!(scene.with_actor("other").attempts("m-1").await, 1);
}

pub async fn a_load_without_cause_counts_nothing(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.attempts("m").await, 1);
    assert_eq!(scene.load().await.attempts, 0);
    assert_eq!(scene.attempts("m").await, 2);
}

pub async fn a_commit_of_the_actor_ends_the_count(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.attempts("m-1").await, 1);
    assert_eq!(scene.attempts("m-2").await, 1);
    scene.grow(1).await;
    assert_eq!(scene.attempts("m-1").await, 1);
    assert_eq!(scene.attempts("m-2").await, 1);
}

pub async fn what_commits_nothing_does_not_end_the_count(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let first = scene.grow(1).await.remove(0);
    assert_eq!(scene.attempts("m").await, 1);

    scene.with_actor("other").grow(1).await;
    assert_eq!(scene.attempts("m").await, 2);
    assert_eq!(scene.commit_one(&first).await, CommitOutcome::Already);
    assert_eq!(scene.attempts("m").await, 3);
    let conflict = CommitOutcome::Conflict { head: head(1) };
    assert_eq!(scene.commit_one(&scene.turn(head(0))).await, conflict);
    assert_eq!(scene.attempts("m").await, 4);
}

pub async fn the_next_owner_goes_on_counting(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.attempts("poison").await, 1);
    let next = scene.taken_over_by("b").await;
    assert_eq!(next.attempts("poison").await, 2);
}

pub async fn to_be_tried_is_not_to_have_a_journal(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.attempts("m").await, 1);
    assert_eq!(scene.actors().await, []);
    assert_eq!(scene.load().await, Loaded::default());
}
