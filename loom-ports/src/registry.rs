//! Port: which actors are at work, where, and how busy they are.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};

use crate::{Cursor, Page, PortError, Tally};

/// The most events of a kind that are kept.
pub const REGISTRY_EVENTS_MAX: u64 = 1_000;

/// Knows the actors that lately said they are at work, so that others find one of them.
///
/// Advice, as membership is: who owns an actor is decided by tenures. An instance that is not heard
/// of until the end of its time has lapsed, and is found by nobody from then on. A read after a
/// change that was answered sees it.
#[async_trait]
pub trait ActorRegistry: Debug + Send + Sync + 'static {
    /// Tells about a kind, whatever was told before. May be repeated. Metadata larger than
    /// [`METADATA_BYTES_MAX`](crate::METADATA_BYTES_MAX) is `Invalid`, here and of instances.
    async fn declare(&self, kind: &Kind, metadata: &Payload) -> Result<(), PortError>;

    /// The kinds that were declared, in the order of their names, and what was told about them.
    async fn kinds(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Kind, Payload)>, PortError>;

    /// Registers an instance until `now + ttl`, instead of what was known of the actor. May be
    /// repeated.
    async fn register(
        &self,
        registration: &Registration,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Register, PortError>;

    /// Keeps an instance until `now + ttl`, and says how busy it is.
    ///
    /// Writes nothing of an actor that `host` has not registered, or whose time has ended. May be
    /// repeated.
    async fn heartbeat(
        &self,
        actor: &ActorId,
        host: &HostId,
        condition: Condition,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<InstanceBeat, PortError>;

    /// Forgets an instance. Changes nothing if `host` has not registered it. May be repeated.
    async fn unregister(
        &self,
        actor: &ActorId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// The instance of an actor, be it busy or not, unless its time has ended.
    async fn get(&self, actor: &ActorId, now: Timestamp) -> Result<Option<Instance>, PortError>;

    /// An instance of a kind that is not busy. `None` if all are, or there are none.
    async fn find(
        &self,
        kind: &Kind,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<Instance>, PortError>;

    /// All instances of a kind whose time has not ended, in the order of their keys, byte by byte.
    async fn instances(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Instance>, PortError>;

    /// Counts the instances of a kind whose time has not ended, some in each call.
    async fn stats(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Tally<RegistryStats>, PortError>;

    /// What happened to instances of a kind after the event of a number, or since the oldest that
    /// is kept; at most `limit` events, in the order in which they happened.
    ///
    /// Numbers begin with 1 and grow by one, so whoever comes late sees what was forgotten: all but
    /// the last [`REGISTRY_EVENTS_MAX`] events.
    async fn events(
        &self,
        kind: &Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RegistryEvent>, PortError>;

    /// Removes instances of a kind whose time has ended, in a bounded amount of work. Returns how
    /// many; none are left when it returns 0.
    async fn cleanup(&self, kind: &Kind, now: Timestamp) -> Result<u64, PortError>;
}

/// What an instance says of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Registration {
    /// Which actor.
    pub actor: ActorId,
    /// Where it is at work.
    pub host: HostId,
    /// What else is told: a JSON value, byte for byte.
    pub metadata: Payload,
    /// How busy it is.
    pub condition: Condition,
}

/// How busy an instance is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Condition {
    /// Takes no more for now, so that nobody finds it.
    pub busy: bool,
    /// How much it has to do, in whatever its kind counts.
    pub load: u64,
}

/// An instance whose time has not ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instance {
    /// What it said last.
    pub registration: Registration,
    /// When its time ends, unless it is heard of: at this time it has ended.
    pub until: Timestamp,
}

/// Which of many instances to find.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Choice {
    /// The one with the least load; of several the first in the order of their keys.
    LeastBusy,
    /// Any. The same number finds the same one as long as nothing changes.
    Random(u64),
}

/// The answer to [`ActorRegistry::register`].
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Register {
    /// There was none, or its time had ended.
    New,
    /// The actor was registered, by this host or another one.
    Replaced,
}

/// The answer to [`ActorRegistry::heartbeat`].
#[must_use = "an instance that is not known must be registered"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InstanceBeat {
    /// It stays.
    Stayed,
    /// The host has not registered it, or its time has ended.
    Unknown,
}

/// Counts of instances.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RegistryStats {
    /// Those that are not busy.
    pub free: u64,
    /// Those that are.
    pub busy: u64,
    /// The load of all together.
    pub load: u64,
}

impl RegistryStats {
    /// Counts an instance.
    pub fn count(&mut self, condition: Condition) {
        let counter = if condition.busy { &mut self.busy } else { &mut self.free };
        *counter += 1;
        self.load = self.load.saturating_add(condition.load);
    }
}

impl std::ops::AddAssign for RegistryStats {
    fn add_assign(&mut self, other: Self) {
        self.free += other.free;
        self.busy += other.busy;
        self.load = self.load.saturating_add(other.load);
    }
}

/// Something that happened to an instance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegistryEvent {
    /// Its place among the events of the kind.
    pub number: u64,
    /// When, by the clock of whoever told it.
    pub at: Timestamp,
    /// To which actor.
    pub actor: ActorId,
    /// Where it is, or was.
    pub host: HostId,
    /// What happened.
    pub what: RegistryChange,
}

/// What happened to an instance.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RegistryChange {
    /// It was not known, or its time had ended.
    Registered,
    /// Another host registered it.
    Moved,
    /// It takes no more for now.
    Occupied,
    /// It was busy, and is not any more.
    Freed,
    /// It was forgotten because its host said so.
    Unregistered,
    /// Its time has ended. Told once somebody notices: who cleans up, or registers it anew.
    Lapsed,
}

const _: fn(&dyn ActorRegistry) = |_| {};
