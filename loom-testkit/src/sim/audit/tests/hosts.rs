//! Hosts that ask for what no sound one asks for are found out.

use std::time::Duration;

use loom_core::{
    ActivityName, Answer, Body, CommitId, DeadLetter, End, Epoch, Event, IdempotencyKey, Method,
    Op, Outcome, Outgoing, Payload, Record, Seq, StepId, TimerKey, bury,
};
use loom_ports::{QueuedDeadLetter, StateRow};

use super::hand::{Hand, edit, id, json, queue, returned, send, tea};
use super::{check, row};

const ANN: &str = "wallet/ann";
const BOB: &str = "wallet/bob";

/// Has a message given up.
pub(super) async fn buried(hand: &mut Hand) -> DeadLetter {
    let input = hand.invoke("poison", ANN);
    let now = hand.now();
    let draft = bury(hand.kernel(&id(ANN)), &id(ANN), Some(&input), "it broke", 3, now);
    let turn = hand.seal(&id(ANN), draft, |_| {});
    hand.commit(&turn).await;
    let Ok(Outgoing::DeadLetter(letter)) = Outgoing::decode(&turn.outbox[0].bytes) else {
        panic!("not a dead letter")
    };
    letter
}

async fn keep(hand: &Hand, letter: &DeadLetter, change: impl FnOnce(&mut QueuedDeadLetter)) {
    let body = Outgoing::Message(letter.message.clone()).encode();
    let DeadLetter { message, reason, attempts, at } = letter.clone();
    let mut kept = QueuedDeadLetter { id: message.id, body, attempts, reason, died_at: at };
    change(&mut kept);
    let _ = hand.stores.queue.add_dead_letters(&queue(), &[kept]).await;
}

/// Has an actor wait for an activity.
async fn waiting(hand: &mut Hand) -> loom_core::Turn {
    let input = hand.invoke("asks", ANN);
    let op = Op::Activity { name: ActivityName::parse("mail").unwrap(), args: json("1") };
    let turn = hand.turn(ANN, Some(&input), vec![op], End::Suspended, "1");
    hand.commit(&turn).await;
    turn
}

#[test]
fn turns_that_do_not_follow_are_found_out() {
    check(&[
        row!("a record of another epoch", 3, "of epoch 9 was committed under epoch 1", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![], "1");
            edit(&mut turn, |record| record.epoch = Epoch(9));
            hand.commit(&turn).await;
        }),
        row!("a record of another commit", 3, "of another place or commit", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![], "1");
            turn.commit = CommitId(99);
            hand.commit(&turn).await;
        }),
        row!("a record that is none", 7, "wallet/ann#1 cannot be read", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![], "1");
            turn.record = turn.record.slice(..9);
            hand.commit(&turn).await;
        }),
        row!("a state that does not follow", 7, "does not follow from its journal", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![], "1");
            edit(&mut turn, |record| record.state_hash = 1);
            hand.commit(&turn).await;
        }),
        row!("a snapshot of something else", 7, "the snapshot of wallet/ann#1", |hand| {
            let input = hand.invoke("m", ANN);
            let name = loom_core::EventName::parse("paid").unwrap();
            let now = hand.now();
            let kernel = hand.kernel(&id(ANN));
            let draft = loom_core::keep_event(kernel, &id(ANN), &input, &name, &json("1"), now);
            let mut turn = hand.seal(&id(ANN), draft, |seal| seal.snapshot = true);
            edit(&mut turn, |record| {
                record.snapshot = Some(Box::new(loom_core::Kernel::new(record.head)));
            });
            hand.commit(&turn).await;
        }),
        row!("an outbox without its record", 1, "does not send what its record says", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            turn.outbox.clear();
            hand.commit(&turn).await;
        }),
        row!("a timer without its row", 1, "are not those of its record", |hand| {
            let sleep = Op::Sleep { until: hand.now() };
            let input = hand.invoke("m", ANN);
            let mut turn = hand.turn(ANN, Some(&input), vec![sleep], End::Suspended, "1");
            turn.timers.clear();
            hand.commit(&turn).await;
        }),
        row!("a key without a mark", 1, "handles key k without a mark", |hand| {
            let input = hand.keyed("m", ANN, "k");
            let mut turn = hand.turn(ANN, Some(&input), vec![], returned(), "1");
            turn.handled = None;
            hand.commit(&turn).await;
        }),
        row!("a mark of another outcome", 1, "is not the one that its record calls for", |hand| {
            let input = hand.keyed("m", ANN, "k");
            let mut turn = hand.turn(ANN, Some(&input), vec![], returned(), "1");
            let other = Outcome::Rejected(json("1")).encode();
            turn.handled.as_mut().unwrap().handled.reply = Some(other);
            hand.commit(&turn).await;
        }),
        row!("an invocation that nobody drives", 11, "no timer drives it", |hand| {
            let input = hand.invoke("m", ANN);
            let mut turn = hand.turn(ANN, Some(&input), vec![], End::Flushed, "1");
            turn.timers.clear();
            edit(&mut turn, |record| {
                record.events.retain(|event| !matches!(event, Event::TimerSet { .. }));
            });
            hand.commit(&turn).await;
        }),
        row!("a state that breaks a law", 14, "breaks a law: -5 cents", |hand| {
            let turn = hand.simple(ANN, "m", vec![], "-5");
            hand.commit(&turn).await;
        }),
    ]);
}

