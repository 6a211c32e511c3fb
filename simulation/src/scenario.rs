//! Which seed does what.

use std::time::Duration;

use futures::future::BoxFuture;
use loom_runtime::HostBuilder;
use loom_testkit::sim::{Chance, Failure, Faults, Report, Scene, Sim};

use crate::{bank, register};

/// Something that actors do, and what must be true of it.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// Registers its actors, in version 1 or 2 of their code.
    pub(crate) deploy: fn(HostBuilder, u32) -> HostBuilder,
    /// What callers from outside do, and what they expect.
    pub(crate) act: fn(Scene) -> BoxFuture<'static, ()>,
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[bank::SCENARIO, register::SCENARIO];

/// The scenario that a seed plays.
#[must_use]
pub fn of_seed(seed: u64) -> &'static Scenario {
    Chance::seeded(seed).of("which scenario").pick(SCENARIOS)
}

impl Scenario {
    /// Plays the scenario once.
    ///
    /// # Errors
    ///
    /// The smallest run that breaks a promise.
    pub fn play(&self, seed: u64) -> Result<Report, Box<Failure>> {
        self.sim(seed).try_run(self.act)
    }

    /// The cluster in which a seed plays the scenario.
    pub fn sim(&self, seed: u64) -> Sim {
        let mut chance = Chance::seeded(seed).of("cluster");
        let hosts = usize::try_from(chance.between(1, 4)).unwrap_or(1);
        Sim::seeded(seed).hosts(hosts).faults(faults(&mut chance)).versions(self.deploy)
    }
}

/// Calm weather now and then: it takes the roads that faults close.
fn faults(chance: &mut Chance) -> Faults {
    match chance.below(8) {
        0 => Faults::none(),
        1 => Faults { latency_max: Duration::from_millis(20), ..Faults::none() },
        2 => Faults { incidents_max: 0, ..Faults::all() },
        3 => Faults { calls_one_in: 0, ..Faults::all() },
        _ => {
            let latency_max = Duration::from_millis(chance.below(200));
            let calls_one_in = chance.between(5, 50);
            Faults { calls_one_in, latency_max, incidents_max: 12, ..Faults::all() }
        }
    }
}
