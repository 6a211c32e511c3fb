use super::*;
use crate::Payload;

fn turn() -> Turn {
    Turn {
        actor: ActorId::parse("shop/1").unwrap(),
        expected: Head::default(),
        commit: CommitId(1),
        record: Bytes::from_static(&[0; 100]),
        snapshot: false,
        trim_before: None,
        outbox: Vec::new(),
        timers: Vec::new(),
        handled: None,
    }
}

#[test]
fn a_turn_is_as_large_as_its_record_outbox_and_reply() {
    let mut turn = turn();
    assert_eq!(turn.size_bytes(), 100);
    for bytes in [vec![0; 20], vec![0; 3]] {
        turn.outbox.push(OutboxEntry { n: 0, bytes: bytes.into() });
    }
    assert_eq!(turn.size_bytes(), 123);
    let handled = Handled { fingerprint: 0, seq: Seq(1), reply: None };
    let key = IdempotencyKey::parse("a").unwrap();
    turn.handled = Some(HandledKey { key, handled, expires: Timestamp::EPOCH });
    assert_eq!(turn.size_bytes(), 123);
    turn.handled.as_mut().unwrap().handled.reply = Some(Bytes::from_static(&[0; 7]));
    assert_eq!(turn.size_bytes(), 130);
}

#[test]
fn what_is_sent_with_a_turn_is_last_in_its_outbox() {
    let mut turn = turn();
    turn.outbox.push(OutboxEntry { n: 0, bytes: Outcome::Returned(Payload::NULL).encode() });
    let outgoing = Outgoing::Projection(turn.actor.clone());
    turn.send(&outgoing);
    assert_eq!(turn.outbox.len(), 2);
    assert_eq!(Outgoing::decode(&turn.outbox[1].bytes).unwrap(), outgoing);
}