#[test]
fn what_leaves_before_its_commit_is_found_out() {
    check(&[
        row!("a message is carried", 2, "and no turn has sent it", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            let message = hand.delivered(&turn, 0);
            hand.enqueue(&message).await;
        }),
        row!("a message is handled", 2, "which no turn has sent", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            let message = hand.delivered(&turn, 0);
            let turn = hand.turn(BOB, Some(&message), vec![], returned(), "1");
            hand.commit(&turn).await;
        }),
        row!(
            "a message is acknowledged",
            2,
            "message m was acknowledged before it was handled",
            |hand| {
                let message = hand.keyed("m", ANN, "k");
                hand.enqueue(&message).await;
                let received = hand.receive().await;
                let _ = hand.stores.queue.ack(&received[0].receipt).await;
            }
        ),
        row!("a dead letter is kept", 2, "and no turn gave it up", |hand| {
            let message = hand.invoke("m", ANN).message;
            let letter = DeadLetter { message, reason: String::new(), attempts: 1, at: hand.now() };
            keep(&hand, &letter, |_| {}).await;
        }),
        row!("a state is copied", 2, "a state of wallet/ann#1 was copied", |hand| {
            let turn = hand.simple(ANN, "m", vec![], "1");
            let head = turn.expected.next();
            let row = StateRow { actor: id(ANN), head, state: json("1"), at: hand.now() };
            let _ = hand.stores.state.save_if_newer(&row).await;
        }),
        row!("a caller is answered", 2, "was answered before it was committed", |hand| {
            let input = hand.keyed("m", ANN, "k");
            let turn = hand.turn(ANN, Some(&input), vec![], returned(), "1");
            hand.commit(&turn).await;
            let key = IdempotencyKey::parse("other").unwrap();
            let outcome = Outcome::Returned(Payload::NULL);
            hand.audit.replied(&id(ANN), &Method::parse("take").unwrap(), &key, &outcome);
        }),
        row!(
            "a caller gets another answer",
            2,
            "with another outcome than was committed",
            |hand| {
                let input = hand.keyed("m", ANN, "k");
                let turn = hand.turn(ANN, Some(&input), vec![], returned(), "1");
                hand.commit(&turn).await;
                let key = IdempotencyKey::parse("k").unwrap();
                let outcome = Outcome::Returned(json("2"));
                hand.audit.replied(&id(ANN), &Method::parse("take").unwrap(), &key, &outcome);
            }
        ),
    ]);
}

