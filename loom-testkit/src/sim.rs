//! Whole clusters in one thread, whose every choice follows from a seed.
//!
//! The real runtime and the real logic of the adapters run here; what is simulated is what surrounds
//! them: the order in which tasks run, the time, chance, the network to the stores, and the fate of processes.

mod audit;
mod backend;
mod chance;
mod cluster;
mod executor;
mod faults;
mod linearizable;
mod network;
mod plan;
mod planted;
mod run;
mod scene;
mod time;
mod violation;
mod world;

use std::fmt;
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use loom_core::{PartitionCount, SnapshotPolicy};
use loom_ports::Stores;
use loom_runtime::{HostBuilder, Settings};
use serde::de::DeserializeOwned;

pub use backend::{Backend, Memory, TakeOver};
pub use chance::Chance;
pub use executor::ProcessId;
pub use faults::{Faults, Incident, IncidentKind};
pub use linearizable::{Linearizable, Observed, Sequential, linearize};
pub use planted::Planted;
pub use run::{Failure, Report};
pub use scene::Scene;
pub use violation::{Promise, Violation};
pub use world::World;

use audit::Laws;
use cluster::{Deploy, Wrap};
use plan::Plan;

type Around = Arc<dyn Fn(&Arc<World>, Stores) -> Stores + Send + Sync>;

/// A cluster to be simulated.
#[derive(Clone)]
#[must_use = "a simulation runs once it is given a scenario"]
pub struct Sim {
    seed: u64,
    hosts: usize,
    faults: Faults,
    settings: Settings,
    deploy: Deploy,
    backend: Arc<dyn Fn() -> Box<dyn Backend> + Send + Sync>,
    wrap: Around,
    laws: Laws,
    planted: Option<Planted>,
    runs_max: u32,
}

impl Sim {
    /// A cluster of three hosts on stores in memory, all of whose choices follow from `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            hosts: 3,
            faults: Faults::all(),
            settings: settings(seed),
            deploy: Arc::new(|host, _| host),
            backend: Arc::new(|| Box::new(Memory::default())),
            wrap: Arc::new(|_, stores| stores),
            laws: Laws::default(),
            planted: None,
            runs_max: 300,
        }
    }

    /// How many hosts there are.
    pub fn hosts(mut self, hosts: usize) -> Self {
        self.hosts = hosts.max(1);
        self
    }

    /// What may go wrong: [`Faults::all`] unless told otherwise.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Registers the code of the actors with each host that is started.
    pub fn actors(
        self,
        deploy: impl Fn(HostBuilder) -> HostBuilder + Send + Sync + 'static,
    ) -> Self {
        self.versions(move |host, _| deploy(host))
    }

    /// As [`actors`](Self::actors), for two versions of the code: hosts begin with version 1, and
    /// some are upgraded to version 2 while others are not.
    pub fn versions(
        mut self,
        deploy: impl Fn(HostBuilder, u32) -> HostBuilder + Send + Sync + 'static,
    ) -> Self {
        self.deploy = Arc::new(deploy);
        self
    }

    /// Changes how the hosts behave. The number of partitions, the sizes and the times in them
    /// are small, and follow from the seed.
    pub fn settings(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        self.settings = change(self.settings);
        self
    }

    /// Which stores the hosts share.
    pub fn backend<B: Backend + 'static>(
        mut self,
        open: impl Fn() -> B + Send + Sync + 'static,
    ) -> Self {
        self.backend = Arc::new(move || Box::new(open()));
        self
    }

    /// Puts something between the network and the stores, each time they are opened.
    pub fn around_stores(
        mut self,
        wrap: impl Fn(&Arc<World>, Stores) -> Stores + Send + Sync + 'static,
    ) -> Self {
        self.wrap = Arc::new(wrap);
        self
    }

    /// How many runs are made to make a failing one smaller: 300 unless told otherwise.
    pub fn smaller_runs_max(mut self, runs_max: u32) -> Self {
        self.runs_max = runs_max;
        self
    }

    /// Plants a bug, which is to be found.
    pub fn planted(mut self, planted: Planted) -> Self {
        self.planted = Some(planted);
        self
    }

    /// What must be true of every state of a kind that is ever committed, or why it is not.
    pub fn law<S: DeserializeOwned>(
        mut self,
        kind: &str,
        law: impl Fn(&S) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.laws.add(kind, law);
        self
    }

    /// Runs a scenario, and checks the promises.
    ///
    /// # Panics
    ///
    /// Panics if one is broken, with the smallest run that breaks it.
    pub fn run<F, Fut>(&self, scenario: F) -> Report
    where
        F: Fn(Scene) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.try_run(scenario).unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// As [`run`](Self::run).
    ///
    /// # Errors
    ///
    /// The smallest run that breaks a promise.
    pub fn try_run<F, Fut>(&self, scenario: F) -> Result<Report, Box<Failure>>
    where
        F: Fn(Scene) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        run::run(self, &|scene| Box::pin(scenario(scene)))
    }

    fn plan(&self) -> Plan {
        Plan::chosen(self.seed, self.hosts, &self.faults)
    }

    fn wrapping(&self) -> Wrap {
        let wrap = Arc::clone(&self.wrap);
        Box::new(move |world, stores| wrap(world, stores))
    }
}

/// Runs a scenario with each of these seeds.
///
/// # Panics
///
/// Panics at the first seed that breaks a promise, with the smallest run that does.
pub fn check<F, Fut>(seeds: Range<u64>, sim: impl Fn(u64) -> Sim, scenario: F)
where
    F: Fn(Scene) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    for seed in seeds {
        sim(seed).run(&scenario);
    }
}

/// Small numbers, so that every limit is reached now and then.
fn settings(seed: u64) -> Settings {
    let mut chance = Chance::seeded(seed).of("settings");
    let partitions = u16::try_from(chance.between(1, 4)).unwrap_or(1);
    let partitions = PartitionCount::new(partitions).expect("1 to 4 is allowed");
    let records_max = NonZeroU64::MIN.saturating_add(chance.between(1, 30));
    Settings {
        partitions,
        mailbox_max: chance.between(2, 64).try_into().unwrap_or(2),
        active_max: chance.between(2, 100).try_into().unwrap_or(2),
        idle_after: Duration::from_millis(chance.between(100, 20_000)),
        uncommitted_max: chance.between(1, 16).try_into().unwrap_or(1),
        // Hosts die more often here than a message deserves.
        deaths_max: 1_000,
        lease: Duration::from_millis(chance.between(1_000, 10_000)),
        snapshots: SnapshotPolicy { records_max, ..SnapshotPolicy::default() },
        ..Settings::default()
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, hosts, faults, settings, .. } = self;
        f.debug_struct("Sim")
            .field("seed", seed)
            .field("hosts", hosts)
            .field("faults", faults)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}
