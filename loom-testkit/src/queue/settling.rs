//! What becomes of a received message.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{MessageQueue as _, QueueDelivery, Settled};

use super::QueueFixture;
use super::scene::{Scene, VISIBILITY_MS, message, urgent};
use crate::faults::{Fault, FaultPlan, FaultyQueue};

/// Late enough that everything is visible which is there.
const LATE: u64 = 1_000_000;

/// One way to settle a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    Ack,
    Nack,
    Extend,
    Bury,
}

const WAYS: [Way; 4] = [Way::Ack, Way::Nack, Way::Extend, Way::Bury];

impl Scene {
    async fn settle(&self, way: Way, delivery: &QueueDelivery, time: u64) -> Settled {
        match way {
            Way::Ack => self.ack(&delivery.receipt).await,
            Way::Nack => self.nack(&delivery.receipt, time).await,
            Way::Extend => self.extend(&delivery.receipt, time).await,
            Way::Bury => self.bury(&delivery.receipt, time).await,
        }
    }
}

pub async fn an_acknowledged_message_never_comes_back(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m"), message("other")], 0).await;
    let received = scene.receive(1, 0).await;
    assert_eq!(scene.ack(&received[0].receipt).await, Settled::Done);
    assert_eq!(scene.drain(LATE).await, ["other"]);
}

pub async fn a_returned_message_is_visible_at_the_time_given(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let first = scene.receive_one(0).await;
    assert_eq!(scene.nack(&first.receipt, 5).await, Settled::Done);
    assert_eq!(scene.receive(10, 4).await, []);
    let second = scene.receive_one(5).await;
    assert_eq!((second.id, second.body, second.attempt), (first.id, first.body, 2));

    // Also when that is after it would have been visible again by itself.
    let until = 5 + VISIBILITY_MS * 3;
    assert_eq!(scene.nack(&second.receipt, until).await, Settled::Done);
    assert_eq!(scene.receive(10, until - 1).await, []);
    assert_eq!(scene.receive_one(until).await.attempt, 3);
}

pub async fn a_returned_message_keeps_its_priority(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[urgent("high", 9), urgent("low", 1), urgent("mid", 5)], 0).await;
    let received = scene.receive(1, 0).await;
    assert_eq!(scene.nack(&received[0].receipt, 1).await, Settled::Done);
    assert_eq!(scene.drain(2).await, ["high", "mid", "low"]);
}

pub async fn a_returned_message_goes_behind_those_of_its_priority(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c"].map(message), 0).await;
    let received = scene.receive(1, 0).await;
    assert_eq!(scene.nack(&received[0].receipt, 5).await, Settled::Done);
    scene.accept(&[message("d")], 10).await;
    assert_eq!(scene.drain(20).await, ["b", "c", "a", "d"]);
}

pub async fn an_expired_delivery_goes_behind_those_of_its_priority(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c"].map(message), 0).await;
    assert_eq!(scene.receive(1, 0).await.len(), 1);
    assert_eq!(scene.drain(VISIBILITY_MS).await, ["b", "c", "a"]);
}

pub async fn an_extended_message_stays_hidden(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let first = scene.receive_one(0).await;
    for until in [VISIBILITY_MS * 2, VISIBILITY_MS * 3, VISIBILITY_MS * 5] {
        assert_eq!(scene.extend(&first.receipt, until).await, Settled::Done);
        assert_eq!(scene.receive(10, until - 1).await, []);
    }
    let second = scene.receive_one(VISIBILITY_MS * 5).await;
    assert_eq!(second.attempt, 2);
    assert_eq!(scene.ack(&first.receipt).await, Settled::Expired);
    assert_eq!(scene.ack(&second.receipt).await, Settled::Done);
}

pub async fn an_extended_delivery_can_be_settled(fixture: impl QueueFixture) {
    for way in WAYS {
        let scene = Scene::open(&fixture).with_queue(&format!("{way:?}"));
        scene.accept(&[message("m")], 0).await;
        let delivery = scene.receive_one(0).await;
        assert_eq!(scene.extend(&delivery.receipt, LATE).await, Settled::Done);
        assert_eq!(scene.settle(way, &delivery, LATE).await, Settled::Done, "{way:?}");
    }
}

