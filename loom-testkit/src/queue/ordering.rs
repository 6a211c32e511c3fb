//! The strict order of messages with an ordering key.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use loom_ports::{Enqueue, Enqueued, QueueDelivery, Receive, Settled};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, at, delayed, keyed, message, ordered, receive, urgent};
use crate::race::race;

pub async fn messages_of_one_key_are_received_in_order(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let names: Vec<_> = (0..20).map(|n| format!("m-{n}")).collect();
    // The clock may jump backwards between two messages.
    for (n, pair) in (0..).zip(names.chunks(2)) {
        let now = [50, 40, 60][n % 3];
        let pair = [&pair[0], &pair[1]];
        let messages = pair.map(|name| Enqueue { visible_at: at(now), ..ordered(name, 7) });
        scene.accept(&messages, now).await;
    }
    assert_eq!(scene.ack_one_by_one(55).await, names);
}

pub async fn a_received_message_holds_back_those_of_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
    let first = scene.receive(1, 0).await.remove(0);
    assert_eq!(first.id.as_str(), "a");
    assert_eq!(scene.drain(VISIBILITY_MS - 1).await, [""; 0]);
    scene.accept(&[ordered("c", 7)], 1).await;
    assert_eq!(scene.drain(VISIBILITY_MS - 1).await, [""; 0]);
    assert_eq!(scene.ack(&first.receipt).await, Settled::Done);
    assert_eq!(scene.drain(2).await, ["b", "c"]);
}

pub async fn a_buried_message_holds_back_nothing(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
    let first = scene.receive(1, 0).await.remove(0);
    assert_eq!(scene.bury(&first.receipt, 1).await, Settled::Done);
    assert_eq!(scene.drain(1).await, ["b"]);
}

pub async fn a_delayed_message_holds_back_those_of_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let late = Enqueue { ordering_key: Some(7), ..delayed("late", 500) };
    scene.accept(&[late, ordered("a", 7), message("free")], 0).await;
    assert_eq!(scene.drain(499).await, ["free"]);
    assert_eq!(scene.drain(500).await, ["late", "a"]);
}

pub async fn a_message_is_not_received_before_its_time_because_it_is_its_turn(
    fixture: impl QueueFixture,
) {
    let scene = Scene::open(&fixture);
    let late = Enqueue { ordering_key: Some(7), ..delayed("late", 500) };
    scene.accept(&[ordered("a", 7), late, ordered("b", 7)], 0).await;
    let first = scene.receive_one(0).await;
    assert_eq!(first.id.as_str(), "a");
    assert_eq!(scene.ack(&first.receipt).await, Settled::Done);
    assert_eq!(scene.drain(499).await, [""; 0]);
    assert_eq!(scene.drain(500).await, ["late", "b"]);
}

pub async fn a_returned_message_stays_before_those_of_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7), ordered("c", 7)], 0).await;
    let first = scene.receive(1, 0).await.remove(0);
    assert_eq!(scene.nack(&first.receipt, 5).await, Settled::Done);
    assert_eq!(scene.drain(4).await, [""; 0]);
    scene.accept(&[ordered("d", 7)], 5).await;
    assert_eq!(scene.ack_one_by_one(5).await, ["a", "b", "c", "d"]);
}

pub async fn an_expired_delivery_stays_before_those_of_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
    assert_eq!(scene.receive(1, 0).await.len(), 1);
    let again = scene.receive(10, VISIBILITY_MS).await;
    assert_eq!(Scene::names(&again), ["a", "b"]);
    assert_eq!([again[0].attempt, again[1].attempt], [2, 1]);
}

pub async fn a_greater_priority_does_not_overtake_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let urgent_one = Enqueue { ordering_key: Some(7), ..urgent("urgent", 9) };
    scene.accept(&[ordered("first", 7), urgent_one, urgent("free", 5)], 0).await;
    assert_eq!(scene.ack_one_by_one(0).await, ["free", "first", "urgent"]);
}

pub async fn a_key_has_the_priority_of_its_first_message(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let of_key = |name, priority| Enqueue { ordering_key: Some(7), ..urgent(name, priority) };
    scene.accept(&[urgent("mid", 5), of_key("high", 9), of_key("low", 1)], 0).await;
    assert_eq!(scene.ack_one_by_one(0).await, ["high", "mid", "low"]);
}

