//! Stores that lie are found out.

use loom_core::{IdempotencyKey, Outgoing};
use loom_ports::{Dedup, QueuedDeadLetter};

use super::hand::{Hand, queue, returned, send};
use super::lying::Lie;
use super::{check, row};

/// Commits a turn that has everything, with a store that lies.
async fn all_parts(hand: &mut Hand, lie: Lie) {
    hand.lie(lie);
    hand.set_tea(9).await;
    let input = hand.keyed("m", "wallet/ann", "k");
    let turn = hand.turn("wallet/ann", Some(&input), vec![send("wallet/bob")], returned(), "2");
    hand.commit(&turn).await;
}

/// Has a message given up, and kept by a store that lies.
async fn give_up(hand: &mut Hand, lie: Lie) {
    hand.lie(lie);
    let letter = super::hosts::buried(hand).await;
    let body = Outgoing::Message(letter.message.clone()).encode();
    let (id, reason) = (letter.message.id.clone(), letter.reason.clone());
    let kept = QueuedDeadLetter { id, body, attempts: letter.attempts, reason, died_at: letter.at };
    let _ = hand.stores.queue.add_dead_letters(&queue(), &[kept]).await;
}

#[test]
fn journals_that_lie_are_found_out() {
    check(&[
        row!("epochs repeat", 3, "with epoch 1, after epoch 1", |hand| {
            hand.lie(Lie::RepeatsEpochs);
            hand.claim("two").await;
        }),
        row!("a fenced commit is made", 3, "under epoch 1 of one, which had ended", |hand| {
            hand.lie(Lie::ChecksNoEpoch);
            let turn = hand.simple("wallet/ann", "m", vec![], "1");
            let tenure = hand.tenure.clone();
            hand.claim("two").await;
            let _ = hand.stores.journal.commit(&tenure, &[turn], &[]).await;
        }),
        row!("a lost tenure is renewed", 3, "a lease was renewed", |hand| {
            hand.lie(Lie::RenewsForEver);
            let tenure = hand.tenure.clone();
            hand.claim("two").await;
            let lease = std::time::Duration::from_secs(1);
            let _ = hand.stores.journal.renew(&[tenure], lease, hand.now()).await;
        }),
        row!(
            "a turn is put on another head",
            3,
            "wallet/ann#1 was committed, and the head is 1",
            |hand| {
                let first = hand.simple("wallet/ann", "m", vec![], "1");
                hand.commit(&first).await;
                hand.lie(Lie::ChecksNoHead);
                hand.kernels.clear();
                let other = hand.simple("wallet/ann", "n", vec![], "2");
                hand.commit(&other).await;
            }
        ),
        row!("a turn is not written", 7, "0 of 1 records of wallet/ann were read", |hand| {
            all_parts(&mut hand, Lie::WritesNothing).await;
        }),
        row!("half a turn: no outbox", 5, "lacks message wallet/ann@0.2.0", |hand| {
            all_parts(&mut hand, Lie::LosesOutboxes).await;
        }),
        row!("half a turn: no timers", 6, "leaves some out", |hand| {
            all_parts(&mut hand, Lie::LosesTimers).await;
        }),
        row!("half a turn: no mark", 4, "is handled, and was said to be not handled", |hand| {
            all_parts(&mut hand, Lie::LosesMarks).await;
        }),
        row!("a turn that never was", 1, "was said to be committed, and never was", |hand| {
            all_parts(&mut hand, Lie::SaysAlready).await;
        }),
        row!(
            "a committed turn is said to be absent",
            10,
            "absent, and its place is taken",
            |hand| {
                hand.lie(Lie::SaysAbsent);
                let turn = hand.simple("wallet/ann", "m", vec![], "1");
                hand.commit(&turn).await;
                let journal = &hand.stores.journal;
                let _ =
                    journal.resolve(&hand.tenure, &turn.actor, turn.expected, turn.commit).await;
            }
        ),
        row!("a small turn is too large", 12, "refused as too large", |hand| {
            all_parts(&mut hand, Lie::SaysTooLarge).await;
        }),
        row!("a large turn is taken", 12, "and the store takes 100", |hand| {
            all_parts(&mut hand, Lie::TakesLess).await;
        }),
        row!(
            "an actor out of reach is a new one",
            7,
            "loaded with head 0 of incarnation 0, and it has head 2",
            |hand| {
                all_parts(&mut hand, Lie::LoadsNothing).await;
                let _ = hand
                    .stores
                    .journal
                    .load(&hand.tenure, &super::hand::id("wallet/ann"), None)
                    .await;
            }
        ),
        row!("the last record is not loaded", 7, "loaded up to 1, and its head is 2", |hand| {
            all_parts(&mut hand, Lie::LoadsLess).await;
            let _ =
                hand.stores.journal.load(&hand.tenure, &super::hand::id("wallet/ann"), None).await;
        }),
        row!("timers are given once", 6, "leaves some out", |hand| {
            all_parts(&mut hand, Lie::GivesTimersOnce).await;
        }),
        row!("what is undelivered is given once", 5, "lacks message wallet/ann@0.2.0", |hand| {
            all_parts(&mut hand, Lie::GivesOutboxesOnce).await;
        }),
        row!("keys are unknown", 4, "was said to be not handled", |hand| {
            all_parts(&mut hand, Lie::KnowsNoKeys).await;
            let key = IdempotencyKey::parse("k").unwrap();
            let now = hand.now();
            let _ = hand.stores.journal.handled(&super::hand::id("wallet/ann"), &key, now).await;
        }),
    ]);
}