pub async fn a_receipt_is_good_until_the_message_is_received_again(fixture: impl QueueFixture) {
    for way in WAYS {
        let scene = Scene::open(&fixture).with_queue(&format!("{way:?}"));
        scene.accept(&[message("m"), message("n")], 0).await;
        let delivery = scene.receive(1, 0).await.remove(0);
        // Its time is over, and the store was made to notice, but nobody else has it.
        let noticed = scene.receive(1, VISIBILITY_MS + 1).await;
        assert_eq!(noticed[0].id.as_str(), "n");

        let settled = scene.settle(way, &delivery, VISIBILITY_MS * 9).await;

        assert_eq!(settled, Settled::Done, "{way:?}");
        assert_eq!(scene.receive(10, VISIBILITY_MS + 2).await, [], "{way:?}");
        let left = if matches!(way, Way::Ack | Way::Bury) { 1 } else { 2 };
        assert_eq!(scene.depth().await, left, "{way:?}");
    }
}

pub async fn a_stale_receipt_changes_nothing(fixture: impl QueueFixture) {
    for way in WAYS {
        let scene = Scene::open(&fixture).with_queue(&format!("{way:?}"));
        scene.accept(&[message("m")], 0).await;
        let stale = scene.receive_one(0).await;
        let fresh = scene.receive_one(VISIBILITY_MS).await;

        let settled = scene.settle(way, &stale, VISIBILITY_MS * 9).await;

        assert_eq!(settled, Settled::Expired, "{way:?}");
        assert_eq!((scene.depth().await, scene.letters().await.len()), (1, 0), "{way:?}");
        assert_eq!(scene.receive(10, VISIBILITY_MS * 2 - 1).await, [], "{way:?}");
        let next = scene.receive_one(VISIBILITY_MS * 2).await;
        assert_eq!(next.attempt, fresh.attempt + 1, "{way:?}");
        assert_eq!(scene.ack(&next.receipt).await, Settled::Done, "{way:?}");
    }
}

pub async fn a_settled_receipt_changes_nothing(fixture: impl QueueFixture) {
    for first in [Way::Ack, Way::Nack, Way::Bury] {
        for second in WAYS {
            let scene = Scene::open(&fixture).with_queue(&format!("{first:?} {second:?}"));
            scene.accept(&[message("m")], 0).await;
            let delivery = scene.receive_one(0).await;
            assert_eq!(scene.settle(first, &delivery, 10).await, Settled::Done);
            let seen = async || (scene.depth().await, scene.letters().await);
            let before = seen().await;

            let settled = scene.settle(second, &delivery, LATE).await;

            assert_eq!(settled, Settled::Expired, "{first:?}, {second:?}");
            assert_eq!(seen().await, before, "{first:?}, {second:?}");
            let visible = scene.drain(10).await.len();
            assert_eq!(visible, usize::from(first == Way::Nack), "{first:?}, {second:?}");
        }
    }
}

pub async fn each_delivery_has_a_receipt_of_its_own(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&["a", "b", "c"].map(message), 0).await;
    let all = scene.receive(3, 0).await;
    assert_eq!(scene.ack(&all[1].receipt).await, Settled::Done);
    assert_eq!(scene.drain(LATE).await, ["a", "c"]);
    assert_eq!(scene.ack(&all[1].receipt).await, Settled::Expired);
}

pub async fn an_acknowledgement_may_be_repeated_after_any_failure(fixture: impl QueueFixture) {
    for fault in Fault::ALL {
        let scene = Scene::open(&fixture).with_queue(&format!("{fault:?}"));
        scene.accept(&[message("m")], 0).await;
        let delivery = scene.receive_one(0).await;
        let store = FaultyQueue::new(fixture.store(), FaultPlan::new([fault]));
        let _ = store.ack(&delivery.receipt).await;
        let _ = store.ack(&delivery.receipt).await.unwrap();
        assert_eq!(scene.depth().await, 0, "{fault:?}");
        assert_eq!(scene.receive(10, LATE).await, [], "{fault:?}");
    }
}

pub async fn a_delivery_that_was_lost_comes_again(fixture: impl QueueFixture) {
    let scene = Scene::open(&fixture);
    scene.accept(&[message("m")], 0).await;
    let store = FaultyQueue::new(fixture.store(), FaultPlan::new([Fault::ReplyLost]));
    let queues = std::slice::from_ref(&scene.queue);
    let lost = store.receive(queues, super::scene::receive(1), super::scene::at(0)).await;
    assert!(lost.is_err());
    assert_eq!(scene.receive(10, VISIBILITY_MS - 1).await, []);
    assert_eq!(scene.receive_one(VISIBILITY_MS).await.attempt, 2);
}
