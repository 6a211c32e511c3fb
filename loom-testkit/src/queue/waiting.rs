//! Receives that may be held until there is something.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_ports::Receive;

use super::QueueFixture;
use super::scene::{Scene, at, message, receive};

/// Long enough to be held, short enough for a test.
const WAIT: Duration = Duration::from_millis(20);

pub async fn what_is_visible_is_received_whatever_the_wait(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let queues = [scene.queue.clone()];
    let waiting = Receive { wait: Duration::from_hours(1), ..receive(10) };
    let received = scene.store.receive(&queues, waiting, at(0)).await.unwrap();
    assert_eq!(received.len(), 1);
}

pub async fn a_wait_for_nothing_ends(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let queues = [scene.queue.clone()];
    let waiting = Receive { wait: WAIT, ..receive(10) };
    assert_eq!(scene.store.receive(&queues, waiting, at(0)).await.unwrap(), []);
}

pub async fn a_message_that_arrives_during_a_wait_is_received_once(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let queues = [scene.queue.clone()];
    let waiting = Receive { wait: WAIT, ..receive(10) };
    let (messages, now) = ([message("m")], at(0));
    let (waited, enqueued) = tokio::join!(
        scene.store.receive(&queues, waiting, now),
        scene.store.enqueue(&scene.queue, &messages, now),
    );
    enqueued.unwrap();
    let at_once = waited.unwrap().len();
    let later = scene.receive(10, 0).await.len();
    assert_eq!(at_once + later, 1, "{at_once} at once, {later} later");
}
