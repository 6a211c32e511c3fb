//! Watches: what they tell, when, and what they leave alone. A store that cannot tell has to say
//! so, and nothing else.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::QueueName;
use loom_ports::{Settled, Watched};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, delayed, letter, message, ordered};

/// Long enough for whatever is told to be heard.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);
const TRIES_MAX: usize = 100;

/// Watches some queues of the store.
async fn watch(scene: &Scene, queues: &[QueueName], wait: Duration, now: u64) -> Watched {
    let watched = scene.store.watch(queues, wait, at(now)).await.unwrap();
    if let Watched::Visible(visible) = &watched {
        assert!(!visible.is_empty() && visible.iter().all(|queue| queues.contains(queue)));
    }
    watched
}

/// Receives what there is until nothing is told any more. `false` if the store cannot tell.
async fn fall_silent(scene: &Scene, now: u64) -> bool {
    for _ in 0..TRIES_MAX {
        scene.drain(now).await;
        match watch(scene, std::slice::from_ref(&scene.queue), SHORT, now).await {
            Watched::Visible(_) => {}
            Watched::Nothing => return true,
            Watched::Unwatched => return false,
        }
    }
    panic!("an exhausted queue is told of again and again");
}

async fn is_told(scene: &Scene, now: u64) -> bool {
    let watched = watch(scene, std::slice::from_ref(&scene.queue), LONG, now).await;
    matches!(watched, Watched::Visible(_))
}

pub async fn a_store_can_tell_always_or_never(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let tells = async || {
        let watched = watch(&scene, std::slice::from_ref(&scene.queue), SHORT, 0).await;
        watched != Watched::Unwatched
    };
    let before = tells().await;
    scene.accept(&[message("m")], 0).await;
    assert_eq!(tells().await, before);
    scene.drain(0).await;
    for _ in 0..3 {
        assert_eq!(tells().await, before);
    }
}

pub async fn an_exhausted_queue_falls_silent(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("a"), delayed("b", 3_600_000)], 0).await;
    fall_silent(&scene, 0).await;
}

pub async fn what_became_visible_before_a_watch_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&[message("m")], 0).await;
        assert!(is_told(&scene, 0).await);
    }
}

pub async fn what_becomes_visible_during_a_watch_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        let messages = [message("m")];
        let (is_told, ()) = tokio::join!(is_told(&scene, 0), scene.accept(&messages, 0));
        assert!(is_told);
    }
}

pub async fn a_watch_takes_nothing(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&[message("m")], 0).await;
        assert!(is_told(&scene, 0).await);
        assert!(is_told(&scene, 0).await);
        assert_eq!(scene.receive_one(0).await.attempt, 1);
    }
}

pub async fn a_watch_that_was_given_up_loses_nothing(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        let messages = [message("m")];
        for messages in [&[][..], &messages] {
            tokio::select! {
                biased;
                _ = is_told(&scene, 0) => {}
                () = scene.accept(messages, 0) => {}
            }
        }
        assert!(is_told(&scene, 0).await);
        assert_eq!(scene.drain(0).await, ["m"]);
    }
}

pub async fn the_end_of_a_delay_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&[delayed("m", 3_600_000)], 0).await;
        assert!(fall_silent(&scene, 0).await);
        assert!(is_told(&scene, 3_600_000).await);
    }
}

pub async fn the_end_of_a_visibility_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&[message("m")], 0).await;
        scene.receive_one(0).await;
        assert!(is_told(&scene, VISIBILITY_MS).await);
        assert_eq!(scene.drain(VISIBILITY_MS).await, ["m"]);
    }
}

pub async fn a_returned_message_is_told_of(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        for visible_at in [0, 3_600_000] {
            scene.accept(&[message("m")], 0).await;
            let receipt = scene.receive_one(0).await.receipt;
            assert_eq!(scene.nack(&receipt, visible_at).await, Settled::Done);
            assert!(is_told(&scene, visible_at).await);
            let again = scene.receive_one(visible_at).await;
            assert_eq!(scene.ack(&again.receipt).await, Settled::Done);
        }
    }
}

pub async fn a_visibility_that_was_shortened_is_told_of(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&[message("m")], 0).await;
        let receipt = scene.receive_one(0).await.receipt;
        assert_eq!(scene.extend(&receipt, 3_600_000).await, Settled::Done);
        scene.drain(0).await;
        assert_eq!(scene.extend(&receipt, 10).await, Settled::Done);
        assert!(is_told(&scene, 10).await);
    }
}

pub async fn what_an_answer_had_no_room_for_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&["a", "b", "c"].map(message), 0).await;
        for _ in 0..3 {
            assert!(is_told(&scene, 0).await);
            assert_eq!(scene.receive(1, 0).await.len(), 1);
        }
    }
}

pub async fn what_is_held_back_no_more_is_told(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.accept(&["a", "b", "c"].map(|name| ordered(name, 7)), 0).await;
        let first = scene.receive(1, 0).await.remove(0);
        scene.drain(0).await;
        assert_eq!(scene.ack(&first.receipt).await, Settled::Done);
        assert!(is_told(&scene, 0).await);
        let second = scene.receive(1, 0).await.remove(0);
        scene.drain(0).await;
        assert_eq!(scene.bury(&second.receipt, 0).await, Settled::Done);
        assert!(is_told(&scene, 0).await);
    }
}

pub async fn a_replayed_letter_is_told_of(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    if fall_silent(&scene, 0).await {
        scene.store.add_dead_letters(&scene.queue, &[letter("m", 0)]).await.unwrap();
        assert!(scene.replay("m", 0).await);
        assert!(is_told(&scene, 0).await);
    }
}

pub async fn no_queue_is_passed_over(fixture: impl QueueFixture) {
    let first = Scene::open(&fixture);
    let scenes = ["queue", "second", "third"].map(|name| first.with_queue(name));
    for scene in &scenes {
        if !fall_silent(scene, 0).await {
            return;
        }
    }
    let queues = scenes.each_ref().map(|scene| scene.queue.clone());
    scenes[1].accept(&[message("in the second")], 0).await;
    scenes[2].accept(&[message("in the third")], 0).await;
    let mut received = Vec::new();
    for _ in 0..TRIES_MAX {
        let Watched::Visible(visible) = watch(&first, &queues, LONG, 0).await else { break };
        for queue in visible {
            let scene = Scene { queue, ..first.clone() };
            received.extend(scene.drain(0).await);
        }
        if received.len() == 2 {
            break;
        }
    }
    received.sort();
    assert_eq!(received, ["in the second", "in the third"]);
}
