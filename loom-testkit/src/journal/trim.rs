//! Dropping what no replay needs.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::Seq;
use loom_ports::{CommitOutcome, ErrorKind, Turn};

use super::JournalFixture;
use super::scene::{Scene, head};

fn trim(turn: Turn, before: u64) -> Turn {
    Turn { trim_before: Some(Seq(before)), ..turn }
}

pub async fn trimmed_records_are_gone_and_the_others_keep_their_places(
    fixture: impl JournalFixture,
) {
    let scene = Scene::open(&fixture).await;
    let turns = scene.grow(4).await;
    scene.committed(trim(scene.snapshot(head(4)), 3)).await;

    assert_eq!(scene.places().await, [3, 4, 5]);
    assert_eq!(scene.records().await[0].bytes, turns[2].record);
    assert_eq!(scene.load().await.head, head(5));
}

/// A place is a place, and not a number of records to drop.
pub async fn trims_count_from_the_beginning_of_the_journal(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(4).await;
    scene.committed(trim(scene.snapshot(head(4)), 3)).await;
    scene.committed(trim(scene.turn(head(5)), 4)).await;
    assert_eq!(scene.places().await, [4, 5, 6]);
    scene.committed(trim(scene.turn(head(6)), 2)).await;
    assert_eq!(scene.places().await, [4, 5, 6, 7]);
}

pub async fn a_trim_may_reach_the_last_snapshot(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    scene.committed(scene.snapshot(head(2))).await;
    scene.grow(1).await;
    scene.committed(trim(scene.turn(head(4)), 3)).await;
    assert_eq!(scene.places().await, [3, 4, 5]);
    assert_eq!(scene.load().await.records, scene.records().await);
}

pub async fn a_snapshot_may_drop_all_before_it(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    scene.committed(trim(scene.snapshot(head(2)), 3)).await;
    assert_eq!(scene.places().await, [3]);
    scene.grow(1).await;
    assert_eq!(scene.places().await, [3, 4]);
}

pub async fn a_trim_past_the_last_snapshot_is_invalid_and_writes_nothing(
    fixture: impl JournalFixture,
) {
    let scene = Scene::open(&fixture).await;
    let refused = async |turn: Turn| {
        let before = scene.sight().await;
        let error = scene.store.commit(&scene.tenure, &[turn], &[]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(scene.sight().await, before);
    };

    scene.grow(3).await;
    refused(trim(scene.turn(head(3)), 2)).await;
    scene.committed(scene.snapshot(head(3))).await;
    scene.grow(1).await;
    refused(trim(scene.turn(head(5)), 5)).await;
    refused(trim(scene.turn(head(5)), 6)).await;
    refused(trim(scene.snapshot(head(5)), 7)).await;
}

pub async fn a_snapshot_of_the_same_commit_counts(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = [scene.turn(head(0)), scene.snapshot(head(1)), trim(scene.turn(head(2)), 2)];
    assert_eq!(scene.commit(&turns).await, [CommitOutcome::Committed; 3]);
    assert_eq!(scene.places().await, [2, 3]);
}

pub async fn a_trimmed_turn_sent_again_writes_nothing(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = scene.grow(2).await;
    scene.committed(trim(scene.snapshot(head(2)), 2)).await;

    let before = scene.sight().await;
    // Whether it is still known is not promised.
    let outcome = scene.commit_one(&turns[0]).await;
    let conflict = CommitOutcome::Conflict { head: head(3) };
    assert!([CommitOutcome::Already, conflict].contains(&outcome), "{outcome:?}");
    assert_eq!(scene.commit_one(&turns[1]).await, CommitOutcome::Already);
    assert_eq!(scene.sight().await, before);
}
