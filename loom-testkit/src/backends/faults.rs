//! Which requests fail, and how.

use std::collections::VecDeque;
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is to fail. Time and chance are the caller's.
#[derive(Debug)]
pub(super) struct Faults<F>(Mutex<Plan<F>>);

#[derive(Debug)]
struct Plan<F> {
    next: VecDeque<Option<F>>,
    often: Vec<Often<F>>,
    seen: u64,
    failed: u64,
}

#[derive(Debug)]
struct Often<F> {
    per_mille: u64,
    fault: F,
    state: u64,
}

/// What a test says to a server that has `faults()` of this kind, and what it asks. `$which` requests
/// can fail.
macro_rules! fails_as_told {
    ($server:ty, $fault:ty, $which:literal) => {
        impl $server {
            #[doc = concat!("The next so many requests about ", $which, " fail so, after those")]
            /// that are to fail already.
            pub fn fail(&self, times: usize, fault: $fault) {
                self.faults().fail(times, fault);
            }

            #[doc = concat!("The next so many requests about ", $which, " do not fail, after those")]
            /// that are to fail already.
            pub fn spare(&self, times: usize) {
                self.faults().spare(times);
            }

            #[doc = concat!("So many in a thousand of all requests about ", $which, " fail so from")]
            /// now on, chosen by a seed.
            pub fn fail_often(&self, per_mille: u16, fault: $fault, seed: u64) {
                self.faults().fail_often(per_mille, fault, seed);
            }

            /// Nothing fails any more.
            pub fn heal(&self) {
                self.faults().heal();
            }

            #[doc = concat!("How many requests about ", $which, " have come, and how many of them")]
            /// failed as was said.
            #[must_use]
            pub fn requests(&self) -> (u64, u64) {
                self.faults().counted()
            }
        }
    };
}

pub(super) use fails_as_told;

impl<F> Default for Faults<F> {
    fn default() -> Self {
        let plan = Plan { next: VecDeque::new(), often: Vec::new(), seen: 0, failed: 0 };
        Self(Mutex::new(plan))
    }
}

impl<F: Copy> Faults<F> {
    pub(super) fn fail(&self, times: usize, fault: F) {
        self.plan().next.extend(iter::repeat_n(Some(fault), times));
    }

    pub(super) fn spare(&self, times: usize) {
        self.plan().next.extend(iter::repeat_n(None, times));
    }

    pub(super) fn fail_often(&self, per_mille: u16, fault: F, seed: u64) {
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

    /// What becomes of the next request.
    pub(super) fn of_next(&self) -> Option<F> {
        let mut plan = self.plan();
        plan.seen += 1;
        let by_chance = plan.often.iter_mut().filter_map(Often::draw).last();
        let fault = plan.next.pop_front().unwrap_or(by_chance);
        plan.failed += u64::from(fault.is_some());
        fault
    }

    fn plan(&self) -> MutexGuard<'_, Plan<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Copy> Often<F> {
    /// Each draws for every request, so that they do not depend on one another.
    fn draw(&mut self) -> Option<F> {
        // Steele, Lea, Flood: SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.state;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        drawn ^= drawn >> 31;
        (drawn % 1000 < self.per_mille).then_some(self.fault)
    }
}
