//! What an older copy may have forgotten, and what it may not.

use loom_core::{Delivery, IdempotencyKey, Method, Outcome, Payload, Turn};
use loom_ports::CommitOutcome;

use super::hand::{Hand, id, returned, send};
use super::lying::Lie;
use super::{check, row};

const ANN: &str = "wallet/ann";
const BOB: &str = "wallet/bob";

/// A turn that sends something, which an older copy that takes over has forgotten.
async fn forgotten(hand: &mut Hand) -> (Turn, Delivery) {
    let copy = hand.copy();
    let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
    hand.commit(&turn).await;
    let message = hand.delivered(&turn, 0);
    hand.fail_over(copy);
    (turn, message)
}

async fn handle(hand: &mut Hand, message: &Delivery) {
    let turn = hand.turn(BOB, Some(message), vec![], returned(), "1");
    hand.commit(&turn).await;
}

#[test]
fn what_a_copy_must_not_forget_is_found_out() {
    check(&[
        row!("an epoch comes back", 3, "with epoch 1, after epoch 1", |hand| {
            forgotten(&mut hand).await;
            hand.lie(Lie::RepeatsEpochs);
            hand.claim("two").await;
        }),
        row!("a tenure goes on", 3, "under epoch 1 of one, which had ended", |hand| {
            forgotten(&mut hand).await;
            hand.lie(Lie::ChecksNoEpoch);
            let turn = hand.simple(ANN, "n", vec![], "1");
            hand.claim("one").await;
            hand.tenure.epoch = loom_core::Epoch(1);
            hand.commit(&turn).await;
        }),
        row!("what the copy had is gone", 7, "0 of 1 records of wallet/ann were read", |hand| {
            let (older, _) = hand.copy();
            let turn = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&turn).await;
            let (_, before) = hand.copy();
            hand.fail_over((older, before));
        }),
        row!("a forgotten turn is there", 7, "records that were never committed", |hand| {
            let (_, before) = hand.copy();
            let turn = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&turn).await;
            let (newer, _) = hand.copy();
            hand.fail_over((newer, before));
            hand.claim("one").await;
            let _ = hand.stores.journal.load(&hand.tenure, &id(ANN), None).await;
        }),
        row!("an incarnation comes back", 7, "with head 1 of incarnation", |hand| {
            let turn = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&turn).await;
            let copy = hand.copy();
            hand.fail_over_to_old_incarnations(copy);
            hand.claim("one").await;
            let _ = hand.stores.journal.load(&hand.tenure, &id(ANN), None).await;
        }),
        row!("a loss that is none is told", 13, "was said to be forgotten, and is not", |hand| {
            let turn = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&turn).await;
            hand.audit.was_said_to_be_forgotten(&id(ANN), turn.expected.next());
        }),
        row!("a ghost is handled twice", 4, "again, which was forgotten", |hand| {
            let (_, message) = forgotten(&mut hand).await;
            hand.claim("one").await;
            for _ in 0..2 {
                handle(&mut hand, &message).await;
            }
        }),
    ]);
}

fn sound(scenario: impl AsyncFnOnce(&mut Hand)) {
    crate::run(async {
        let mut hand = Hand::new().await;
        scenario(&mut hand).await;
        hand.audit.finish().await;
        assert_eq!(hand.world.violation(), None);
    });
}

#[test]
fn a_forgotten_turn_is_made_anew() {
    sound(async |hand| {
        forgotten(hand).await;
        hand.claim("one").await;
        let turn = hand.simple(ANN, "m", vec![send(BOB)], "2");
        assert_eq!(hand.commit(&turn).await, Some(CommitOutcome::Committed));
        let message = hand.delivered(&turn, 0);
        handle(hand, &message).await;
        assert!(!hand.audit.is_haunted());
    });
}

#[test]
fn a_loss_may_be_told() {
    sound(async |hand| {
        let (turn, _) = forgotten(hand).await;
        hand.audit.was_said_to_be_forgotten(&id(ANN), turn.expected.next());
    });
}

#[test]
fn a_message_of_a_forgotten_turn_haunts_once() {
    sound(async |hand| {
        let (_, message) = forgotten(hand).await;
        hand.claim("one").await;
        handle(hand, &message).await;
        assert!(hand.audit.is_haunted());
    });
}

#[test]
fn a_caller_may_know_what_was_forgotten() {
    sound(async |hand| {
        let copy = hand.copy();
        let input = hand.keyed("m", ANN, "k");
        let turn = hand.turn(ANN, Some(&input), vec![], returned(), "1");
        hand.commit(&turn).await;
        hand.fail_over(copy);
        let (method, key) = (Method::parse("take").unwrap(), IdempotencyKey::parse("k").unwrap());
        let outcome = Outcome::Returned(Payload::NULL);
        hand.audit.replied(&id(ANN), &method, &key, &outcome);
    });
}