pub async fn messages_of_one_key_come_in_one_answer(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let messages = ["a", "b", "c", "d"].map(|name| ordered(name, 7));
    scene.accept(&messages, 0).await;
    let some = scene.receive(3, 0).await;
    assert_eq!(Scene::names(&some), ["a", "b", "c"]);
    assert_eq!(scene.receive(3, 0).await, []);
    for (delivery, left) in some.iter().zip([0, 0, 1]) {
        assert_eq!(scene.ack(&delivery.receipt).await, Settled::Done);
        assert_eq!(scene.receive(3, 0).await.len(), left, "after {}", delivery.id);
    }
}

pub async fn an_answer_ends_a_key_at_what_is_not_visible(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let late = Enqueue { ordering_key: Some(7), ..delayed("late", 500) };
    scene.accept(&[ordered("a", 7), ordered("b", 7), late, ordered("c", 7)], 0).await;
    assert_eq!(Scene::names(&scene.receive(10, 0).await), ["a", "b"]);

    // Hidden by a delivery, in the middle of its key.
    let scene = scene.with_queue("other");
    scene.accept(&["a", "b", "c"].map(|name| ordered(name, 7)), 0).await;
    let all = scene.receive(10, 0).await;
    assert_eq!(scene.nack(&all[0].receipt, 5).await, Settled::Done);
    assert_eq!(scene.nack(&all[2].receipt, 5).await, Settled::Done);
    assert_eq!(scene.receive_one(5).await.id.as_str(), "a");
}

pub async fn what_is_returned_together_comes_again_in_order(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c"].map(|name| ordered(name, 7)), 0).await;
    let all = scene.receive(3, 0).await;
    // Each visible before the one in front of it.
    for (delivery, visible_at) in all.iter().zip([30, 20, 10]) {
        assert_eq!(scene.nack(&delivery.receipt, visible_at).await, Settled::Done);
    }
    assert_eq!(scene.drain(29).await, [""; 0]);
    let again = scene.receive(3, 30).await;
    assert_eq!(Scene::names(&again), ["a", "b", "c"]);
    assert!(again.iter().all(|delivery| delivery.attempt == 2), "{again:?}");
}

pub async fn what_was_settled_out_of_order_is_left_out(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c", "d"].map(|name| ordered(name, 7)), 0).await;
    let all = scene.receive(4, 0).await;
    assert_eq!(scene.ack(&all[1].receipt).await, Settled::Done);
    assert_eq!(scene.bury(&all[3].receipt, 1).await, Settled::Done);
    scene.accept(&[ordered("e", 7)], 1).await;
    assert_eq!(scene.drain(1).await, [""; 0]);
    assert_eq!(scene.nack(&all[0].receipt, 2).await, Settled::Done);
    assert_eq!(scene.nack(&all[2].receipt, 2).await, Settled::Done);
    assert_eq!(scene.ack_one_by_one(2).await, ["a", "c", "e"]);
    assert_eq!(scene.ordering_keys().await, [0; 0]);
}

pub async fn what_is_settled_at_once_frees_what_is_behind_it(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let names: Vec<_> = (0..12).map(|n| format!("m-{n:02}")).collect();
    let messages: Vec<_> = names.iter().map(|name| ordered(name, 7)).collect();
    scene.accept(&messages, 0).await;
    for from in [0, 4, 8] {
        let mut received = scene.receive(4, 0).await;
        let ids = received.iter().map(|delivery| delivery.id.as_str());
        assert!(ids.eq(names[from..from + 4].iter()));
        received.rotate_left(from / 4);
        let settled = race(4, |n| {
            let (store, receipt) = (Arc::clone(&scene.store), received[n].receipt.clone());
            async move { store.ack(&receipt).await.unwrap() }
        });
        assert_eq!(settled.await, [Settled::Done; 4]);
    }
    assert_eq!(scene.depth().await, 0);
}

