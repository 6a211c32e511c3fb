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
