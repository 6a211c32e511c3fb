//! Which requests fail, and how.

use std::collections::VecDeque;
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How a request fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CosmosFault {
    /// It is not carried out, and this is the answer.
    Answer {
        /// The status.
        status: u16,
        /// The status below it, as 1002 below 410. Zero for none.
        sub_status: u16,
        /// How long the caller is asked to wait.
        retry_after: Option<Duration>,
    },
    /// It is not carried out, and no answer comes.
    Hang,
    /// The connection ends before it is carried out.
    RequestLost,
    /// It is carried out, and the connection ends before the answer.
    ReplyLost,
}

impl CosmosFault {
    /// An answer with a status and nothing more.
    #[must_use]
    pub const fn answer(status: u16, sub_status: u16) -> Self {
        Self::Answer { status, sub_status, retry_after: None }
    }

    /// The answer of an account that is asked for more than it was given.
    #[must_use]
    pub const fn throttled(retry_after: Duration) -> Self {
        Self::Answer { status: 429, sub_status: 3200, retry_after: Some(retry_after) }
    }
}

/// What is to fail. Time and chance are the caller's.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    next: VecDeque<Option<CosmosFault>>,
    often: Vec<Often>,
    seen: u64,
    failed: u64,
    operations: u64,
}

#[derive(Debug)]
struct Often {
    per_mille: u64,
    fault: CosmosFault,
    state: u64,
}

impl Faults {
    pub(super) fn fail(&self, times: usize, fault: CosmosFault) {
        self.plan().next.extend(iter::repeat_n(Some(fault), times));
    }

    pub(super) fn spare(&self, times: usize) {
        self.plan().next.extend(iter::repeat_n(None, times));
    }

    pub(super) fn fail_often(&self, per_mille: u16, fault: CosmosFault, seed: u64) {
        self.plan().often.push(Often { per_mille: per_mille.into(), fault, state: seed });
    }

    pub(super) fn heal(&self) {
        let mut plan = self.plan();
        plan.next.clear();
        plan.often.clear();
    }

    pub(super) fn counted(&self) -> (u64, u64) {
        let plan = self.plan();
        (plan.seen, plan.failed)
    }

    /// How many operations were asked for.
    pub(super) fn operations(&self) -> u64 {
        self.plan().operations
    }

    /// What becomes of the next request about items, which asks for so many operations.
    pub(super) fn of_next(&self, operations: usize) -> Option<CosmosFault> {
        let mut plan = self.plan();
        plan.seen += 1;
        plan.operations += operations as u64;
        let by_chance = plan.often.iter_mut().filter_map(Often::draw).last();
        let fault = plan.next.pop_front().unwrap_or(by_chance);
        plan.failed += u64::from(fault.is_some());
        fault
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Often {
    /// Each draws for every request, so that they do not depend on one another.
    fn draw(&mut self) -> Option<CosmosFault> {
        // Steele, Lea, Flood: SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.state;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        drawn ^= drawn >> 31;
        (drawn % 1000 < self.per_mille).then_some(self.fault)
    }
}