#[test]
fn what_is_handled_twice_or_lost_is_found_out() {
    check(&[
        row!("a key is handled twice", 4, "handles key k again, which #1 handled", |hand| {
            for state in ["1", "2"] {
                let input = hand.keyed("m", ANN, "k");
                let turn = hand.turn(ANN, Some(&input), vec![], returned(), state);
                hand.commit(&turn).await;
            }
        }),
        row!("a message is handled twice", 4, "handles message m again", |hand| {
            for state in ["1", "2"] {
                let turn = hand.simple(ANN, "m", vec![], state);
                hand.commit(&turn).await;
            }
        }),
        row!("a sent message is handled twice", 4, "to wallet/bob again", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            hand.commit(&turn).await;
            let message = hand.delivered(&turn, 0);
            for state in ["1", "2"] {
                let turn = hand.turn(BOB, Some(&message), vec![], returned(), state);
                hand.commit(&turn).await;
            }
        }),
        row!("a message overtakes another", 5, "which it will take for a duplicate", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB), send(BOB)], "1");
            hand.commit(&turn).await;
            let message = hand.delivered(&turn, 1);
            let turn = hand.turn(BOB, Some(&message), vec![], returned(), "1");
            hand.commit(&turn).await;
        }),
        row!("a message is forgotten", 5, "was forgotten before it was handled", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            hand.commit(&turn).await;
            hand.forget(&turn).await;
        }),
        row!("an activity is forgotten", 5, "was forgotten before it was answered", |hand| {
            let turn = waiting(&mut hand).await;
            hand.forget(&turn).await;
        }),
        row!("a dead letter is forgotten", 5, "was forgotten before it was kept", |hand| {
            buried(&mut hand).await;
            let epoch = hand.tenure.epoch;
            let forgotten = [loom_ports::Delivered { epoch, n: 0 }];
            let _ = hand.stores.journal.commit(&hand.tenure, &[], &forgotten).await;
        }),
        row!("numbers of an outbox go back", 5, "behind 1.1", |hand| {
            let mut turn = hand.simple(ANN, "m", vec![send(BOB), send(BOB)], "1");
            turn.outbox[0].n = 1;
            turn.outbox[1].n = 0;
            hand.commit(&turn).await;
        }),
        row!("a dead letter says something else", 5, "is not as its turn gave it up", |hand| {
            let letter = buried(&mut hand).await;
            keep(&hand, &letter, |kept| kept.attempts = 7).await;
        }),
        row!("another message is given up", 5, "which it does not handle", |hand| {
            let input = hand.invoke("poison", ANN);
            let now = hand.now();
            let draft = bury(hand.kernel(&id(ANN)), &id(ANN), Some(&input), "it broke", 3, now);
            let mut turn = hand.seal(&id(ANN), draft, |_| {});
            let other = hand.invoke("other", ANN).message.id;
            edit(&mut turn, |record| rename_letter(record, &other));
            turn.outbox[0].bytes = sent(&turn.record);
            hand.commit(&turn).await;
        }),
    ]);
}

fn rename_letter(record: &mut Record, id: &loom_core::MessageId) {
    for event in &mut record.events {
        if let Event::Sent(outgoing) = event
            && let Outgoing::DeadLetter(letter) = &mut **outgoing
        {
            letter.message.id = id.clone();
        }
    }
}

/// What a record sends first.
fn sent(record: &[u8]) -> bytes::Bytes {
    let events = Record::decode(record).unwrap().events;
    let sent = events.iter().find_map(|event| match event {
        Event::Sent(outgoing) => Some(outgoing.encode()),
        _ => None,
    });
    sent.unwrap()
}

#[test]
fn timers_that_fire_wrongly_are_found_out() {
    check(&[
        row!("one that is not set", 6, "and no such timer is set", |hand| {
            let fire = hand.fire(ANN, TimerKey::Named(tea()), hand.now());
            let turn = hand.turn(ANN, Some(&fire), vec![], returned(), "1");
            hand.commit(&turn).await;
        }),
        row!("one that is not due", 6, "before it was due at any host", |hand| {
            let at = hand.set_tea(9).await;
            let fire = hand.fire(ANN, TimerKey::Named(tea()), at);
            let turn = hand.turn(ANN, Some(&fire), vec![], returned(), "1");
            hand.commit(&turn).await;
        }),
        row!("one that stays as it is", 6, "does not leave it as its policy says", |hand| {
            let at = hand.set_tea(0).await;
            let _ = hand.stores.journal.due(hand.tenure.partition, at, 9).await;
            let fire = hand.fire(ANN, TimerKey::Named(tea()), at);
            let mut turn = hand.turn(ANN, Some(&fire), vec![], returned(), "1");
            turn.timers.clear();
            edit(&mut turn, |record| {
                record.events.retain(|event| !matches!(event, Event::TimerCleared { .. }));
            });
            hand.commit(&turn).await;
        }),
        row!("all, before they are due", 6, "were taken for due before they are", |hand| {
            let until = hand.now().saturating_add(Duration::from_secs(1));
            let _ = hand.stores.journal.due(hand.tenure.partition, until, 9).await;
        }),
    ]);
}

