//! The hosts of a simulation: started, killed, held up, cut off, replaced.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_ports::Stores;
use loom_runtime::{Forgotten, Host, HostBuilder, Settings, StartError};

use super::audit::Audit;
use super::backend::Backend;
use super::executor::ProcessId;
use super::faults::{Faults, Incident, IncidentKind};
use super::network::Link;
use super::plan::Plan;
use super::planted::Plot;
use super::violation::Promise;
use super::world::{ProcessTasks, World};

/// How the code of a deployment is put into a host: the older version is 1, the newer 2.
pub(super) type Deploy = Arc<dyn Fn(HostBuilder, u32) -> HostBuilder + Send + Sync>;

/// The hosts and the stores of a simulation.
pub(super) struct Hosts {
    pub(super) world: Arc<World>,
    deploy: Deploy,
    settings: Settings,
    stores: Mutex<Stores>,
    backend: Mutex<Box<dyn Backend>>,
    wrap: Wrap,
    pub(super) audit: Arc<Audit>,
    plot: Plot,
    machines: Vec<Mutex<Machine>>,
    /// Incidents that began and did not end.
    incidents: AtomicU64,
    happened: Mutex<Vec<IncidentKind>>,
    /// A copy of the stores has fallen behind, and will take over.
    has_copy: AtomicBool,
    /// No host is started with older code than this.
    version_min: AtomicU32,
    /// No host is started while there is no power.
    has_power: AtomicBool,
}

/// What is put around the stores each time they are opened.
pub(super) type Wrap = Box<dyn Fn(&Arc<World>, Stores) -> Stores + Send + Sync>;

/// Where one host runs after another.
struct Machine {
    link: Arc<Link>,
    version: u32,
    process: Option<ProcessId>,
    /// Once it is started.
    host: Option<Host>,
    is_down: bool,
}

impl Hosts {
    pub(super) fn new(
        world: &Arc<World>,
        plan: &Plan,
        faults: &Faults,
        (deploy, settings): (Deploy, Settings),
        mut backend: Box<dyn Backend>,
        wrap: Wrap,
        (audit, plot): (Arc<Audit>, Plot),
    ) -> Arc<Self> {
        let stores = audit.around(plot.around(wrap(world, backend.open(world))));
        let machines = (0..plan.hosts).map(|index| {
            let link = Link::new(world, &format!("host-{index}"), faults);
            let machine = Machine { link, version: 1, process: None, host: None, is_down: true };
            Mutex::new(machine)
        });
        let hosts = Arc::new(Self {
            world: Arc::clone(world),
            deploy,
            settings,
            stores: Mutex::new(stores),
            backend: Mutex::new(backend),
            wrap,
            audit,
            plot,
            machines: machines.collect(),
            incidents: AtomicU64::new(0),
            happened: Mutex::default(),
            has_copy: AtomicBool::new(false),
            version_min: AtomicU32::new(1),
            has_power: AtomicBool::new(true),
        });
        for index in 0..plan.hosts {
            hosts.start(index);
        }
        for incident in plan.incidents.clone() {
            world.spawn(Arc::clone(&hosts).incident(incident));
        }
        hosts
    }

    pub(super) fn count(&self) -> usize {
        self.machines.len()
    }

    /// The host that runs there, with its process.
    pub(super) fn running(&self, index: usize) -> Option<(ProcessId, Host)> {
        let machine = self.machine(index);
        Some((machine.process?, machine.host.clone()?))
    }

    /// The stores, as nobody else sees them: without a network in between.
    pub(super) fn stores(&self) -> Stores {
        lock(&self.stores).clone()
    }

