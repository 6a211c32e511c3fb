use loom_core::{ActorId, Body, Failure, FailureCode, MessageId, Method, Payload, Timestamp};

use super::*;

fn message() -> Message {
    Message {
        id: MessageId::parse("m").unwrap(),
        to: ActorId::parse("probe/a").unwrap(),
        body: Body::Invoke {
            method: Method::parse("act").unwrap(),
            args: Payload::NULL,
            reply_to: None,
        },
        key: None,
        cause: None,
        sent_at: Timestamp::EPOCH,
    }
}

#[test]
fn a_message_is_read_as_it_was_written_with_and_without_a_stamp() {
    let stamp =
        |partition, epoch, n| Stamp { partition: PartitionId(partition), epoch: Epoch(epoch), n };
    for stamp in [None, Some(stamp(0, 0, 0)), Some(stamp(4095, u64::MAX, 1 << 40))] {
        let delivery = Delivery { message: message(), stamp };
        assert_eq!(read(&encode(delivery.clone())), Ok(Carried::Message(delivery)));
    }
}

#[test]
fn what_was_queued_before_there_were_stamps_is_read() {
    let queued = Outgoing::Message(message()).encode();
    assert_eq!(read(&queued), Ok(Carried::Message(Delivery { message: message(), stamp: None })));
}

fn read(bytes: &[u8]) -> Result<Carried, String> {
    decode(&MessageId::parse("call").unwrap(), bytes)
}

fn host() -> HostId {
    HostId::parse("host-a").unwrap()
}

fn unknown(call: &str) -> CallError {
    CallError::Unknown { call_id: MessageId::parse(call).unwrap() }
}

#[test]
fn a_call_and_its_answer_are_read_as_they_were_written() {
    let address = Address { host: host(), partition: PartitionId(513) };
    let call = encode_call(message(), &address);
    assert_eq!(read(&call), Ok(Carried::Call(message(), address)));

    let failure = Failure::new(FailureCode::Dead, "it died");
    let returned = Outcome::Returned(Payload::NULL);
    let answers: [(Answer, Answer); 6] = [
        (
            Ok(Reply { outcome: returned.clone(), duplicate: false }),
            Ok(Reply { outcome: returned.clone(), duplicate: false }),
        ),
        (
            Ok(Reply { outcome: returned.clone(), duplicate: true }),
            Ok(Reply { outcome: returned, duplicate: true }),
        ),
        (
            Err(CallError::Failed(failure.clone())),
            Ok(Reply { outcome: Outcome::Failed(failure), duplicate: false }),
        ),
        (Err(CallError::Overloaded("a".into())), Err(CallError::Overloaded("a".into()))),
        (Err(unknown("another")), Err(unknown("call"))),
        // What one attempt says of itself is not known of all.
        (Err(CallError::Unavailable("b".into())), Err(unknown("call"))),
    ];
    for (answer, told) in answers {
        let written = encode_answer(&host(), answer);
        assert_eq!(read(&written), Ok(Carried::Answer(host(), told)));
    }
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let stamp = Some(Stamp { partition: PartitionId(1), epoch: Epoch(2), n: 3 });
    let address = Address { host: host(), partition: PartitionId(1) };
    let reply = Reply { outcome: Outcome::Returned(Payload::NULL), duplicate: false };
    for whole in [
        encode(Delivery { message: message(), stamp }),
        encode_call(message(), &address),
        encode_answer(&host(), Ok(reply)),
    ] {
        for length in 0..whole.len() {
            read(&whole[..length]).unwrap_err();
        }
    }
    let other = Outgoing::Projection(ActorId::parse("probe/a").unwrap()).encode();
    read(&other).unwrap_err();
    read(&[0x7f; 40]).unwrap_err();
}
