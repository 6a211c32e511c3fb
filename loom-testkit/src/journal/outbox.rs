//! What is still to be carried to where it goes.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::PartitionId;
use loom_ports::{CommitOutcome, Delivered, Page, Turn, Undelivered};

use super::JournalFixture;
use super::scene::{Scene, head, sent};
use crate::pages;

fn sending(turn: Turn, numbers: &[u64]) -> Turn {
    Turn { outbox: numbers.iter().map(|n| sent(*n)).collect(), ..turn }
}

impl Scene {
    fn delivered(&self, n: u64) -> Delivered {
        Delivered { epoch: self.tenure.epoch, n }
    }
}

pub async fn what_was_sent_is_undelivered_in_the_order_of_commits(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let other = scene.with_actor("another");
    scene.committed(sending(scene.turn(head(0)), &[1, 2])).await;
    other.committed(sending(other.turn(head(0)), &[3])).await;
    scene.committed(sending(scene.turn(head(1)), &[10, 200])).await;
    other.committed(sending(other.turn(head(1)), &[1_000, 70_000])).await;

    let epoch = scene.tenure.epoch;
    let entry = |n| Undelivered { epoch, n, bytes: sent(n).bytes };
    let expected = [1, 2, 3, 10, 200, 1_000, 70_000].map(entry);
    assert_eq!(scene.undelivered().await, expected);
}

pub async fn what_earlier_tenures_sent_comes_first(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[5, 6])).await;
    let next = scene.taken_over_by("b").await;
    next.committed(sending(next.turn(head(1)), &[1, 6])).await;

    let sent: Vec<_> = next.undelivered().await.iter().map(|sent| (sent.epoch, sent.n)).collect();
    let (first, second) = (scene.tenure.epoch, next.tenure.epoch);
    assert_eq!(sent, [(first, 5), (first, 6), (second, 1), (second, 6)]);
}

pub async fn a_long_outbox_is_read_in_pages(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let numbers: Vec<_> = (0..50).collect();
    scene.committed(sending(scene.turn(head(0)), &numbers)).await;
    for limit in [1, 7, 49, 50, 51] {
        let page = async |from: Option<&_>| {
            scene.store.undelivered(scene.tenure.partition, from, limit).await
        };
        let read: Vec<_> = pages::all(limit, page).await.iter().map(|entry| entry.n).collect();
        assert_eq!(read, numbers, "in pages of {limit}");
    }
}

pub async fn what_was_delivered_is_forgotten_and_nothing_else(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[1, 2, 3, 4])).await;
    scene.forget(&[scene.delivered(3), scene.delivered(1)]).await;
    assert_eq!(scene.outbox().await, [2, 4]);
}

pub async fn a_commit_forgets_what_was_delivered_before_it(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[1, 2])).await;

    let turns = [sending(scene.turn(head(1)), &[3])];
    let delivered = [scene.delivered(1)];
    let outcomes = scene.store.commit(&scene.tenure, &turns, &delivered).await.unwrap();

    assert_eq!(outcomes, [CommitOutcome::Committed]);
    assert_eq!(scene.outbox().await, [2, 3]);
}

pub async fn forgetting_does_not_wait_for_a_turn_to_hold(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[1, 2])).await;
    let (stale, delivered) = ([scene.turn(head(0))], [scene.delivered(1)]);
    let outcomes = scene.store.commit(&scene.tenure, &stale, &delivered).await.unwrap();
    assert_eq!(outcomes, [CommitOutcome::Conflict { head: head(1) }]);
    assert_eq!(scene.outbox().await, [2]);
}

pub async fn forgetting_the_unknown_is_harmless(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[1])).await;
    let next = scene.taken_over_by("b").await;

    // Its number was given in another tenure.
    next.forget(&[next.delivered(1), next.delivered(9)]).await;
    assert_eq!(next.outbox().await, [1]);
    for _ in 0..2 {
        next.forget(&[scene.delivered(1)]).await;
        assert_eq!(next.outbox().await, [0; 0]);
    }
}

pub async fn reading_goes_on_while_what_was_read_is_forgotten(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    let numbers: Vec<_> = (1..=20).collect();
    scene.committed(sending(scene.turn(head(0)), &numbers)).await;

    let page = async |from: Option<&_>| {
        let page: Page<Undelivered> =
            scene.store.undelivered(scene.tenure.partition, from, 3).await?;
        let read: Vec<_> = page.items.iter().map(|entry| scene.delivered(entry.n)).collect();
        scene.forget(&read).await;
        Ok(page)
    };
    let read: Vec<_> = pages::all(3, page).await.iter().map(|entry| entry.n).collect();

    assert_eq!(read, numbers);
    assert_eq!(scene.outbox().await, [0; 0]);
}

pub async fn each_partition_has_its_own_outbox(fixture: impl JournalFixture) {
    let scene = Scene::open(&fixture).await;
    scene.committed(sending(scene.turn(head(0)), &[1])).await;
    for neighbour in [6, 8, 70, 77, 0].map(PartitionId) {
        let other = Scene::within(fixture.store(), neighbour).await;
        assert_eq!(other.undelivered().await, []);
        other.forget(&[scene.delivered(1)]).await;
    }
    assert_eq!(scene.outbox().await, [1]);
}