    /// Starts a host where none runs.
    fn start(self: &Arc<Self>, index: usize) {
        let mut machine = self.machine(index);
        if !machine.is_down || !self.has_power.load(Ordering::Relaxed) {
            return;
        }
        machine.is_down = false;
        let process = self.world.new_process();
        machine.process = Some(process);
        machine.version = machine.version.max(self.version_min.load(Ordering::Relaxed));
        let (link, version) = (Arc::clone(&machine.link), machine.version);
        drop(machine);
        self.world.tell(|| format!("host-{index} starts with version {version} as {process}"));
        let hosts = Arc::clone(self);
        let starting = async move {
            loop {
                let tasks = ProcessTasks::new(&hosts.world, process);
                let mut stores = link.to(hosts.stores());
                stores.journal = hosts.audit.witness(stores.journal);
                let builder = Host::builder(hosts.plot.at_host(stores, version))
                    .clock(Arc::new(hosts.world.clock(process)))
                    .ids(Arc::<ProcessTasks>::clone(&tasks))
                    .tasks(tasks)
                    .settings(hosts.settings.clone());
                match (hosts.deploy)(builder, version).start().await {
                    Ok(host) => {
                        let mut machine = hosts.machine(index);
                        if machine.process == Some(process) {
                            machine.host = Some(host);
                        }
                        return;
                    }
                    Err(StartError::Store(_)) => {
                        hosts.world.sleep(Duration::from_millis(500)).await;
                    }
                    Err(error) => {
                        let what = format!("host-{index} cannot start: {error}");
                        return hosts.world.violate(Promise::Runs, what);
                    }
                }
            }
        };
        self.world.executor.spawn(process, Box::pin(starting));
    }

    /// Ends a host's process at once.
    fn kill(&self, index: usize) {
        let mut machine = self.machine(index);
        let (process, host) = (machine.process.take(), machine.host.take());
        machine.is_down = true;
        drop(machine);
        if let Some(process) = process {
            self.world.executor.kill(process);
        }
        drop(host);
    }

    async fn incident(self: Arc<Self>, incident: Incident) {
        self.world.sleep(incident.at).await;
        if self.world.is_hostile() {
            self.incidents.fetch_add(1, Ordering::Relaxed);
            self.world.tell(|| format!("INCIDENT {incident}"));
            lock(&self.happened).push(incident.kind);
            self.happen(incident).await;
            self.incidents.fetch_sub(1, Ordering::Relaxed);
        }
    }

    async fn happen(self: &Arc<Self>, incident: Incident) {
        let Incident { host, kind, length, choice, .. } = incident;
        let world = Arc::clone(&self.world);
        match kind {
            IncidentKind::Kill => {
                self.kill(host);
                world.sleep(length).await;
                self.start(host);
            }
            IncidentKind::Pause => {
                let Some(process) = self.machine(host).process else { return };
                world.executor.pause(process);
                world.sleep(length).await;
                world.tell(|| format!("host-{host} goes on"));
                world.executor.resume(process);
            }
            IncidentKind::Split => {
                self.machine(host).link.cut(true);
                world.sleep(length).await;
                world.tell(|| format!("host-{host} reaches the stores again"));
                self.machine(host).link.cut(false);
            }
            IncidentKind::ClockJump => {
                let Some(process) = self.machine(host).process else { return };
                let ahead_ms = i64::try_from(choice % 60_000).unwrap_or(0) - 30_000;
                world.tell(|| format!("the clock of host-{host} is {ahead_ms} ms ahead"));
                world.time.skew(process, ahead_ms);
            }
            IncidentKind::Upgrade => {
                self.stop(host, length).await;
                self.machine(host).version = if choice.is_multiple_of(4) { 1 } else { 2 };
                self.start(host);
            }
            IncidentKind::PowerLoss if !self.has_power.load(Ordering::Relaxed) => {}
            IncidentKind::PowerLoss => {
                if choice.is_multiple_of(3) {
                    lock(&self.backend).fail_disk();
                    world.sleep(length / 2).await;
                }
                self.lose_power(length).await;
            }
            IncidentKind::FailOver => self.fail_over(choice).await,
        }
    }

