//! What a delivery is settled with.

use bytes::Bytes;
use loom_core::Timestamp;

use crate::clock::millis;
use crate::error::Failure;
use crate::reply::{split_number, strange};

/// Where the attempts are in the name of a delivery.
const ATTEMPTS_AT: usize = 17;

/// Names a delivery, and says how the times of its receiver become those of the store.
#[derive(Debug, Default)]
pub(super) struct Token {
    /// What the scripts call the delivery; `queue/queue.lua` says what is in it.
    pub(super) delivery: Bytes,
    /// By how much the receiver's clock is ahead of the store's, in milliseconds.
    pub(super) offset: i64,
}

impl Token {
    pub(super) fn encode(&self) -> Bytes {
        [&self.offset.to_be_bytes(), &self.delivery[..]].concat().into()
    }

    pub(super) fn decode(token: &Bytes) -> Option<Self> {
        let (offset, delivery) = split_number(token).ok()?;
        Some(Self { delivery: token.slice_ref(delivery), offset: offset.cast_signed() })
    }

    /// How often the message was received, this time included.
    pub(super) fn attempts(&self) -> Result<u32, Failure> {
        let attempts = self.delivery.get(ATTEMPTS_AT..).and_then(<[u8]>::first_chunk);
        attempts.map(|attempts| u32::from_be_bytes(*attempts)).ok_or(strange("delivery"))
    }

    /// A time of the receiver as one of the store.
    pub(super) fn taken(&self, at: Timestamp) -> u64 {
        let never = millis(Timestamp::MAX);
        match millis(at) {
            at if at == never => never,
            at => at.saturating_add_signed(self.offset.saturating_neg()).min(never),
        }
    }
}
