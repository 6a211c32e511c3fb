//! What is pending is named, and what is not is not.

use loom_core::{EventName, Op};

use super::hand::{Hand, id, json, returned, send};
use super::lying::Lie;

const ANN: &str = "wallet/ann";
const BOB: &str = "wallet/bob";

fn pending(scenario: impl AsyncFnOnce(&mut Hand)) -> Vec<String> {
    crate::run(async {
        let mut hand = Hand::new().await;
        scenario(&mut hand).await;
        assert_eq!(hand.world.violation(), None);
        hand.audit.pending(hand.now())
    })
}

async fn waits_for_an_event(hand: &mut Hand) {
    let op = Op::Wait { name: EventName::parse("paid").unwrap(), until: None };
    let input = hand.invoke("waits", BOB);
    let turn = hand.turn(BOB, Some(&input), vec![op], loom_core::End::Suspended, "1");
    hand.commit(&turn).await;
}

#[test]
fn a_message_is_pending_until_it_is_handled() {
    let before = pending(async |hand| {
        let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
        hand.commit(&turn).await;
    });
    assert_eq!(before, ["message wallet/ann@0.1.0 of wallet/ann#1 to wallet/bob"]);
    let after = pending(async |hand| {
        let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
        hand.commit(&turn).await;
        let message = hand.delivered(&turn, 0);
        let turn = hand.turn(BOB, Some(&message), vec![], returned(), "1");
        hand.commit(&turn).await;
    });
    assert_eq!(after, [""; 0]);
}

#[test]
fn a_request_to_an_actor_that_waits_is_not_pending() {
    let waiting = pending(async |hand| {
        waits_for_an_event(hand).await;
        let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
        hand.commit(&turn).await;
        let queued = hand.keyed("q", BOB, "k");
        hand.enqueue(&queued).await;
    });
    assert_eq!(waiting, [""; 0]);
    let news = pending(async |hand| {
        waits_for_an_event(hand).await;
        let name = EventName::parse("paid").unwrap();
        let signal = Op::Signal { to: id(BOB), name, payload: json("1") };
        let turn = hand.simple(ANN, "m", vec![signal], "1");
        hand.commit(&turn).await;
    });
    assert_eq!(news, ["message wallet/ann@0.1.0 of wallet/ann#1 to wallet/bob"]);
}

#[test]
fn a_queued_message_is_pending_until_it_is_settled() {
    let queued = pending(async |hand| {
        let message = hand.keyed("q", BOB, "k");
        hand.enqueue(&message).await;
    });
    assert_eq!(queued, ["message q of queue actors/0"]);
    let settled = pending(async |hand| {
        let message = hand.keyed("q", BOB, "k");
        hand.enqueue(&message).await;
        let turn = hand.turn(BOB, Some(&message), vec![], returned(), "1");
        hand.commit(&turn).await;
        let received = hand.receive().await;
        assert!(hand.stores.queue.ack(&received[0].receipt).await.is_ok());
    });
    assert_eq!(settled, [""; 0]);
}

#[test]
fn a_timer_is_pending_once_it_is_due() {
    let due = pending(async |hand| _ = hand.set_tea(0).await);
    assert_eq!(due, ["timer tea of wallet/ann, due at 2026-01-01T00:00:00.000Z"]);
    assert_eq!(pending(async |hand| _ = hand.set_tea(9).await), [""; 0]);
}

#[test]
fn a_message_is_not_missed_for_an_equal_one_that_may_be_settled() {
    let waiting = pending(async |hand| {
        let (first, next) = (hand.keyed("m", BOB, "k"), hand.keyed("n", BOB, "l"));
        hand.enqueue(&first).await;
        hand.lie(Lie::ForgetsAnswers);
        let received = hand.receive().await;
        assert!(hand.stores.queue.ack(&received[0].receipt).await.is_err());
        hand.enqueue(&first).await;
        hand.enqueue(&next).await;
        assert_eq!(hand.receive().await.len(), 2);
    });
    let message = |name| format!("message {name} of queue actors/0");
    assert_eq!(waiting, ["m", "m", "n"].map(message));
}
