//! Planted bugs, and how many seeds it takes to find them.

use loom_testkit::sim::{Failure, Planted, Report};

use crate::Play;

/// A planted bug that was found.
#[derive(Debug)]
pub struct Found {
    /// How many seeds were tried.
    pub seeds: u64,
    /// How it was found.
    pub failure: Box<Failure>,
}

/// Tries one seed after another until a planted bug breaks a promise that is kept without it.
/// `None` if no seed of `seeds_max` does. A run that fails is made smaller by so many runs at
/// most.
#[must_use]
pub fn hunt(planted: Planted, seeds_max: u64, smaller_runs_max: u32) -> Option<Found> {
    (0..seeds_max).find_map(|seed| {
        let failure = play(planted, seed, smaller_runs_max).err()?;
        Play::of_seed(seed).run().ok()?;
        Some(Found { seeds: seed + 1, failure })
    })
}

fn play(planted: Planted, seed: u64, smaller_runs_max: u32) -> Result<Report, Box<Failure>> {
    let play = Play::of_seed(seed);
    play.run_in(&play.sim().planted(planted).smaller_runs_max(smaller_runs_max))
}
