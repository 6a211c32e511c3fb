//! Putting a host together, and ending it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use loom_core::{ActivityName, ActorId, HostId, InvalidId, PartitionCount, PartitionId, Timestamp};
use loom_ports::{
    BlobName, Clock, Cursor, IdSource, Page, PortError, Put, PutCondition, PutOutcome, Spawn,
    Stores,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tracing::info;

use crate::activities::{ActivityEntry, Running};
use crate::actor::KindEntry;
use crate::divergence::{Divergence, Divergences};
use crate::forward::Forwards;
use crate::heart::{Beats, Heart};
use crate::host::{Phase, Shared, Tasks};
use crate::ingress::Ingress;
use crate::loose_ends::LooseEnds;
use crate::outage::Outages;
use crate::partition::Partition;
use crate::projector::Projector;
use crate::receipts::Receipts;
use crate::task::commit::ENVELOPE_BYTES_MAX;
use crate::timers::Timers;
use crate::topic::Topic;
use crate::unsettled::Moments;
use crate::watched::Watched;
use crate::workflow::{self, Library, WorkflowOptions, Workflows};
use crate::{
    ActivityError, ActivityOptions, Actor, ActorRef, Attempt, HandlerSpec, KeptDeadLetter,
    RandomIds, Settings, SystemClock, heart, housekeeping, ingress, projector, receipts, tenures,
    timers,
};

/// A host: runs the actors of the partitions that it owns. Cheap to clone.
///
/// A host that is dropped stops at once, as if its process had died; [`stop`](Self::stop) it to
/// let it end what it has begun.
#[derive(Clone, Debug)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
    #[expect(dead_code, reason = "it is there to be dropped")]
    life: Arc<Life>,
}

/// Ends the host's tasks, which hold the host too, when the last handle is gone.
#[derive(Debug)]
struct Life(watch::Sender<Phase>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.send_replace(Phase::Stopped);
    }
}

/// A host that could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A kind or an activity has a name that cannot exist.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// Two kinds of actor have one name, or two activities have.
    #[error("{what} {name:?} is registered twice")]
    Twice {
        /// What is registered twice.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A store failed.
    #[error("the stores cannot be used: {0}")]
    Store(#[from] PortError),
    /// Payloads could be larger than the store takes twice in one turn, which a dead letter needs.
    #[error(
        "payload_bytes_max is {payload_bytes_max}, and the store takes turns of {turn_bytes_max} \
         bytes: at most about half of that can be a payload"
    )]
    PayloadBytesMax {
        /// As it is configured.
        payload_bytes_max: usize,
        /// What the store takes.
        turn_bytes_max: usize,
    },
    /// The number of partitions was fixed when the cluster was created.
    #[error(
        "the cluster was created with {created_with} partitions, and {configured} are configured"
    )]
    Partitions {
        /// As it was created.
        created_with: String,
        /// As it is configured.
        configured: PartitionCount,
    },
}

/// Fixes the number of partitions with the first start of a cluster: with another one, messages
/// and journals would not be found.
async fn check_partitions(stores: &Stores, configured: PartitionCount) -> Result<(), StartError> {
    let name = BlobName::parse("cluster/partitions")?;
    let bytes = configured.to_string().into();
    let put = Put { bytes, condition: PutCondition::IfAbsent };
    if let PutOutcome::Stored(_) = stores.blobs.put(&name, put).await? {
        return Ok(());
    }
    let found = stores.blobs.get(&name, None).await?.unwrap_or_default();
    let created_with = String::from_utf8_lossy(&found).into_owned();
    if created_with == configured.to_string() {
        return Ok(());
    }
    Err(StartError::Partitions { created_with, configured })
}

/// Puts a host together.
#[derive(Debug)]
#[must_use = "a host runs once it is started"]
pub struct HostBuilder {
    stores: Stores,
    clock: Option<Arc<dyn Clock>>,
    ids: Arc<dyn IdSource>,
    tasks: Option<Arc<dyn Spawn>>,
    settings: Settings,
    kinds: Vec<Result<KindEntry, InvalidId>>,
    activities: Vec<(String, ActivityEntry)>,
    projected: BTreeSet<&'static str>,
    workflows: Option<WorkflowOptions>,
}

impl Host {
    /// Begins to put a host together.
    pub fn builder(stores: impl Into<Stores>) -> HostBuilder {
        HostBuilder {
            stores: stores.into(),
            clock: None,
            ids: Arc::new(RandomIds),
            tasks: None,
            settings: Settings::default(),
            kinds: vec![KindEntry::of::<Topic>()],
            activities: Vec::new(),
            projected: BTreeSet::new(),
            workflows: None,
        }
    }

