//! What goes wrong, chosen by a seed.

use std::sync::Arc;

use loom_ports::Stores;
use loom_testkit::faults::{Fault, FaultPlan, FaultyJournal, FaultyQueue};

use crate::kit::Kit;

/// The numbers of a linear congruential generator (Knuth, MMIX).
pub(crate) fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// Fails one call in `one_in`, each fault as often as the others.
pub(crate) fn sometimes(seed: u64, one_in: u64) -> FaultPlan {
    let mut chance = chance(seed);
    FaultPlan::chosen(move |_| {
        let fault = Fault::ALL[usize::try_from(chance(4)).unwrap()];
        (chance(one_in) == 0).then_some(fault)
    })
}

pub(crate) fn faulty(kit: &Kit, seed: u64, one_in: u64) -> Stores {
    let stores: Stores = kit.stores.clone().into();
    Stores {
        journal: Arc::new(FaultyJournal::new(stores.journal, sometimes(seed, one_in))),
        queue: Arc::new(FaultyQueue::new(stores.queue, sometimes(seed ^ 0xff, one_in))),
        ..stores
    }
}
