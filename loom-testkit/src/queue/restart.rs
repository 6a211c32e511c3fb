//! What closing the storage and opening it again leaves, where anything does.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_ports::{Enqueued, Settled, Watched};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, delayed, keyed, letter, message, ordered, urgent};

/// Opens the storage of `scene` again. Nobody may hold on to the store meanwhile.
async fn reopen<F: QueueFixture>(fixture: F, scene: Scene) -> Option<(F, Scene)> {
    let Scene { store, queue } = scene;
    drop(store);
    let fixture = fixture.reopen().await?;
    let store = fixture.store();
    Some((fixture, Scene { store, queue }))
}

pub async fn messages_survive_in_their_order(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("a"), urgent("high", 9), message("b")], 0).await;
    scene.accept(&[delayed("later", 500)], 0).await;
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    assert_eq!(scene.depth().await, 4);
    scene.accept(&[message("c")], 1).await;
    assert_eq!(scene.drain(1).await, ["high", "a", "b", "c"]);
    assert_eq!(scene.drain(500).await, ["later"]);
}

pub async fn deliveries_stay_hidden_and_can_be_settled(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c", "d"].map(message), 0).await;
    let received = scene.receive(3, 0).await;
    assert_eq!(scene.ack(&received[0].receipt).await, Settled::Done);

    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };

    assert_eq!(scene.drain(VISIBILITY_MS - 1).await, ["d"]);
    assert_eq!(scene.ack(&received[1].receipt).await, Settled::Done);
    assert_eq!(scene.ack(&received[0].receipt).await, Settled::Expired);
    let again = scene.receive_one(VISIBILITY_MS).await;
    assert_eq!((again.id.as_str(), again.attempt), ("c", 2));
    assert_eq!(scene.ack(&received[2].receipt).await, Settled::Expired);
    assert_eq!(scene.ack(&again.receipt).await, Settled::Done);
}

pub async fn dedup_keys_survive(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[keyed("m", "key", 100)], 0).await;
    let received = scene.receive_one(0).await;
    assert_eq!(scene.ack(&received.receipt).await, Settled::Done);
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    let again = [keyed("m", "key", 100)];
    assert_eq!(scene.enqueue(&again, 99).await, [Enqueued::Duplicate]);
    scene.accept(&again, 100).await;
}

pub async fn ordering_keys_survive(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c", "d"].map(|name| ordered(name, 7)), 0).await;
    scene.accept(&[ordered("other", 8)], 0).await;
    let received = scene.receive(3, 0).await;
    assert_eq!(Scene::names(&received), ["a", "other", "b"]);
    assert_eq!(scene.ack(&received[1].receipt).await, Settled::Done);

    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };

    assert_eq!(scene.ordering_keys().await, [7]);
    scene.accept(&[ordered("e", 7)], 1).await;
    assert_eq!(scene.drain(VISIBILITY_MS - 1).await, [""; 0]);
    assert_eq!(scene.nack(&received[2].receipt, 2).await, Settled::Done);
    assert_eq!(scene.drain(2).await, [""; 0]);
    assert_eq!(scene.ack(&received[0].receipt).await, Settled::Done);
    assert_eq!(scene.ack_one_by_one(2).await, ["b", "c", "d", "e"]);
    assert_eq!(scene.ordering_keys().await, [0; 0]);
}

pub async fn dead_letters_survive(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let letters = ["a", "b", "c"].map(|name| letter(name, 5));
    scene.store.add_dead_letters(&scene.queue, &letters).await.unwrap();
    assert!(scene.purge("a").await);
    assert!(scene.replay("b", 6).await);
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    assert_eq!(scene.letters().await, letters[2..]);
    assert_eq!(scene.receive_one(6).await.id.as_str(), "b");
    assert!(!scene.replay("b", 7).await);
}

pub async fn what_survives_is_told_of(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let Some((_fixture, scene)) = reopen(fixture, scene).await else { return };
    let wait = Duration::from_secs(20);
    let queues = [scene.queue];
    let watched = scene.store.watch(&queues, wait, at(0)).await.unwrap();
    assert_ne!(watched, Watched::Nothing);
}