    /// An actor of this host.
    ///
    /// # Errors
    ///
    /// Says why `id` cannot be an actor.
    pub fn actor(&self, id: impl AsRef<str>) -> Result<ActorRef, InvalidId> {
        Ok(self.actor_ref(ActorId::parse(id.as_ref())?))
    }

    /// An actor of this host.
    #[must_use]
    pub fn actor_ref(&self, id: ActorId) -> ActorRef {
        ActorRef::new(Arc::clone(&self.shared), id)
    }

    /// The stores that this host uses.
    #[must_use]
    pub fn stores(&self) -> &Stores {
        &self.shared.stores
    }

    /// The workflows of the cluster, if this host runs some.
    #[must_use]
    pub fn workflows(&self) -> Option<Workflows> {
        let library = self.shared.library.as_ref()?;
        Some(Workflows::new(Arc::clone(&self.shared), Arc::clone(library)))
    }

    /// The time, as this host has it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The names of the kinds of actor that this host has code for.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.shared.kinds.keys().map(String::as_str)
    }

    /// The handlers of a kind, if this host has code for it.
    #[must_use]
    pub fn handlers(&self, kind: &str) -> Option<&'static [HandlerSpec]> {
        self.shared.kinds.get(kind).map(|entry| entry.handlers())
    }

    /// The partitions of the cluster.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        self.shared.settings.partitions.ids()
    }

    /// The partition of an actor.
    #[must_use]
    pub fn partition_of(&self, id: &ActorId) -> PartitionId {
        self.shared.partition_of(id)
    }

    /// What the host is doing.
    #[must_use]
    pub fn status(&self) -> HostStatus {
        let (active, owned) = (self.shared.active.load(Ordering::Relaxed), self.shared.owned());
        let partitions = self.shared.partitions.len();
        let (host, has_peers) =
            (self.shared.id.clone(), self.shared.has_peers.load(Ordering::Relaxed));
        let divergence = self.shared.divergences.known();
        HostStatus { host, partitions, owned: owned.len(), active, has_peers, divergence }
    }

    /// The dead letters of a partition's actors, oldest first.
    ///
    /// # Errors
    ///
    /// Fails when the queue cannot be read.
    pub async fn dead_letters(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<KeptDeadLetter>, PortError> {
        self.shared.dead_letters().page(partition, from, limit).await
    }

    /// Has a dead letter handled again. `false` if it was replayed before.
    ///
    /// # Errors
    ///
    /// Fails when the queue cannot be reached.
    pub async fn replay_dead_letter(&self, letter: &KeptDeadLetter) -> Result<bool, PortError> {
        self.shared.replay_dead_letter(letter).await
    }

    /// Takes no more requests, ends what was begun, and gives the partitions up.
    ///
    /// What has not ended within `limit` is left to the next owner, as after a crash; the
    /// answer then says so.
    pub async fn stop(&self, limit: Duration) -> Stopped {
        self.shared.phase.send_replace(Phase::Draining);
        let drained = housekeeping::drain(&self.shared, limit).await;
        tenures::release_all(&self.shared).await;
        self.shared.phase.send_replace(Phase::Stopped);
        heart::leave(&self.shared).await;
        info!(host = %self.shared.id, "stopped");
        if drained { Stopped::Drained } else { Stopped::LimitReached }
    }
}

/// What a host is doing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HostStatus {
    /// Its id, new in each start.
    pub host: HostId,
    /// How many partitions the cluster has.
    pub partitions: usize,
    /// How many of them this host owns.
    pub owned: usize,
    /// How many actors are in memory.
    pub active: usize,
    /// Whether other hosts live, as far as this one knows. It can ask them for what they own.
    pub has_peers: bool,
    /// What the stores have forgotten, as far as this host has found out.
    pub divergence: Divergence,
}

/// How a host stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stopped {
    /// Everything that was begun has ended.
    Drained,
    /// Something was left to the next owner.
    LimitReached,
}

impl HostBuilder {
    /// Registers the code of a kind of actor.
    pub fn actor<A: Actor>(mut self) -> Self {
        self.kinds.push(KindEntry::of::<A>());
        self
    }

    /// Has the states of a kind copied to the state store, where they can be queried.
    ///
    /// The copy is behind the journal, but never stops following it.
    pub fn project<A: Actor>(mut self) -> Self {
        self.projected.insert(A::KIND);
        self
    }

    /// Has the host run workflows.
    pub fn workflows(mut self, options: WorkflowOptions) -> Self {
        self.workflows = Some(options);
        self
    }

