//! How often something that failed is tried again, and after how long.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How often something that failed is tried again, and after how long.
///
/// The default is 5 attempts, with waits of 1, 2, 4 and 8 seconds, each shortened by up to
/// 20 percent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// How often it is tried in all; 1 never retries.
    pub attempts_max: NonZeroU32,
    /// How long is waited after a failure.
    pub backoff: Backoff,
    /// By how much a wait may be shortened, so that those that failed together do not all
    /// come back together.
    pub jitter_percent: JitterPercent,
}

/// How long is waited after a failure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Backoff {
    /// Not at all.
    None,
    /// The same after every failure.
    Fixed(Duration),
    /// `initial` after the first failure, `factor` times as long after each further one,
    /// and never longer than `max`.
    Exponential {
        /// The wait after the first failure.
        initial: Duration,
        /// How many times longer each further wait is.
        factor: NonZeroU32,
        /// The longest wait.
        max: Duration,
    },
}

/// A share of a wait, from 0 to 100 percent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct JitterPercent(u8);

/// A percentage above 100.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("jitter of {0} percent is more than 100")]
pub struct InvalidJitter(u8);

/// What to do after a failure.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// Try again after this long.
    After(Duration),
    /// Do not try again: the attempts are used up.
    GiveUp,
}

impl RetryPolicy {
    /// Tries once.
    pub const NEVER: Self =
        Self { attempts_max: NonZeroU32::MIN, backoff: Backoff::None, jitter_percent: NO_JITTER };

    /// What to do after attempt number `attempt` failed. Attempts are counted from 1.
    ///
    /// The same arguments give the same answer, so a decision can be replayed. What retries
    /// apart takes a different `seed`.
    pub fn decide(&self, attempt: u32, seed: u64) -> Retry {
        if attempt >= self.attempts_max.get() {
            return Retry::GiveUp;
        }
        Retry::After(self.delay(attempt, seed))
    }

    /// How long to wait after attempt number `attempt` failed, however many are allowed.
    ///
    /// Jitter only shortens, so that the longest wait of the backoff stays the longest.
    /// (At 100 percent this is the "full jitter" of Marc Brooker, "Exponential Backoff And
    /// Jitter", AWS Architecture Blog, 2015.)
    #[must_use]
    pub fn delay(&self, attempt: u32, seed: u64) -> Duration {
        let nanos = self.backoff.nanos(attempt);
        // 24 random bits and 94 of nanoseconds leave room for the percentage.
        let chance = u128::from(mixed(seed ^ mixed(u64::from(attempt))) >> 40);
        let cut = (nanos * u128::from(self.jitter_percent.0) * chance / 100) >> 24;
        Duration::from_nanos_u128(nanos - cut)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let (five, two) = (NonZeroU32::MIN.saturating_add(4), NonZeroU32::MIN.saturating_add(1));
        let (initial, max) = (Duration::from_secs(1), Duration::from_mins(1));
        Self {
            attempts_max: five,
            backoff: Backoff::Exponential { initial, factor: two, max },
            jitter_percent: JitterPercent(20),
        }
    }
}

impl Backoff {
    fn nanos(self, attempt: u32) -> u128 {
        match self {
            Self::None => 0,
            Self::Fixed(delay) => delay.as_nanos(),
            Self::Exponential { initial, factor, max } => u128::from(factor.get())
                .saturating_pow(attempt.saturating_sub(1))
                .saturating_mul(initial.as_nanos())
                .min(max.as_nanos()),
        }
    }
}

impl JitterPercent {
    /// Takes `percent` when it is at most 100.
    ///
    /// # Errors
    ///
    /// Returns what was more.
    pub const fn new(percent: u8) -> Result<Self, InvalidJitter> {
        if percent > 100 { Err(InvalidJitter(percent)) } else { Ok(Self(percent)) }
    }
}

impl TryFrom<u8> for JitterPercent {
    type Error = InvalidJitter;

    fn try_from(percent: u8) -> Result<Self, InvalidJitter> {
        Self::new(percent)
    }
}

impl From<JitterPercent> for u8 {
    fn from(jitter: JitterPercent) -> Self {
        jitter.0
    }
}

const NO_JITTER: JitterPercent = JitterPercent(0);

/// The output function of `SplitMix64` (Steele, Lea, Flood: "Fast Splittable Pseudorandom
/// Number Generators", OOPSLA 2014), which makes neighbouring seeds unlike.
const fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
