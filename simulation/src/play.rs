//! Which seed does what.

use std::time::Duration;

use futures::future::join_all;
use loom_runtime::Settings;
use loom_testkit::sim::{Chance, Failure, Faults, IncidentKind, Memory, Report, Scene, Sim};

use crate::disk::OnDisk;
use crate::outside;
use crate::scenario::{FORGETFUL, PAYLOAD_BYTES_MAX, SCENARIOS, Scenario};

/// One seed in so many plays on the embedded stores, which takes longer.
const ON_DISK_ONE_IN: u64 = 8;

/// One seed in so many plays on stores that forget.
const FAIL_OVER_ONE_IN: u64 = 16;

/// Some scenarios, side by side in one cluster.
#[derive(Clone, Debug)]
pub struct Play {
    seed: u64,
    scenarios: Vec<&'static Scenario>,
    is_on_disk: bool,
}

impl Play {
    /// What a seed plays: up to three scenarios, each of them another one.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        if Chance::seeded(seed).of("fail over").one_in(FAIL_OVER_ONE_IN) {
            return Self { seed, scenarios: FORGETFUL.iter().collect(), is_on_disk: false };
        }
        let mut chance = Chance::seeded(seed).of("which scenarios");
        let mut left: Vec<_> = SCENARIOS.iter().collect();
        let count = *chance.pick(&[1, 2, 2, 3]);
        let scenarios = (0..count).map(|_| left.swap_remove(chance.index(left.len())));
        Self { seed, scenarios: scenarios.collect(), is_on_disk: is_on_disk(seed) }
    }

    /// One scenario alone.
    #[must_use]
    pub fn only(scenario: &'static Scenario, seed: u64) -> Self {
        Self { seed, scenarios: vec![scenario], is_on_disk: is_on_disk(seed) }
    }

    /// The same on the embedded stores, which lose power.
    #[must_use]
    pub fn on_disk(self) -> Self {
        Self { is_on_disk: true, ..self }
    }

    /// The names of the scenarios.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.scenarios.iter().map(|scenario| scenario.name)
    }

    /// The cluster in which the seed plays.
    pub fn sim(&self) -> Sim {
        let mut chance = Chance::seeded(self.seed).of("cluster");
        let hosts = usize::try_from(chance.between(1, 4)).unwrap_or(1);
        let mut faults = faults(&mut chance);
        let scenarios = self.scenarios.clone();
        let sim = Sim::seeded(self.seed).hosts(hosts);
        let sim = if self.is_on_disk {
            // As often as everything else together: it is what a disk is there for.
            let losses = vec![IncidentKind::PowerLoss; faults.incidents.len()];
            faults.incidents.extend(losses);
            sim.backend(OnDisk::new)
        } else if FORGETFUL.iter().any(|it| self.names().any(|name| name == it.name)) {
            faults.incidents_max = faults.incidents_max.max(8);
            let failovers = vec![IncidentKind::FailOver; faults.incidents.len().max(1)];
            faults.incidents.extend(failovers);
            sim.backend(Memory::default)
        } else {
            sim.backend(Memory::default)
        };
        sim.faults(faults)
            .settings(|settings| Settings { payload_bytes_max: PAYLOAD_BYTES_MAX, ..settings })
            .versions(move |host, version| {
                scenarios.iter().fold(host, |host, scenario| (scenario.deploy)(host, version))
            })
    }

    /// Plays once.
    ///
    /// # Errors
    ///
    /// The smallest run that breaks a promise.
    pub fn run(&self) -> Result<Report, Box<Failure>> {
        self.run_in(&self.sim())
    }

    /// As [`run`](Self::run), in another cluster.
    ///
    /// # Errors
    ///
    /// The smallest run that breaks a promise.
    pub fn run_in(&self, sim: &Sim) -> Result<Report, Box<Failure>> {
        sim.try_run(|scene| act(self.scenarios.clone(), scene))
    }
}

async fn act(scenarios: Vec<&'static Scenario>, scene: Scene) {
    outside::begin(&scene);
    let plays = scenarios.iter().map(|scenario| scene.beside((scenario.play)(scene.clone())));
    let checks = join_all(plays.collect::<Vec<_>>()).await;
    scene.settle().await;
    for check in checks {
        check.await;
    }
}

fn is_on_disk(seed: u64) -> bool {
    Chance::seeded(seed).of("stores").one_in(ON_DISK_ONE_IN)
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