    /// Registers an activity.
    pub fn activity<A, T, F, Fut>(mut self, name: &str, options: ActivityOptions, run: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize,
        F: Fn(Attempt, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ActivityError>> + Send + 'static,
    {
        self.activities.push((name.to_owned(), ActivityEntry::new(options, run)));
        self
    }

    /// How the host behaves.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// Where the time comes from: the machine, unless told otherwise.
    ///
    /// A host on the machine's clock and the current tokio runtime says that it is alive from a
    /// thread of its own, however busy the runtime is. Any other does so among its tasks.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where ids come from: the machine's randomness, unless told otherwise.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Who runs the host's tasks: the current tokio runtime, unless told otherwise.
    pub fn tasks(mut self, tasks: Arc<dyn Spawn>) -> Self {
        self.tasks = Some(tasks);
        self
    }

    /// Starts the host: it claims partitions, and takes up what is pending in them.
    ///
    /// # Errors
    ///
    /// Says what is wrong with what was registered, or with the stores.
    pub async fn start(mut self) -> Result<Host, StartError> {
        let beats = match (&self.clock, &self.tasks) {
            (None, None) => Beats::Apart,
            _ => Beats::AmongTasks,
        };
        let clock = self.clock.take().unwrap_or_else(|| Arc::new(SystemClock));
        let library = self.workflows.take().map(|options| Arc::new(Library::new(options)));
        if let Some(library) = &library {
            self.kinds.extend(workflow::kinds(library, &clock));
            self.projected.extend(library.projected());
            self.activities.push(workflow::calls(library));
        }
        let mut kinds = BTreeMap::new();
        for entry in self.kinds {
            let entry = entry?;
            let name = entry.kind.to_string();
            if kinds.insert(name.clone(), Arc::new(entry)).is_some() {
                return Err(StartError::Twice { what: "kind", name });
            }
        }
        let mut activities = BTreeMap::new();
        for (raw, entry) in self.activities {
            if activities.insert(ActivityName::parse(&raw)?, Arc::new(entry)).is_some() {
                return Err(StartError::Twice { what: "activity", name: raw });
            }
        }
        let partitions = self.settings.partitions.ids().map(|id| Arc::new(Partition::new(id)));
        let phase = watch::Sender::new(Phase::Running);
        let capabilities = self.stores.journal.capabilities();
        let payload_bytes_max = self.settings.payload_bytes_max;
        if 2 * (payload_bytes_max + ENVELOPE_BYTES_MAX) > capabilities.turn_bytes_max {
            let turn_bytes_max = capabilities.turn_bytes_max;
            return Err(StartError::PayloadBytesMax { payload_bytes_max, turn_bytes_max });
        }
        check_partitions(&self.stores, self.settings.partitions).await?;
        let shared = Arc::new(Shared {
            id: HostId::parse(&format!("host-{:032x}", self.ids.next()))?,
            stores: self.stores,
            clock,
            ids: self.ids,
            kinds,
            activities,
            running: Running::default(),
            watched: Watched::default(),
            library,
            partitions: partitions.collect(),
            timers: Timers::default(),
            ingress: Ingress::default(),
            receipts: Receipts::default(),
            forwards: Forwards::default(),
            moments: Moments::default(),
            phase: phase.clone(),
            tasks: self.tasks.map_or_else(|| Tasks::Tokio(Handle::current()), Tasks::Other),
            turn_bytes_max: capabilities.turn_bytes_max,
            projector: Projector::new(self.projected),
            active: AtomicUsize::new(0),
            stirred: Notify::new(),
            crowded: Notify::new(),
            has_peers: AtomicBool::new(false),
            outages: Outages::default(),
            heart: Heart::default(),
            loose_ends: LooseEnds::default(),
            lost: Notify::new(),
            divergences: Divergences::default(),
            settings: self.settings,
        });
        // From here on, a start that fails ends what it began.
        let host = Host { shared: Arc::clone(&shared), life: Arc::new(Life(phase)) };
        let owned = tenures::claim_first(&shared).await?;
        info!(host = %shared.id, owned, durability = capabilities.durability, "started");
        heart::start(&shared, beats);
        shared.spawn(tenures::run(Arc::clone(&shared)));
        shared.spawn(timers::run(Arc::clone(&shared)));
        shared.spawn(ingress::run(Arc::clone(&shared)));
        shared.spawn(receipts::run(Arc::clone(&shared)));
        shared.spawn(housekeeping::run(Arc::clone(&shared)));
        shared.spawn(projector::run(Arc::clone(&shared)));
        Ok(host)
    }
}
