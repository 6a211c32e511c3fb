//! What every test of a durable host begins with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loom_adapter_memory::MemoryStores;
use loom_core::{IdempotencyKey, Payload};
use loom_ports::{Clock, Stores};
use loom_runtime::{CallError, Host, HostBuilder, Reply, Settings};
use loom_testkit::clock::{CountedIds, TokioClock};

use crate::probe::{Do, Probe, World, world_of};

/// Stores and a world that outlive hosts.
pub(crate) struct Kit {
    pub(crate) name: &'static str,
    pub(crate) stores: MemoryStores,
    pub(crate) clock: TokioClock,
    pub(crate) world: Arc<Mutex<World>>,
    hosts: std::cell::Cell<u64>,
}

impl Kit {
    pub(crate) fn new(name: &'static str) -> Self {
        let stores = MemoryStores::default();
        let (clock, world) = (TokioClock::start(), world_of(name));
        Self { name, stores, clock, world, hosts: std::cell::Cell::new(0) }
    }

    pub(crate) fn builder(&self) -> HostBuilder {
        self.builder_on(self.stores.clone())
    }

    pub(crate) fn builder_on(&self, stores: impl Into<Stores>) -> HostBuilder {
        self.hosts.set(self.hosts.get() + 1);
        Host::builder(stores)
            .actor::<Probe>()
            .clock(Arc::new(self.clock))
            .ids(Arc::new(CountedIds::of_host(self.hosts.get())))
            .settings(settings())
    }

    pub(crate) async fn host(&self) -> Host {
        self.builder().start().await.unwrap()
    }

    /// Dies without a word, and waits until its lease has ended.
    pub(crate) async fn kill(&self, host: Host) {
        drop(host);
        self.pass(11_000).await;
    }

    /// The id of an actor of this test.
    pub(crate) fn id(&self, actor: &str) -> String {
        format!("probe/{}.{actor}", self.name)
    }

    pub(crate) async fn act(
        &self,
        host: &Host,
        actor: &str,
        todo: Vec<Do>,
    ) -> Result<i64, CallError> {
        host.actor(self.id(actor))?.call("act", &todo).await
    }

    pub(crate) async fn act_keyed(
        &self,
        host: &Host,
        actor: &str,
        key: &str,
        todo: Vec<Do>,
    ) -> Result<Reply, CallError> {
        let key = IdempotencyKey::parse(key).unwrap();
        host.actor(self.id(actor))?.request("act", &todo)?.key(key).call().await
    }

    pub(crate) async fn state(&self, host: &Host, actor: &str) -> Probe {
        let state: Option<Payload> = host.actor(self.id(actor)).unwrap().state().await.unwrap();
        state.map_or_else(Probe::default, |state| state.parse().unwrap())
    }

    pub(crate) async fn sum(&self, host: &Host, actor: &str) -> i64 {
        host.actor(self.id(actor)).unwrap().call("sum", &()).await.unwrap()
    }

    pub(crate) async fn pass(&self, ms: u64) {
        let at = self.clock.now().saturating_add(Duration::from_millis(ms));
        self.clock.sleep_until(at).await;
    }

    /// How often each effect ran, with the keys.
    pub(crate) fn effects(&self, name: &str) -> Vec<String> {
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.effects.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn set(&self, flag: &str, value: bool) {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.flags.insert(flag.to_owned(), value);
    }

    pub(crate) fn stick(&self, effect: &str, value: bool) {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.stuck.insert(effect.to_owned(), value);
    }

    /// Every dead letter, as `id: reason`.
    pub(crate) async fn dead_letters(&self, host: &Host) -> Vec<loom_runtime::KeptDeadLetter> {
        let mut letters = Vec::new();
        for partition in settings().partitions.ids() {
            letters.extend(host.dead_letters(partition, None, 100).await.unwrap().items);
        }
        letters
    }
}

pub(crate) fn settings() -> Settings {
    Settings { partitions: 4.try_into().unwrap(), ..Settings::default() }
}
