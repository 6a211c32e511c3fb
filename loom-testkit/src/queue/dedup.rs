//! Recognizing a message that was enqueued before.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::sync::Arc;

use loom_ports::{Enqueue, Enqueued, MessageQueue as _};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, keyed, message, urgent};
use crate::faults::{Fault, FaultPlan, FaultyQueue};
use crate::race::race;

pub async fn a_key_is_accepted_once(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[keyed("m", "key", 1_000)], 0).await;
    let same = [keyed("m", "key", 1_000), keyed("other", "key", 1_000)];
    assert_eq!(scene.enqueue(&same, 1).await, [Enqueued::Duplicate; 2]);
    assert_eq!(scene.depth().await, 1);
    assert_eq!(scene.drain(5).await, ["m"]);
}

pub async fn answers_are_in_the_order_of_the_messages(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[keyed("a", "a", 1_000)], 0).await;
    let messages = [
        keyed("b", "b", 1_000),
        keyed("a-again", "a", 1_000),
        message("plain"),
        keyed("b-again", "b", 1_000),
        message("plain"),
        keyed("c", "c", 1_000),
    ];
    let (accepted, duplicate) = (Enqueued::Accepted, Enqueued::Duplicate);
    let expected = [accepted, duplicate, accepted, duplicate, accepted, accepted];
    assert_eq!(scene.enqueue(&messages, 1).await, expected);
    assert_eq!(scene.drain(5).await, ["a", "b", "plain", "plain", "c"]);
}

pub async fn a_key_is_remembered_whatever_became_of_its_message(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let again = async |now| {
        let again = scene.enqueue(&[keyed("again", "key", 100_000)], now).await;
        assert_eq!(again, [Enqueued::Duplicate]);
    };
    scene.accept(&[keyed("m", "key", 100_000)], 0).await;
    let first = scene.receive_one(0).await;
    again(1).await;
    let _ = scene.nack(&first.receipt, 2).await;
    again(3).await;
    let second = scene.receive_one(3).await;
    let _ = scene.bury(&second.receipt, 4).await;
    again(5).await;
    assert!(scene.replay("m", 6).await, "a letter is no duplicate of itself");
    again(7).await;
    let third = scene.receive_one(8).await;
    let _ = scene.ack(&third.receipt).await;
    again(9).await;
    again(99_999).await;
    assert_eq!(scene.depth().await, 0);
}

pub async fn of_messages_with_one_key_enqueued_at_once_one_is_accepted(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let answers = race(8, |n| {
        let (store, queue) = (Arc::clone(&scene.store), scene.queue.clone());
        let message = [keyed(&format!("m-{n}"), "key", 1_000)];
        async move { store.enqueue(&queue, &message, at(1)).await.unwrap() }
    });
    let accepted = answers.await.into_iter().filter(|answers| answers == &[Enqueued::Accepted]);
    assert_eq!(accepted.count(), 1);
    assert_eq!(scene.drain(5).await.len(), 1);
}

pub async fn a_key_is_forgotten_when_its_window_ends(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[keyed("m", "key", 100)], 0).await;
    let again = [keyed("m-2", "key", 200)];
    assert_eq!(scene.enqueue(&again, 99).await, [Enqueued::Duplicate]);
    scene.accept(&again, 100).await;
    assert_eq!(scene.enqueue(&again, 199).await, [Enqueued::Duplicate]);
    scene.accept(&again, 200).await;
    assert_eq!(scene.drain(200).await, ["m", "m-2", "m-2"]);
}

pub async fn each_queue_has_its_own_keys(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    for name in ["queue", "queue2", "queue/key", "que"] {
        scene.with_queue(name).accept(&[keyed(name, "key", 1_000)], 0).await;
    }
    for key in ["ke", "key2", "/key", "KEY", "{key}"] {
        scene.accept(&[keyed(key, key, 1_000)], 0).await;
    }
}

pub async fn without_a_key_nothing_is_a_duplicate(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    for _ in 0..3 {
        scene.accept(&[message("same"), urgent("same", 0)], 0).await;
    }
    assert_eq!(scene.depth().await, 6);
}

pub async fn a_keyed_message_is_enqueued_once_whatever_was_lost(fixture: impl QueueFixture) {
    for fault in Fault::ALL {
        let scene = Scene::open(&fixture).with_queue(&format!("{fault:?}"));
        let messages: [Enqueue; 2] = [keyed("a", "a", 1_000), keyed("b", "b", 1_000)];
        let store = FaultyQueue::new(fixture.store(), FaultPlan::new([fault]));

        let _ = store.enqueue(&scene.queue, &messages, at(0)).await;
        let again = store.enqueue(&scene.queue, &messages, at(1)).await.unwrap();

        let arrived = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        let expected = if arrived { Enqueued::Duplicate } else { Enqueued::Accepted };
        assert_eq!(again, [expected; 2], "{fault:?}");
        assert_eq!(scene.drain(VISIBILITY_MS).await, ["a", "b"], "{fault:?}");
    }
}