#[test]
fn effects_without_a_stable_key_are_found_out() {
    check(&[
        row!("a key of another place", 8, "under a key that is not of its place", |hand| {
            let input = hand.invoke("asks", ANN);
            let name = ActivityName::parse("mail").unwrap();
            let op = Op::Activity { name, args: json("1") };
            let mut turn = hand.turn(ANN, Some(&input), vec![op], End::Suspended, "1");
            let (incarnation, began) = (loom_core::Incarnation(0), Seq(7));
            let other = StepId { began, position: 0, incarnation }.name(&id(ANN));
            edit(&mut turn, |record| {
                for event in &mut record.events {
                    if let Event::Sent(outgoing) = event
                        && let Outgoing::Activity(request) = &mut **outgoing
                    {
                        request.id = other.clone();
                    }
                }
            });
            turn.outbox[0].bytes = sent(&turn.record);
            hand.commit(&turn).await;
        }),
        row!("a request is answered twice", 8, "answers request 1.0 again", |hand| {
            waiting(&mut hand).await;
            let (incarnation, began) = (loom_core::Incarnation(0), Seq(1));
            let step = StepId { began, position: 0, incarnation };
            for name in ["first", "second"] {
                let outcome = Outcome::Returned(json("1"));
                let body = Body::Answer { step, outcome: outcome.clone(), then: None };
                let input = hand.message(name, ANN, body);
                let answer = Answer { outcome, at: hand.now() };
                let kernel = hand.kernel(&id(ANN));
                let draft = loom_core::answer(kernel, &id(ANN), &input, 0, answer);
                let turn = hand.seal(&id(ANN), draft, |_| {});
                hand.commit(&turn).await;
            }
        }),
        row!("an id is used again", 8, "has an id that was used before", |hand| {
            let turn = hand.simple(ANN, "m", vec![send(BOB)], "1");
            hand.commit(&turn).await;
            let again = sent(&turn.record);
            let mut turn = hand.simple(ANN, "n", vec![send(BOB)], "2");
            let Ok(outgoing) = Outgoing::decode(&again) else { panic!("not sent") };
            edit(&mut turn, |record| {
                for event in &mut record.events {
                    if let Event::Sent(sent) = event {
                        **sent = outgoing.clone();
                    }
                }
            });
            turn.outbox[0].bytes = again;
            hand.commit(&turn).await;
        }),
    ]);
}

#[test]
fn what_is_built_on_a_lost_turn_needs_no_answer() {
    use crate::faults::{Fault, FaultPlan, FaultyJournal};
    crate::run(async {
        let mut hand = Hand::new().await;
        let journal = hand.stores.journal.clone();
        let other = hand.simple(ANN, "first", vec![], "1");
        hand.kernels.clear();
        let turns = [hand.simple(ANN, "m", vec![], "2"), hand.simple(ANN, "n", vec![], "3")];
        let lost = FaultPlan::new([Fault::RequestLost]);
        let faulty = FaultyJournal::new(journal.clone(), lost);
        let seen = hand.audit.witness(std::sync::Arc::new(faulty));
        let _ = seen.commit(&hand.tenure, &turns, &[]).await;
        // Something else takes the place of the first.
        hand.commit(&other).await;
        let [turn, _] = &turns;
        let _ = seen.resolve(&hand.tenure, &turn.actor, turn.expected, turn.commit).await;
        let next = hand.simple(BOB, "o", vec![], "1");
        let _ = seen.commit(&hand.tenure, &[next], &[]).await;
        assert_eq!(hand.world.violation(), None);
    });
}

#[test]
fn an_unknown_outcome_that_is_passed_over_is_found_out() {
    check(&[row!(
        "something else is committed",
        10,
        "while it was unknown whether wallet/ann#1 was",
        |hand| {
            use crate::faults::{Fault, FaultPlan, FaultyJournal};
            let lost = FaultPlan::new([Fault::RequestLost]);
            let faulty = FaultyJournal::new(hand.stores.journal.clone(), lost);
            hand.stores.journal = hand.audit.witness(std::sync::Arc::new(faulty));
            let turn = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&turn).await;
            hand.kernels.clear();
            let again = hand.simple(ANN, "m", vec![], "1");
            hand.commit(&again).await;
        }
    )]);
}
