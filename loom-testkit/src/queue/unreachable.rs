//! A queue that cannot be reached says so.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use bytes::Bytes;
use loom_ports::{Receipt, Watched};

use super::QueueFixture;
use super::scene::{at, id, letter, message, queue, receive};

pub async fn a_queue_out_of_reach_is_never_taken_for_an_empty_one(fixture: impl QueueFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let queue = queue("queue");
    let receipt = Receipt { queue: queue.clone(), token: Bytes::new() };

    store.enqueue(&queue, &[message("m")], at(0)).await.unwrap_err();
    store.receive(std::slice::from_ref(&queue), receive(1), at(0)).await.unwrap_err();
    let watched = store.watch(std::slice::from_ref(&queue), Duration::ZERO, at(0)).await;
    assert!(!matches!(watched, Ok(Watched::Nothing)));
    store.ack(&receipt).await.unwrap_err();
    store.nack(&receipt, at(0)).await.unwrap_err();
    store.extend(&receipt, at(0)).await.unwrap_err();
    store.bury(&receipt, "reason", at(0)).await.unwrap_err();
    store.add_dead_letters(&queue, &[letter("m", 0)]).await.unwrap_err();
    store.dead_letters(&queue, None, 10).await.unwrap_err();
    store.replay_dead_letter(&queue, &id("m"), at(0)).await.unwrap_err();
    store.purge_dead_letter(&queue, &id("m")).await.unwrap_err();
    store.depth(&queue).await.unwrap_err();
    store.ordering_keys(&queue, 10).await.unwrap_err();
}
