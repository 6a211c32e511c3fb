//! What a queue carries.

use loom_core::{Epoch, Message, MessageId, Outgoing, PartitionId, Stamp};

/// What the hosts write before the stamp of a carried message: a byte that says so, the partition,
/// the epoch and the number.
const STAMPED: u8 = 0xf0;
/// What they write before the request of a caller in another host: a byte that says so, the
/// partition whose queue carries the answer, and the name of the host behind its length.
const CALL: u8 = 0xf1;
/// What they write before its answer.
const ANSWER: u8 = 0xf2;

/// The message in a body, and its stamp. Nothing of what this judge cannot read.
pub(super) fn read(body: &[u8]) -> (Option<Message>, Option<Stamp>) {
    let stamp = |bytes: &[u8]| {
        let (partition, bytes) = bytes.split_first_chunk()?;
        let (epoch, bytes) = bytes.split_first_chunk()?;
        let (n, _) = bytes.split_first_chunk()?;
        let partition = PartitionId(u16::from_be_bytes(*partition));
        let epoch = Epoch(u64::from_be_bytes(*epoch));
        Some(Stamp { partition, epoch, n: u64::from_be_bytes(*n) })
    };
    let (message, stamp) = match body.split_first() {
        Some((&STAMPED, rest)) => (rest.get(18..).unwrap_or_default(), stamp(rest)),
        Some((&CALL, rest)) => (behind_address(rest).unwrap_or_default(), None),
        _ => (body, None),
    };
    match Outgoing::decode(message) {
        Ok(Outgoing::Message(message)) => (Some(message), stamp),
        _ => (None, stamp),
    }
}

fn behind_address(bytes: &[u8]) -> Option<&[u8]> {
    let (_partition, bytes) = bytes.split_first_chunk::<2>()?;
    let (length, bytes) = bytes.split_first_chunk()?;
    bytes.get(usize::from(u16::from_be_bytes(*length))..)
}

/// Whether a body is the answer to a call.
pub(super) fn is_answer(body: &[u8]) -> bool {
    body.first() == Some(&ANSWER)
}

/// Whether somebody waits for the outcome of what a body says: an error is told, and leaves no
/// mark.
pub(super) fn is_call(body: &[u8]) -> bool {
    body.first() == Some(&CALL)
}

/// Whether an id is one of those that only turns give.
pub(super) fn is_of_a_turn(id: &MessageId) -> bool {
    let Some((_, place)) = id.as_str().rsplit_once('@') else { return false };
    let mut numbers = place.split('.');
    numbers.by_ref().take(3).filter(|number| number.parse::<u64>().is_ok()).count() == 3
        && numbers.next().is_none()
}
