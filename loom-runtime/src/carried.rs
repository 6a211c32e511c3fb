//! How a message is written that a queue carries.
//!
//! From outside it is written as in an outbox, whose first byte is its version. One that
//! another partition sent has its stamp in front, behind a byte of its own.

use bytes::Bytes;
use loom_core::{Delivery, Epoch, Message, Outgoing, PartitionId, Stamp};

/// Written first before a stamp. No version of an outbox entry.
const STAMPED: u8 = 0xf0;
const STAMP_BYTES: usize = 18;

pub(crate) fn encode(delivery: Delivery) -> Bytes {
    let Delivery { message, stamp } = delivery;
    let message = Outgoing::Message(message).encode();
    let Some(Stamp { partition, epoch, n }) = stamp else { return message };
    let mut bytes = Vec::with_capacity(1 + STAMP_BYTES + message.len());
    bytes.push(STAMPED);
    bytes.extend(partition.0.to_be_bytes());
    bytes.extend(epoch.0.to_be_bytes());
    bytes.extend(n.to_be_bytes());
    bytes.extend(message);
    bytes.into()
}

/// Says why the bytes are not a message.
pub(crate) fn decode(bytes: &[u8]) -> Result<Delivery, String> {
    let (stamp, message) = match bytes.split_first() {
        Some((&STAMPED, stamped)) => {
            let (stamp, message) = read_stamp(stamped).ok_or("the stamp is cut off")?;
            (Some(stamp), message)
        }
        _ => (None, bytes),
    };
    Ok(Delivery { message: read_message(message)?, stamp })
}

fn read_stamp(bytes: &[u8]) -> Option<(Stamp, &[u8])> {
    let (partition, bytes) = bytes.split_first_chunk()?;
    let (epoch, bytes) = bytes.split_first_chunk()?;
    let (n, message) = bytes.split_first_chunk()?;
    let partition = PartitionId(u16::from_be_bytes(*partition));
    let epoch = Epoch(u64::from_be_bytes(*epoch));
    Some((Stamp { partition, epoch, n: u64::from_be_bytes(*n) }, message))
}

fn read_message(bytes: &[u8]) -> Result<Message, String> {
    match Outgoing::decode(bytes) {
        Ok(Outgoing::Message(message)) => Ok(message),
        Ok(_) => Err("not a message to an actor".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
