//! Messages and dead letters as stored.

use bytes::Bytes;
use loom_core::{MessageId, Timestamp};
use loom_ports::QueuedDeadLetter;

use crate::error::Failure;
use crate::reply::{split_number, strange};

/// The id and the body of a message: they are stored with a zero between them.
pub(super) fn split(stored: &Bytes) -> Result<(MessageId, Bytes), Failure> {
    let end = stored.iter().position(|&byte| byte == 0).ok_or_else(|| strange("message"))?;
    let id = std::str::from_utf8(&stored[..end]).ok().and_then(|id| MessageId::parse(id).ok());
    Ok((id.ok_or_else(|| strange("message id"))?, stored.slice(end + 1..)))
}

/// A letter: when it died, attempts, length of the reason, reason, body.
pub(super) fn decode(id: &str, stored: &Bytes) -> Result<QueuedDeadLetter, Failure> {
    let (died_at, rest) = split_number(stored)?;
    let parse = || {
        let (attempts, rest) = rest.split_first_chunk()?;
        let (reason_bytes, rest) = rest.split_first_chunk()?;
        let reason_bytes = usize::try_from(u32::from_be_bytes(*reason_bytes)).ok()?;
        let (reason, body) = rest.split_at_checked(reason_bytes)?;
        Some(QueuedDeadLetter {
            id: MessageId::parse(id).ok()?,
            body: stored.slice_ref(body),
            attempts: u32::from_be_bytes(*attempts),
            reason: String::from_utf8_lossy(reason).into_owned(),
            died_at: Timestamp::from_millis(died_at),
        })
    };
    parse().ok_or_else(|| strange("dead letter"))
}
