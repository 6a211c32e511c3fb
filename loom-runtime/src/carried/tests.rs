use loom_core::{
    ActorId, Body, Epoch, Message, MessageId, Method, Outgoing, PartitionId, Payload, Stamp,
    Timestamp,
};

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
        assert_eq!(decode(&encode(delivery.clone())), Ok(delivery));
    }
}

#[test]
fn what_was_queued_before_there_were_stamps_is_read() {
    let queued = Outgoing::Message(message()).encode();
    assert_eq!(decode(&queued), Ok(Delivery { message: message(), stamp: None }));
}

#[test]
fn bytes_that_are_no_message_are_refused() {
    let stamp = Some(Stamp { partition: PartitionId(1), epoch: Epoch(2), n: 3 });
    let whole = encode(Delivery { message: message(), stamp });
    for length in 0..whole.len() {
        decode(&whole[..length]).unwrap_err();
    }
    let other = Outgoing::Projection(ActorId::parse("probe/a").unwrap()).encode();
    decode(&other).unwrap_err();
    decode(&[0x7f; 40]).unwrap_err();
}