    /// Stops a host gracefully, if it can be within the time.
    async fn stop(self: &Arc<Self>, index: usize, limit: Duration) {
        if let Some((process, host)) = self.running(index) {
            let (done, stopped) = tokio::sync::oneshot::channel();
            let stopping = async move {
                let stopped = host.stop(limit).await;
                let _ = done.send(stopped);
            };
            self.world.executor.spawn(process, Box::pin(stopping));
            // A host that stands still does not stop.
            tokio::select! {
                biased;
                stopped = stopped => {
                    self.world.tell(|| format!("host-{index} stopped: {stopped:?}"));
                }
                () = self.world.sleep(limit + Duration::from_secs(5)) => {}
            }
        }
        self.kill(index);
    }

    /// Replaces the code of one host after another. From now on none is started with older code.
    pub(super) async fn roll_out(self: &Arc<Self>, version: u32) {
        const LIMIT: Duration = Duration::from_secs(10);
        self.version_min.fetch_max(version, Ordering::Relaxed);
        for index in 0..self.count() {
            self.world.tell(|| format!("host-{index} is upgraded"));
            self.stop(index, LIMIT).await;
            self.start(index);
        }
    }

    /// What has happened so far.
    pub(super) fn happened(&self) -> Vec<IncidentKind> {
        lock(&self.happened).clone()
    }

    async fn lose_power(self: &Arc<Self>, length: Duration) {
        if !self.has_power.swap(false, Ordering::Relaxed) {
            return;
        }
        (0..self.count()).for_each(|index| self.kill(index));
        let stores = {
            let mut backend = lock(&self.backend);
            backend.lose_power(&self.world);
            let stores = (self.wrap)(&self.world, backend.open(&self.world));
            self.audit.around(self.plot.around(stores))
        };
        self.audit.take_stock().await;
        *lock(&self.stores) = stores;
        self.world.sleep(length).await;
        self.has_power.store(true, Ordering::Relaxed);
        (0..self.count()).for_each(|index| self.start(index));
    }

    /// Has the stores go on from a copy that lacks what was written last. The hosts go on too.
    async fn fail_over(&self, choice: u64) {
        const LAG_MAX_MS: u64 = 3_000;
        if self.has_copy.swap(true, Ordering::Relaxed) {
            return;
        }
        let copy = lock(&self.backend).copy();
        if let Some(take_over) = copy {
            let before = self.audit.remember();
            self.world.tell(|| "a copy of the stores falls behind".to_owned());
            self.world.sleep(Duration::from_millis(choice % LAG_MAX_MS)).await;
            let incarnation_min = take_over();
            self.audit.forgets(before, incarnation_min);
            self.plot.failed_over();
            (0..self.count()).for_each(|index| self.machine(index).link.turn());
            self.world.tell(|| "the copy takes over".to_owned());
        }
        self.has_copy.store(false, Ordering::Relaxed);
    }

    /// Ends all faults: every host runs, keeps the right time, and reaches the stores.
    pub(super) async fn heal(self: &Arc<Self>) {
        self.world.is_hostile.store(false, Ordering::Relaxed);
        while self.incidents.load(Ordering::Relaxed) > 0 {
            self.world.sleep(Duration::from_millis(100)).await;
        }
        self.world.tell(|| "faults end".to_owned());
        for index in 0..self.count() {
            let (process, link) = {
                let machine = self.machine(index);
                (machine.process, Arc::clone(&machine.link))
            };
            link.cut(false);
            if let Some(process) = process {
                self.world.executor.resume(process);
                self.world.time.skew(process, 0);
            }
            self.start(index);
        }
    }

    /// What a host tells of the stores must be so.
    pub(super) fn judge_divergence(&self) {
        let running = (0..self.count()).filter_map(|index| self.running(index));
        for Forgotten { actor, head } in
            running.flat_map(|(_, host)| host.status().divergence.latest)
        {
            self.audit.was_said_to_be_forgotten(&actor, head);
        }
    }

    /// Kills every host for good.
    pub(super) fn end(&self) {
        (0..self.count()).for_each(|index| self.kill(index));
    }

    fn machine(&self, index: usize) -> MutexGuard<'_, Machine> {
        lock(&self.machines[index])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").field("world", &self.world).finish_non_exhaustive()
    }
}
