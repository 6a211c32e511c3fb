//! What closing the storage and opening it again leaves.
//!
//! Storage that does not outlive its process must say so, and is then held to nothing more.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::Seq;
use loom_ports::{CommitOutcome, Resolution, TenureClaim, Turn};

use super::JournalFixture;
use super::scene::{LEASE, PARTITION, Scene, at, claim, clear, head, host, mark, set};

/// Opens the storage of `scene` again. Nobody may hold on to the store meanwhile.
async fn reopen<F: JournalFixture>(fixture: F, scene: Scene) -> Option<(F, Scene)> {
    let durability = scene.store.capabilities().durability;
    let Scene { store, tenure, actor } = scene;
    drop(store);
    let reopened = fixture.reopen().await;
    if durability == "memory" {
        assert!(reopened.is_none(), "what is in memory ends with its process");
    } else {
        assert!(reopened.is_some(), "{durability} outlives a process");
    }
    let fixture = reopened?;
    let store = fixture.store();
    Some((fixture, Scene { store, tenure, actor }))
}

pub async fn a_journal_and_all_that_commits_with_it_survive(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.grow(2).await;
    let full = Turn { trim_before: Some(Seq(2)), ..scene.full_turn(head(2), 1) };
    let full = scene.committed(full).await;
    let second = scene.with_actor("second");
    second.grow(1).await;
    let before = scene.sight().await;

    drop(second);
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };

    assert_eq!(scene.sight().await, before);
    assert_eq!(scene.places().await, [2, 3]);
    assert_eq!(scene.resolve(&full).await, Resolution::Committed);
    assert_eq!(scene.commit_one(&full).await, CommitOutcome::Already);
    assert_eq!(scene.sight().await, before);
    scene.grow(1).await;
}

pub async fn what_was_cleared_deleted_or_swept_stays_so(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let timers = vec![set("gone", 5), set("kept", 6), clear("gone", 5)];
    let handled = Some(mark("swept", 10));
    scene.committed(Turn { timers, handled, ..scene.turn(head(0)) }).await;
    let mut from = None;
    loop {
        from = scene.store.sweep(PARTITION, at(10), from.as_ref()).await.unwrap();
        if from.is_none() {
            break;
        }
    }
    let deleted = scene.with_actor("deleted");
    deleted.committed(deleted.full_turn(head(0), 1)).await;
    assert_eq!(deleted.delete(head(1)).await, CommitOutcome::Committed);
    let (reborn, name) = (deleted.load().await.head, deleted.actor.clone());

    drop(deleted);
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };

    assert_eq!(scene.timers().await.len(), 1);
    assert_eq!(scene.handled("swept", 0).await, None);
    assert_eq!(scene.actors().await, std::slice::from_ref(&scene.actor));
    assert_eq!(scene.outbox().await, [1, 2]);
    let deleted = Scene { actor: name, ..scene };
    assert_eq!(deleted.load().await.head, reborn);
    assert_eq!(deleted.records().await, []);
}

pub async fn tenures_survive(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let Some((fixture, scene)) = reopen(fixture, scene).await else { return };
    scene.grow(1).await;
    scene.store.release(&scene.tenure).await.unwrap();

    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    let outcome = scene.commit_one(&scene.turn(head(1))).await;
    assert!(matches!(outcome, CommitOutcome::Fenced(_)), "{outcome:?}");
    let next = claim(&*scene.store, PARTITION, "b", at(0)).await;
    assert!(next.epoch > scene.tenure.epoch, "{next:?} after {:?}", scene.tenure);
}

pub async fn after_a_restart_a_lease_is_kept_or_its_tenure_is_fenced(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    let claimed = scene.store.claim(PARTITION, &host("b"), LEASE, at(0), None).await.unwrap();
    match claimed {
        TenureClaim::Held { .. } => {
            scene.grow(1).await;
        }
        // No host outlives the process that had the store.
        TenureClaim::Granted(next) => {
            assert!(next.epoch > scene.tenure.epoch, "{next:?} after {:?}", scene.tenure);
            let outcome = scene.commit_one(&scene.turn(head(0))).await;
            assert!(matches!(outcome, CommitOutcome::Fenced(_)), "{outcome:?}");
        }
    }
}

pub async fn attempts_are_counted_across_a_restart(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    assert_eq!(scene.attempts("poison").await, 1);
    let Some((fixture, scene)) = reopen(fixture, scene).await else { return };
    assert_eq!(scene.attempts("poison").await, 2);
    scene.grow(1).await;
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    assert_eq!(scene.attempts("poison").await, 1);
}

pub async fn nothing_undelivered_is_lost_by_a_restart(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(scene.full_turn(head(0), 1)).await;
    scene.forget(&[loom_ports::Delivered { epoch: scene.tenure.epoch, n: 1 }]).await;
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    // What was forgotten may come back.
    let left = scene.outbox().await;
    assert!(left == [2] || left == [1, 2], "{left:?}");
}

pub async fn a_large_commit_survives_whole(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let turns: Vec<_> = (0..1_000).map(|seq| scene.turn(head(seq))).collect();
    assert_eq!(scene.commit(&turns).await, vec![CommitOutcome::Committed; 1_000]);
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    assert_eq!(scene.load().await.records.len(), 1_000);
}
