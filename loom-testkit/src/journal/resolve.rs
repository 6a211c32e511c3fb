//! Finding out what became of a turn.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::sync::Arc;

use loom_ports::{CommitOutcome, Resolution};

use super::JournalFixture;
use super::scene::{Scene, head};
use crate::faults::{Fault, FaultPlan, FaultyJournal};

pub async fn a_committed_turn_resolves_to_committed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = scene.grow(3).await;
    for turn in &turns {
        assert_eq!(scene.resolve(turn).await, Resolution::Committed);
    }
}

pub async fn a_later_owner_may_resolve_too(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns = scene.grow(2).await;
    let next = scene.taken_over_by("b").await;
    for turn in &turns {
        assert_eq!(next.resolve(turn).await, Resolution::Committed);
    }
}

pub async fn a_turn_that_did_not_arrive_is_absent(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.resolve(&scene.turn(head(0))).await, Resolution::Absent);
    scene.grow(2).await;
    assert_eq!(scene.resolve(&scene.turn(head(2))).await, Resolution::Absent);
    // The turn before it may be on its way as well.
    assert_eq!(scene.resolve(&scene.turn(head(3))).await, Resolution::Absent);
}

pub async fn an_absent_turn_may_still_be_committed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turn = scene.turn(head(0));
    assert_eq!(scene.resolve(&turn).await, Resolution::Absent);
    scene.committed(turn.clone()).await;
    assert_eq!(scene.resolve(&turn).await, Resolution::Committed);
}

pub async fn a_superseded_turn_can_never_be_committed(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    for place in [0, 1] {
        let late = scene.turn(head(place));
        assert_eq!(scene.resolve(&late).await, Resolution::Superseded { head: head(2) });
        assert_eq!(scene.commit_one(&late).await, CommitOutcome::Conflict { head: head(2) });
    }
}

pub async fn a_turn_of_a_deleted_life_is_superseded(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turn = scene.grow(1).await.remove(0);
    assert_eq!(scene.delete(head(1)).await, CommitOutcome::Committed);
    let head = scene.load().await.head;
    assert_eq!(scene.resolve(&turn).await, Resolution::Superseded { head });
}

pub async fn what_was_lost_decides_how_an_unknown_turn_resolves(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let faults = [
        (Fault::RequestLost, Resolution::Absent, CommitOutcome::Committed),
        (Fault::ReplyLost, Resolution::Committed, CommitOutcome::Already),
    ];
    for (seq, (fault, resolution, again)) in (0..).zip(faults) {
        let store = Arc::new(FaultyJournal::new(fixture.store(), FaultPlan::new([fault])));
        let shaken = Scene { store, ..scene.clone() };
        let turn = scene.turn(head(seq));
        assert_eq!(shaken.commit_one(&turn).await, CommitOutcome::Unknown, "{fault:?}");
        assert_eq!(shaken.resolve(&turn).await, resolution, "{fault:?}");
        assert_eq!(shaken.commit_one(&turn).await, again, "{fault:?}");
    }
}
