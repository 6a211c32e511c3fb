//! How a queue carries what hosts tell each other.
//!
//! A message from outside is written as in an outbox, whose first byte is its version. What else
//! there is has a byte of its own in front: a message that another partition sent, a call that
//! somebody in another host waits for, the answer to one.

use bytes::Bytes;
use loom_core::{
    Delivery, Epoch, HostId, Message, MessageId, Outcome, Outgoing, PartitionId, Stamp,
};

use crate::CallError;
use crate::envelope::{Answer, Reply};

// No versions of an outbox entry.
const STAMPED: u8 = 0xf0;
const CALL: u8 = 0xf1;
const ANSWER: u8 = 0xf2;

const STAMP_BYTES: usize = 18;

/// What a queue carries.
#[derive(Debug, PartialEq)]
pub(crate) enum Carried {
    /// A message to an actor.
    Message(Delivery),
    /// A request for whose outcome somebody waits.
    Call(Message, Address),
    /// The outcome of a call, for the host in which somebody waits.
    Answer(HostId, Answer),
}

/// Where an answer goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Address {
    pub(crate) host: HostId,
    /// A partition of that host: its queue is looked at as long as anybody owns it.
    pub(crate) partition: PartitionId,
}

impl Carried {
    /// What it says to an actor.
    pub(crate) fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(Delivery { message, .. }) | Self::Call(message, _) => Some(message),
            Self::Answer(..) => None,
        }
    }
}

// How a call ended.
const REPLIED: u8 = 0;
const DUPLICATE: u8 = 1;
const OVERLOADED: u8 = 2;
const UNKNOWN: u8 = 3;

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

pub(crate) fn encode_call(message: Message, address: &Address) -> Bytes {
    let mut bytes = vec![CALL];
    bytes.extend(address.partition.0.to_be_bytes());
    write_host(&mut bytes, &address.host);
    bytes.extend(Outgoing::Message(message).encode());
    bytes.into()
}

/// An error that is neither `Overloaded` nor final is written as `Unknown`.
pub(crate) fn encode_answer(to: &HostId, answer: Answer) -> Bytes {
    let mut bytes = vec![ANSWER];
    write_host(&mut bytes, to);
    let (ended, rest) = match answer {
        Ok(Reply { outcome, duplicate: false }) => (REPLIED, outcome.encode()),
        Ok(Reply { outcome, duplicate: true }) => (DUPLICATE, outcome.encode()),
        Err(CallError::Failed(failure)) => (REPLIED, Outcome::Failed(failure).encode()),
        Err(CallError::Overloaded(who)) => (OVERLOADED, who.into()),
        Err(_) => (UNKNOWN, Bytes::new()),
    };
    bytes.push(ended);
    bytes.extend(rest);
    bytes.into()
}

/// What a queue carried under `id`. Says why the bytes are nothing of that sort.
pub(crate) fn decode(id: &MessageId, bytes: &[u8]) -> Result<Carried, String> {
    match bytes.split_first() {
        Some((&STAMPED, rest)) => {
            let (stamp, message) = read_stamp(rest).ok_or("the stamp is cut off")?;
            let message = read_message(message)?;
            Ok(Carried::Message(Delivery { message, stamp: Some(stamp) }))
        }
        Some((&CALL, rest)) => {
            let (address, message) = read_address(rest).ok_or("the address is cut off")?;
            Ok(Carried::Call(read_message(message)?, address))
        }
        Some((&ANSWER, rest)) => {
            let (host, answer) = read_host(rest).ok_or("the host is cut off")?;
            Ok(Carried::Answer(host, read_answer(id, answer)?))
        }
        _ => Ok(Carried::Message(Delivery { message: read_message(bytes)?, stamp: None })),
    }
}

fn read_stamp(bytes: &[u8]) -> Option<(Stamp, &[u8])> {
    let (partition, bytes) = bytes.split_first_chunk()?;
    let (epoch, bytes) = bytes.split_first_chunk()?;
    let (n, message) = bytes.split_first_chunk()?;
    let partition = PartitionId(u16::from_be_bytes(*partition));
    let epoch = Epoch(u64::from_be_bytes(*epoch));
    Some((Stamp { partition, epoch, n: u64::from_be_bytes(*n) }, message))
}

fn read_address(bytes: &[u8]) -> Option<(Address, &[u8])> {
    let (partition, bytes) = bytes.split_first_chunk()?;
    let (host, message) = read_host(bytes)?;
    Some((Address { host, partition: PartitionId(u16::from_be_bytes(*partition)) }, message))
}

fn write_host(bytes: &mut Vec<u8>, host: &HostId) {
    let length = u16::try_from(host.as_str().len()).expect("a host id is shorter than 64 KiB");
    bytes.extend(length.to_be_bytes());
    bytes.extend(host.as_str().as_bytes());
}

fn read_host(bytes: &[u8]) -> Option<(HostId, &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let (host, rest) = bytes.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((HostId::parse(std::str::from_utf8(host).ok()?).ok()?, rest))
}

fn read_answer(call: &MessageId, bytes: &[u8]) -> Result<Answer, String> {
    let (ended, rest) = bytes.split_first().ok_or("the answer is cut off")?;
    let reply = |duplicate| match Outcome::decode(rest) {
        Ok(outcome) => Ok(Ok(Reply { outcome, duplicate })),
        Err(error) => Err(error.to_string()),
    };
    match *ended {
        REPLIED => reply(false),
        DUPLICATE => reply(true),
        OVERLOADED => {
            let who = String::from_utf8_lossy(rest).into_owned();
            Ok(Err(CallError::Overloaded(who)))
        }
        UNKNOWN => Ok(Err(CallError::Unknown { call_id: call.clone() })),
        ended => Err(format!("{ended} is no end of a call")),
    }
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