#[test]
fn queues_that_lie_are_found_out() {
    check(&[
        row!("an ordering key is not kept", 5, "of the same ordering key", |hand| {
            hand.lie(Lie::TurnsAnswersRound);
            for name in ["m", "n"] {
                let message = hand.keyed(name, "wallet/ann", name);
                hand.enqueue(&message).await;
            }
            hand.receive().await;
        }),
        row!("a message is lost", 5, "holds 0 messages", |hand| {
            hand.lie(Lie::LosesMessages);
            let message = hand.keyed("m", "wallet/ann", "k");
            hand.enqueue(&message).await;
        }),
        row!("a new message is a duplicate", 5, "took m for one it never accepted", |hand| {
            hand.lie(Lie::SaysDuplicate);
            let message = hand.keyed("m", "wallet/ann", "k");
            hand.enqueue(&message).await;
        }),
        row!(
            "a dead letter loses its id",
            5,
            "dead letter another of actors/0 is not one",
            |hand| {
                give_up(&mut hand, Lie::RenamesLetters).await;
            }
        ),
        row!("a dead letter is lost", 5, "is gone", |hand| {
            give_up(&mut hand, Lie::LosesLetters).await;
        }),
    ]);
}

#[test]
fn stores_that_refuse_what_they_should_take_are_found_out() {
    check(&[
        row!("a claim, for nobody", 3, "was refused to two as one of nobody", |hand| {
            hand.lie(Lie::RefusesClaims);
            hand.claim("one").await;
            hand.claim("two").await;
        }),
        row!("a renewal of the present tenure", 3, "was said to have ended with epoch 2", |hand| {
            hand.lie(Lie::RefusesRenewals);
            hand.claim("one").await;
            let lease = std::time::Duration::from_secs(1);
            let _ = hand
                .stores
                .journal
                .renew(std::slice::from_ref(&hand.tenure), lease, hand.now())
                .await;
        }),
        row!("a commit of the present tenure", 3, "was said to have ended with epoch 2", |hand| {
            hand.lie(Lie::FencesCommits);
            hand.claim("one").await;
            let turn = hand.simple("wallet/ann", "m", vec![], "1");
            hand.commit(&turn).await;
        }),
        row!("a commit that follows", 1, "was refused since the head is 0", |hand| {
            hand.lie(Lie::RefusesCommits);
            let turn = hand.simple("wallet/ann", "m", vec![], "1");
            hand.commit(&turn).await;
        }),
        row!("the receipt of the last delivery", 5, "for the last delivery of m", |hand| {
            hand.lie(Lie::RefusesReceipts);
            let message = hand.keyed("m", "wallet/ann", "k");
            hand.enqueue(&message).await;
            let received = hand.receive().await;
            let _ = hand.stores.queue.ack(&received[0].receipt).await;
        }),
    ]);
}

#[test]
fn queues_that_take_what_they_should_refuse_are_found_out() {
    check(&[
        row!("a message whose key it knows", 4, "accepted n, whose key it knows", |hand| {
            hand.lie(Lie::AcceptsDuplicates);
            let until = hand.now().saturating_add(std::time::Duration::from_secs(1));
            for name in ["m", "n"] {
                let message = hand.keyed(name, "wallet/ann", "k");
                let dedup = Dedup { key: IdempotencyKey::parse("d").unwrap(), until };
                hand.enqueue_once(&message, Some(dedup)).await;
            }
        }),
        row!("the receipt of an earlier delivery", 5, "for an earlier delivery of m", |hand| {
            hand.lie(Lie::TakesOldReceipts);
            let message = hand.keyed("m", "wallet/ann", "k");
            hand.enqueue(&message).await;
            let received = hand.receive().await;
            hand.receive_after(std::time::Duration::from_mins(1)).await;
            let _ = hand.stores.queue.ack(&received[0].receipt).await;
        }),
    ]);
}
