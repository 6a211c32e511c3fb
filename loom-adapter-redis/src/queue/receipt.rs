//! What a delivery is settled with.

use bytes::Bytes;
use loom_core::Timestamp;

use crate::clock::millis;

/// Names a delivery, and says how the times of its receiver become those of the store.
#[derive(Debug, Default)]
pub(super) struct Token {
    pub(super) number: u64,
    pub(super) delivery: u64,
    /// By how much the receiver's clock is ahead of the store's, in milliseconds.
    pub(super) offset: i64,
}

impl Token {
    pub(super) fn encode(&self) -> Bytes {
        let Self { number, delivery, offset } = self;
        [number.to_be_bytes(), delivery.to_be_bytes(), offset.to_be_bytes()].concat().into()
    }

    pub(super) fn decode(token: &[u8]) -> Option<Self> {
        let (number, rest) = token.split_first_chunk()?;
        let (delivery, rest) = rest.split_first_chunk()?;
        let number = u64::from_be_bytes(*number);
        let delivery = u64::from_be_bytes(*delivery);
        Some(Self { number, delivery, offset: i64::from_be_bytes(rest.try_into().ok()?) })
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
