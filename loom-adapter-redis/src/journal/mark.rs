//! Marks of handled requests: when they expire, fingerprint, record, whether there is a reply, and
//! the reply.

use bytes::Bytes;
use loom_core::{Seq, Timestamp};
use loom_ports::{Handled, HandledKey};

use crate::error::Failure;
use crate::reply::{split_number, strange};

pub(super) fn encode(mark: &HandledKey) -> Vec<u8> {
    let Handled { fingerprint, seq, reply } = &mark.handled;
    let numbers = [mark.expires.as_millis(), *fingerprint, seq.0].map(u64::to_be_bytes).concat();
    match reply {
        Some(reply) => [&numbers[..], b"r", reply].concat(),
        None => [&numbers[..], b"-"].concat(),
    }
}

/// What the mark says, unless it has expired.
pub(super) fn read(mark: Option<Bytes>, now: Timestamp) -> Result<Option<Handled>, Failure> {
    let Some(mark) = mark else { return Ok(None) };
    let (expires, rest) = split_number(&mark)?;
    let (fingerprint, rest) = split_number(rest)?;
    let (seq, rest) = split_number(rest)?;
    let reply = match rest.split_first() {
        Some((b'r', reply)) => Some(mark.slice_ref(reply)),
        Some((b'-', [])) => None,
        _ => return Err(strange("mark")),
    };
    let is_kept = Timestamp::from_millis(expires) > now;
    Ok(is_kept.then_some(Handled { fingerprint, seq: Seq(seq), reply }))
}
