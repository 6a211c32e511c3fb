//! What is received, and in which order.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::collections::BTreeSet;

use bytes::Bytes;
use loom_ports::Enqueue;

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, delayed, message, queue, receive, urgent};

pub async fn an_unknown_queue_is_empty(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    assert_eq!(scene.receive(10, 0).await, []);
    assert_eq!(scene.depth().await, 0);
    assert_eq!(scene.letters().await, []);
    scene.accept(&[], 0).await;
    assert_eq!(scene.receive(10, 0).await, []);
}

pub async fn a_message_is_received_as_it_was_enqueued(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    for body in [Bytes::new(), "text".into(), "\0\r\n{}".into(), every_byte.into()] {
        let sent = Enqueue { body, ..message("m") };
        scene.accept(std::slice::from_ref(&sent), 0).await;
        let received = scene.receive_one(0).await;
        assert_eq!((&received.id, &received.body), (&sent.id, &sent.body));
        assert_eq!(received.attempt, 1);
        assert_eq!(received.receipt.queue, scene.queue);
        let _ = scene.ack(&received.receipt).await;
    }
}

pub async fn no_more_is_received_than_asked_for(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let messages: Vec<_> = (0..5).map(|n| message(&format!("m-{n}"))).collect();
    scene.accept(&messages, 0).await;
    for (max, expected) in [(0, 0), (2, 2), (1, 1), (9, 2), (9, 0)] {
        assert_eq!(scene.receive(max, 0).await.len(), expected);
    }
}

pub async fn a_received_message_is_hidden(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    scene.receive_one(0).await;
    assert_eq!(scene.receive(10, VISIBILITY_MS - 1).await, []);
}

pub async fn a_message_that_is_not_settled_is_received_again(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let first = scene.receive_one(0).await;
    for attempt in 2..=4 {
        let again = scene.receive_one(VISIBILITY_MS * u64::from(attempt - 1)).await;
        assert_eq!((&again.id, &again.body), (&first.id, &first.body));
        assert_eq!(again.attempt, attempt);
        assert_ne!(again.receipt, first.receipt);
    }
}

pub async fn a_delayed_message_is_not_received_before_its_time(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[delayed("late", 500), message("now")], 0).await;
    assert_eq!(scene.drain(499).await, ["now"]);
    assert_eq!(scene.drain(500).await, ["late"]);
}

pub async fn messages_of_one_priority_are_received_in_order(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let names: Vec<_> = (0..20).map(|n| format!("m-{n}")).collect();
    // The clock may jump backwards between two messages.
    for (n, pair) in (0..).zip(names.chunks(2)) {
        let messages = [message(&pair[0]), message(&pair[1])];
        scene.accept(&messages, [50, 40, 60][n % 3]).await;
    }
    assert_eq!(scene.drain(60).await, names);
}

pub async fn a_greater_priority_is_received_first(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let messages = [("low", 0), ("mid", 127), ("high", 255), ("mid-2", 127), ("almost", 254)];
    for (name, priority) in messages {
        scene.accept(&[urgent(name, priority)], 0).await;
    }
    assert_eq!(scene.receive_one_of_many(0).await, "high");
    scene.accept(&[urgent("newest", 200)], 1).await;
    assert_eq!(scene.drain(1).await, ["almost", "newest", "mid", "mid-2", "low"]);
}

pub async fn within_a_priority_what_became_visible_first_is_first(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[delayed("third", 30), delayed("second", 20)], 0).await;
    scene.accept(&[message("first")], 10).await;
    scene.accept(&[message("fourth")], 40).await;
    assert_eq!(scene.drain(50).await, ["first", "second", "third", "fourth"]);
}

