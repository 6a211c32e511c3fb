//! The power is lost at any moment.

use super::life::{Seen, World};

/// How many seeds are tried: `LOOM_SEEDS`, or `some`.
fn seeds(some: u64) -> u64 {
    std::env::var("LOOM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(some)
}

fn run(seed: u64, lives: u32, fails_after: impl Fn(u64, u32) -> u32) -> Seen {
    let mut world = World::new(seed);
    for life in 0..lives {
        world.live(fails_after(seed, life));
    }
    world.end()
}

#[test]
fn what_was_promised_survives_and_the_rest_is_lost_from_the_end() {
    let mut all = Seen::default();
    for seed in 0..seeds(75) {
        let seen = run(seed, 4, |_, _| u32::MAX);
        all.promised += seen.promised;
        all.kept += seen.kept;
        all.kept_unpromised += seen.kept_unpromised;
        all.lost += seen.lost;
        all.torn += seen.torn;
    }
    let Seen { promised, kept_unpromised, lost, torn, .. } = all;
    assert!(promised > 100 && kept_unpromised > 10 && lost > 10 && torn > 10, "{all:?}");
}

#[test]
fn a_disk_that_fails_stops_the_stores_and_takes_back_no_promise() {
    let mut stopped = 0;
    for seed in 0..seeds(25) {
        stopped += run(seed, 4, |seed, life| u32::try_from(seed % 7).unwrap() + life).stopped;
    }
    assert!(stopped > 5, "{stopped}");
}
