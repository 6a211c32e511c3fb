//! Circuit breaker: stops calling what keeps failing, and probes whether it has recovered.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// When a breaker opens and closes.
///
/// The default opens after 5 failures in a row, for 60 seconds, and closes after 2 successful
/// probes, made one at a time.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct BreakerPolicy {
    /// Failures in a row that open it.
    pub failures_max: NonZeroU32,
    /// Successful probes that close it again.
    pub successes_min: NonZeroU32,
    /// How long calls are refused before the first probe, and how long the result of a probe
    /// is waited for.
    pub open_for: Duration,
    /// How many probes may be in flight at once.
    pub probes_max: NonZeroU32,
}

/// A circuit breaker (Michael Nygard, "Release It!", 2007), as a state machine that is told
/// the time.
///
/// It counts failures in a row while closed, refuses calls while open, and admits a bounded
/// number of probes while half-open, where the first failure opens it again.
#[derive(Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: BreakerState,
    /// Changes with the state, so that results of calls admitted in an earlier one are known.
    generation: u64,
}

/// What a breaker is doing, for display.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BreakerState {
    /// Calls are admitted.
    Closed {
        /// Failures since the last success.
        failures: u32,
    },
    /// Calls are refused.
    Open {
        /// When the first probe is admitted.
        until: Timestamp,
    },
    /// Probes are admitted.
    HalfOpen {
        /// Probes that succeeded.
        successes: u32,
        /// Probes whose result is not known yet.
        in_flight: u32,
        /// When the probes in flight are taken for lost.
        lost_at: Timestamp,
    },
}

/// Whether a call may be made.
#[must_use]
#[derive(Debug, Eq, PartialEq)]
pub enum BreakerAdmission {
    /// Make the call and [`record`](Breaker::record) how it went.
    Allowed(Permit),
    /// Do not make the call.
    Refused {
        /// When asking again makes sense.
        until: Timestamp,
    },
}

/// The right to make one call.
#[must_use = "the result of an admitted call has to be recorded"]
#[derive(Debug, Eq, PartialEq)]
pub struct Permit {
    generation: u64,
}

/// What a call says about the health of what was called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BreakerOutcome {
    /// It works.
    Succeeded,
    /// It does not.
    Failed,
    /// Nothing: the call was not made, or was given up for a reason of the caller's own.
    Abandoned,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: BreakerState::Closed { failures: 0 }, generation: 0 }
    }

    /// What the breaker is doing. An open one turns half-open when a call is next admitted.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Whether a call may be made now.
    ///
    /// A probe without a result for [`BreakerPolicy::open_for`] is taken for lost and makes
    /// room, since otherwise a caller that vanished would keep the breaker half-open forever.
    pub fn admit(&mut self, now: Timestamp) -> BreakerAdmission {
        // A clock that went back must not keep the breaker open for longer than agreed.
        let latest = now.saturating_add(self.policy.open_for);
        match &mut self.state {
            BreakerState::Closed { .. } => {}
            BreakerState::Open { until } => {
                *until = latest.min(*until);
                if now < *until {
                    return BreakerAdmission::Refused { until: *until };
                }
                self.enter(BreakerState::HalfOpen { successes: 0, in_flight: 1, lost_at: latest });
            }
            BreakerState::HalfOpen { in_flight, lost_at, .. } => {
                *lost_at = latest.min(*lost_at);
                if now >= *lost_at {
                    *in_flight = 0;
                    self.generation += 1;
                }
                if *in_flight >= self.policy.probes_max.get() {
                    return BreakerAdmission::Refused { until: *lost_at };
                }
                *in_flight += 1;
                *lost_at = latest;
            }
        }
        BreakerAdmission::Allowed(Permit { generation: self.generation })
    }

    /// Takes note of how an admitted call went.
    ///
    /// A call that was admitted before the breaker last changed says nothing about the
    /// present and is ignored; so is a probe that was taken for lost.
    pub fn record(&mut self, permit: Permit, outcome: BreakerOutcome, now: Timestamp) {
        if permit.into_generation() != self.generation {
            return;
        }
        match (&mut self.state, outcome) {
            // Nobody holds a permit of the open state.
            (BreakerState::Open { .. }, _)
            | (BreakerState::Closed { .. }, BreakerOutcome::Abandoned) => {}
            (BreakerState::Closed { failures }, BreakerOutcome::Succeeded) => *failures = 0,
            (BreakerState::Closed { failures }, BreakerOutcome::Failed) => {
                *failures += 1;
                if *failures >= self.policy.failures_max.get() {
                    self.open(now);
                }
            }
            (BreakerState::HalfOpen { .. }, BreakerOutcome::Failed) => self.open(now),
            (BreakerState::HalfOpen { in_flight, .. }, BreakerOutcome::Abandoned) => {
                *in_flight = in_flight.saturating_sub(1);
            }
            (BreakerState::HalfOpen { successes, in_flight, .. }, BreakerOutcome::Succeeded) => {
                *in_flight = in_flight.saturating_sub(1);
                *successes += 1;
                if *successes >= self.policy.successes_min.get() {
                    self.enter(BreakerState::Closed { failures: 0 });
                }
            }
        }
    }

    fn open(&mut self, now: Timestamp) {
        let until = now.saturating_add(self.policy.open_for);
        self.enter(BreakerState::Open { until });
    }

    fn enter(&mut self, state: BreakerState) {
        self.state = state;
        self.generation += 1;
    }
}

impl Permit {
    /// Uses the permit up, so that one call is recorded once.
    fn into_generation(self) -> u64 {
        self.generation
    }
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures_max: NonZeroU32::MIN.saturating_add(4),
            successes_min: NonZeroU32::MIN.saturating_add(1),
            open_for: Duration::from_mins(1),
            probes_max: NonZeroU32::MIN,
        }
    }
}

#[cfg(test)]
mod tests;
