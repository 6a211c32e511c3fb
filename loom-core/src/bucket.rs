//! Token bucket: how much may be done now, and how long to wait for more.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A limit on how often something is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RateLimit {
    /// How many tokens are there at most, and so the largest burst.
    pub capacity: NonZeroU32,
    /// How many tokens come back each second.
    pub refill_per_second: NonZeroU32,
}

/// A token bucket (Jonathan Turner, "New Directions in Communications", 1986), told the time.
///
/// It counts in thousandths of a token, of which a millisecond brings back exactly
/// [`RateLimit::refill_per_second`], so nothing is ever rounded.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    limit: RateLimit,
    millitokens: u64,
    refilled_at: Timestamp,
}

/// The answer of a bucket.
#[must_use = "without tokens it must not be done"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Taken {
    /// The tokens were taken.
    Yes,
    /// Nothing was taken. If nobody else takes any, there will be enough after this long, and
    /// not before.
    Wait(Duration),
    /// Nothing was taken, and there will never be enough: it is more than the capacity.
    Never,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn full(limit: RateLimit, now: Timestamp) -> Self {
        Self { limit, millitokens: limit.capacity_millitokens(), refilled_at: now }
    }

    /// Takes all `n` tokens or none.
    pub fn take(&mut self, n: u32, now: Timestamp) -> Taken {
        self.refill(now);
        let wanted = u64::from(n) * 1000;
        if wanted > self.limit.capacity_millitokens() {
            return Taken::Never;
        }
        let Some(left) = self.millitokens.checked_sub(wanted) else {
            let lacking = wanted - self.millitokens;
            let ready_at = self.refilled_at.saturating_add(self.limit.time_to_refill(lacking));
            return Taken::Wait(ready_at.since(now));
        };
        self.millitokens = left;
        Taken::Yes
    }

    /// Tokens that can be taken now, whole ones only.
    #[must_use]
    pub fn available(&self, now: Timestamp) -> u32 {
        let mut then = self.clone();
        then.refill(now);
        u32::try_from(then.millitokens / 1000).unwrap_or(u32::MAX)
    }

    /// Adds what came back since the last time.
    ///
    /// A clock that goes back brings nothing, now or when it catches up. If it goes back by
    /// more than an empty bucket takes to fill, it is believed instead: at worst the bucket
    /// is full once too often, and nobody waits for the clock to catch up.
    fn refill(&mut self, now: Timestamp) {
        let full = self.limit.capacity_millitokens();
        let latest = now.saturating_add(self.limit.time_to_refill(full));
        self.refilled_at = self.refilled_at.min(latest);

        let passed = now.since(self.refilled_at).as_millis();
        let back = passed.saturating_mul(u128::from(self.limit.refill_per_second.get()));
        let back = u64::try_from(back).unwrap_or(u64::MAX);
        self.millitokens = self.millitokens.saturating_add(back).min(full);
        self.refilled_at = self.refilled_at.max(now);
    }
}

impl RateLimit {
    fn capacity_millitokens(self) -> u64 {
        u64::from(self.capacity.get()) * 1000
    }

    fn time_to_refill(self, millitokens: u64) -> Duration {
        Duration::from_millis(millitokens.div_ceil(u64::from(self.refill_per_second.get())))
    }
}

#[cfg(test)]
mod tests;