pub async fn one_of_those_that_settle_a_delivery_at_once_does_it(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    for round in 0..4 {
        scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
        let received = scene.receive(2, 0).await;
        assert_eq!(received.len(), 2);
        let settled = race(8, |n| {
            let (store, of) = (Arc::clone(&scene.store), &received[(n + round) % 2]);
            let receipt = of.receipt.clone();
            async move { store.ack(&receipt).await.unwrap() }
        });
        let settled = settled.await.into_iter();
        assert_eq!(settled.filter(|settled| *settled == Settled::Done).count(), 2);
        assert_eq!(scene.depth().await, 0);
    }
}

pub async fn an_extended_message_holds_back_those_of_its_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let until = VISIBILITY_MS * 3;
    scene.accept(&["a", "b", "c"].map(|name| ordered(name, 7)), 0).await;
    let all = scene.receive(2, 0).await;
    assert_eq!(scene.extend(&all[1].receipt, until).await, Settled::Done);
    assert_eq!(scene.ack(&all[0].receipt).await, Settled::Done);
    assert_eq!(scene.drain(until - 1).await, [""; 0]);
    assert_eq!(scene.drain(until).await, ["b", "c"]);
    assert_eq!(scene.ack(&all[1].receipt).await, Settled::Expired);
}

pub async fn keys_hold_back_nothing_but_their_own(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    for key in [0, 1, 255, 256, u64::MAX] {
        let names = ["a", "b"].map(|name| format!("{name}-{key}"));
        scene.accept(&names.map(|name| ordered(&name, key)), 0).await;
        let held = scene.receive(1, 0).await.remove(0);
        assert_eq!(held.id.as_str(), format!("a-{key}"));
        scene.accept(&[message("free")], 0).await;
        assert_eq!(scene.receive_one(0).await.id.as_str(), "free");
    }
    let other = scene.with_queue("other");
    other.accept(&[ordered("c", 0)], 0).await;
    assert_eq!(other.receive_one(0).await.id.as_str(), "c");
}

pub async fn keys_take_turns_whatever_waits_behind_them(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let long: Vec<_> = (0..50).map(|n| ordered(&format!("long-{n}"), 1)).collect();
    scene.accept(&long, 0).await;
    scene.accept(&[ordered("short", 2), message("free")], 0).await;
    let some = scene.receive(3, 0).await;
    let names: BTreeSet<_> = Scene::names(&some).into_iter().collect();
    assert_eq!(names, BTreeSet::from(["free", "long-0", "short"].map(String::from)));
}

