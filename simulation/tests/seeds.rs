//! A few seeds; `cargo xtask sim` plays many.

use loom_simulation::{Play, SCENARIOS};

#[test]
fn every_scenario_keeps_its_promises_alone() {
    for scenario in SCENARIOS {
        for seed in 0..3 {
            let played = Play::only(scenario, seed).run();
            played.unwrap_or_else(|failure| panic!("{}: {failure}", scenario.name));
        }
    }
}

#[test]
fn a_seed_plays_the_same_whenever_it_is_played() {
    for seed in 0..6 {
        let [first, second] = [(); 2].map(|()| Play::of_seed(seed).run());
        let first = first.unwrap_or_else(|failure| panic!("{failure}"));
        assert_eq!(Ok(first), second, "seed {seed}");
    }
}

#[test]
fn different_seeds_play_differently() {
    let hash = |seed| Play::only(&SCENARIOS[0], seed).run().map(|report| report.hash);
    assert_ne!(hash(1), hash(2));
}
