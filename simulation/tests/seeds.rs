//! A few seeds; `cargo xtask sim` plays many.

use loom_simulation::{FORGETFUL, Play, SCENARIOS};
use loom_testkit::sim::IncidentKind;

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
fn every_scenario_survives_the_loss_of_power() {
    let mut losses = 0;
    for scenario in SCENARIOS {
        for seed in 0..4 {
            let played = Play::only(scenario, seed).on_disk().run();
            let report = played.unwrap_or_else(|failure| panic!("{}: {failure}", scenario.name));
            let is_loss = |incident: &&IncidentKind| **incident == IncidentKind::PowerLoss;
            losses += report.incidents.iter().filter(is_loss).count();
        }
    }
    assert!(losses > 10, "power was lost {losses} times");
}

#[test]
fn stores_that_forget_leave_one_whole_past() {
    for scenario in FORGETFUL {
        for seed in 0..8 {
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