pub async fn one_call_receives_from_several_queues(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let (left, right, other) =
        (scene.with_queue("left"), scene.with_queue("right"), scene.with_queue("other"));
    left.accept(&[message("l-1"), message("l-2")], 0).await;
    right.accept(&[message("r-1"), message("r-2")], 0).await;
    other.accept(&[message("o-1")], 0).await;

    let queues = [queue("left"), queue("empty"), queue("right")];
    let mut all = Vec::new();
    for expected in [3, 1, 0] {
        let some = scene.store.receive(&queues, receive(3), at(0)).await.unwrap();
        assert_eq!(some.len(), expected);
        all.extend(some);
    }

    for (from, names) in [(&left, ["l-1", "l-2"]), (&right, ["r-1", "r-2"])] {
        let of = all.iter().filter(|delivery| delivery.receipt.queue == from.queue);
        assert!(of.map(|delivery| delivery.id.as_str()).eq(names), "{all:?}");
    }
    for delivery in &all {
        let _ = scene.ack(&delivery.receipt).await;
    }
    assert_eq!([left.depth().await, right.depth().await, other.depth().await], [0, 0, 1]);
}

pub async fn no_queue_gives_nothing(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    assert_eq!(scene.store.receive(&[], receive(3), at(0)).await.unwrap(), []);
    scene.receive_one(0).await;
}

pub async fn two_messages_of_one_id_are_two_messages(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let other = Enqueue { body: "other".into(), ..message("same") };
    scene.accept(&[message("same"), other.clone()], 0).await;

    let both = scene.receive(10, 0).await;
    assert_eq!(both.len(), 2, "{both:?}");
    let _ = scene.ack(&both[0].receipt).await;
    assert_eq!(scene.depth().await, 1);
    let left = scene.receive_one(VISIBILITY_MS).await;
    assert_eq!(left.body, other.body);
}

pub async fn a_message_goes_to_one_of_two_racing_receivers(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let messages: Vec<_> = (0..20).map(|n| message(&format!("m-{n}"))).collect();
    scene.accept(&messages, 0).await;
    let (left, right) = tokio::join!(scene.drain(0), scene.drain(0));
    let all: BTreeSet<_> = left.iter().chain(&right).collect();
    assert_eq!((all.len(), left.len() + right.len()), (20, 20));
}

pub async fn depth_counts_all_but_what_is_settled(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let messages = ["a", "b", "c"].map(message);
    scene.accept(&messages, 0).await;
    scene.accept(&[delayed("later", 900_000)], 0).await;
    assert_eq!(scene.depth().await, 4);
    let received = scene.receive(3, 0).await;
    assert_eq!(scene.depth().await, 4);
    let _ = scene.ack(&received[0].receipt).await;
    assert_eq!(scene.depth().await, 3);
    let _ = scene.nack(&received[1].receipt, 5).await;
    assert_eq!(scene.depth().await, 3);
    let _ = scene.bury(&received[2].receipt, 5).await;
    assert_eq!(scene.depth().await, 2);
    assert_eq!(scene.with_queue("other").depth().await, 0);
}

pub async fn a_thousand_messages_are_received_once_each(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let names: Vec<_> = (0..1_000).map(|n| format!("m-{n}")).collect();
    let messages: Vec<_> = names.iter().map(|name| message(name)).collect();
    scene.accept(&messages, 0).await;
    let mut received = Vec::new();
    loop {
        let some = scene.receive(100, 0).await;
        if some.is_empty() {
            break;
        }
        for delivery in some {
            let _ = scene.ack(&delivery.receipt).await;
            received.push(delivery.id.to_string());
        }
    }
    assert_eq!(received, names);
    assert_eq!(scene.depth().await, 0);
}

pub async fn queues_with_strange_names_are_kept_apart(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let longest = "q".repeat(256);
    let names = [
        "a",
        "aa",
        "a/",
        "a/b",
        "a:b",
        "a b",
        " ",
        ".",
        "..",
        "{a}",
        "*",
        "%",
        "A",
        "\u{e9}",
        "e\u{301}",
        "日本語",
        "🧵",
        "actor:wallet",
        &longest,
    ];
    let mut scenes = Vec::new();
    for name in names {
        let one = scene.with_queue(name);
        one.accept(&[message(name)], 0).await;
        scenes.push(one);
    }
    for (one, name) in scenes.iter().zip(names) {
        assert_eq!(one.receive_one(0).await.id.as_str(), name);
    }
}

impl Scene {
    async fn receive_one_of_many(&self, now: u64) -> String {
        self.receive(1, now).await.remove(0).id.to_string()
    }
}