pub async fn two_receivers_never_share_a_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let keys = [3, 4, 5];
    for n in 0..20 {
        let messages = keys.map(|key| ordered(&format!("{key}/{n}"), key));
        scene.accept(&messages, 0).await;
    }
    let handled = std::sync::Mutex::new(Vec::new());
    let receiver = async || {
        // Far more rounds than it takes, so that what is lost ends the case and fails it.
        for _ in 0..1_000 {
            if handled.lock().unwrap().len() == 60 {
                return;
            }
            for delivery in scene.receive(4, 0).await {
                // Lets another receiver go first, if it has anything.
                tokio::task::yield_now().await;
                handled.lock().unwrap().push(delivery.id.to_string());
                assert_eq!(scene.ack(&delivery.receipt).await, Settled::Done);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(receiver(), receiver(), receiver());
    let handled = handled.into_inner().unwrap();
    for key in keys {
        let of_key = handled.iter().filter(|name| name.starts_with(&format!("{key}/")));
        assert!(of_key.eq(&(0..20).map(|n| format!("{key}/{n}")).collect::<Vec<_>>()), "{key}");
    }
}

pub async fn what_is_freed_during_a_wait_is_received_once(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
    let held = scene.receive(1, 0).await.remove(0);
    let queues = [scene.queue.clone()];
    let waiting = Receive { wait: Duration::from_millis(20), ..receive(10) };
    let (waited, settled) =
        tokio::join!(scene.store.receive(&queues, waiting, at(0)), scene.ack(&held.receipt),);
    assert_eq!(settled, Settled::Done);
    let at_once = Scene::names(&waited.unwrap());
    let later = Scene::names(&scene.receive(10, 0).await);
    assert_eq!([at_once, later].concat(), ["b"]);
}

pub async fn a_duplicate_has_no_place_in_the_order(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let once = |name, key| Enqueue { ordering_key: Some(key), ..keyed(name, "key", 10_000) };
    scene.accept(&[once("a", 7)], 0).await;
    let again = [once("again", 7), once("again", 8)];
    assert_eq!(scene.enqueue(&again, 0).await, [Enqueued::Duplicate; 2]);
    scene.accept(&[ordered("b", 7)], 0).await;
    assert_eq!(scene.ordering_keys().await, [7]);
    assert_eq!(scene.ack_one_by_one(0).await, ["a", "b"]);
    assert_eq!(scene.enqueue(&again, 0).await, [Enqueued::Duplicate; 2]);
    assert_eq!(scene.ordering_keys().await, [0; 0]);
}

pub async fn a_replayed_letter_has_no_key(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[ordered("a", 7), ordered("b", 7)], 0).await;
    let first = scene.receive(1, 0).await.remove(0);
    assert_eq!(scene.bury(&first.receipt, 1).await, Settled::Done);
    let second = scene.receive_one(1).await;
    assert!(scene.replay("a", 2).await);
    let replayed = scene.receive_one(2).await;
    assert_eq!(replayed.id.as_str(), "a");
    assert_eq!(scene.ack(&second.receipt).await, Settled::Done);
    assert_eq!(scene.ordering_keys().await, [0; 0]);
    scene.accept(&[ordered("c", 7)], 3).await;
    assert_eq!(scene.receive_one(3).await.id.as_str(), "c");
}

pub async fn the_keys_of_what_is_not_settled_are_listed(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    assert_eq!(scene.ordering_keys().await, [0; 0]);
    let late = Enqueue { ordering_key: Some(u64::MAX), ..delayed("late", 900_000) };
    scene.accept(&[ordered("a", 0), ordered("b", 0), ordered("c", 256), late], 0).await;
    scene.accept(&[message("none")], 0).await;
    scene.with_queue("queue2").accept(&[ordered("other", 9)], 0).await;
    assert_eq!(scene.ordering_keys().await, [0, 256, u64::MAX]);

    let received = scene.receive(10, 0).await;
    assert_eq!(received.len(), 4);
    assert_eq!(scene.ordering_keys().await, [0, 256, u64::MAX]);
    let of = |name| received.iter().find(|one| one.id.as_str() == name).unwrap().receipt.clone();
    assert_eq!(scene.ack(&of("a")).await, Settled::Done);
    assert_eq!(scene.nack(&of("b"), 5).await, Settled::Done);
    assert_eq!(scene.ordering_keys().await, [0, 256, u64::MAX]);
    assert_eq!(scene.bury(&of("c"), 5).await, Settled::Done);
    assert_eq!(scene.ordering_keys().await, [0, u64::MAX]);
    assert_eq!(scene.ack_one_by_one(5).await, ["b"]);
    assert_eq!(scene.ordering_keys().await, [u64::MAX]);
}

pub async fn no_more_keys_are_listed_than_asked_for(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    let keys: Vec<u64> = (0..30).map(|n| n * 1_000_003).collect();
    for key in &keys {
        let names = ["a", "b"].map(|name| format!("{name}-{key}"));
        scene.accept(&names.map(|name| ordered(&name, *key)), 0).await;
    }
    for (limit, expected) in [(0, 0), (1, 1), (29, 29), (30, 30), (31, 30), (usize::MAX, 30)] {
        let listed = scene.store.ordering_keys(&scene.queue, limit).await.unwrap();
        assert_eq!(listed.len(), expected, "{limit}");
        let each: BTreeSet<_> = listed.iter().filter(|key| keys.contains(key)).collect();
        assert_eq!(each.len(), expected, "{listed:?}");
    }
}

impl Scene {
    pub(super) fn names(deliveries: &[QueueDelivery]) -> Vec<String> {
        deliveries.iter().map(|delivery| delivery.id.to_string()).collect()
    }

    /// Receives and acknowledges one message after another, until nothing is visible.
    pub(super) async fn ack_one_by_one(&self, now: u64) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(delivery) = self.receive(1, now).await.pop() {
            assert_eq!(self.ack(&delivery.receipt).await, Settled::Done);
            names.push(delivery.id.to_string());
        }
        names
    }

    pub(super) async fn ordering_keys(&self) -> Vec<u64> {
        let mut keys = self.store.ordering_keys(&self.queue, 100).await.unwrap();
        keys.sort_unstable();
        keys
    }
}
