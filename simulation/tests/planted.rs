//! The simulation is worth what it finds.

use std::panic;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use loom_simulation::hunt;
use loom_testkit::sim::Planted;

#[test]
fn every_planted_bug_is_found() {
    const SEEDS_MAX: u64 = 1_000;
    panic::set_hook(Box::new(|_| {}));
    let (next, missed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(planted) = Planted::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if hunt(*planted, SEEDS_MAX, 0).is_none() {
                        missed.lock().expect("nobody panics with it").push(planted.to_string());
                    }
                }
            });
        }
    });
    let _ = panic::take_hook();
    let missed = missed.into_inner().expect("nobody panics with it");
    assert!(missed.is_empty(), "not found within {SEEDS_MAX} seeds: {missed:#?}");
}
