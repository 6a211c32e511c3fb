//! A registry behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{ActorId, HostId, Kind, Payload, Timestamp};
use loom_ports::{
    ActorRegistry, Choice, Condition, Cursor, Instance, InstanceBeat, Page, PortError, Register,
    Registration, RegistryEvent, RegistryStats, Tally,
};

use super::{FaultPlan, carried};

/// Wraps a registry and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyRegistry {
    inner: Arc<dyn ActorRegistry>,
    plan: FaultPlan,
}

impl FaultyRegistry {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn ActorRegistry>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl ActorRegistry for FaultyRegistry {
    async fn declare(&self, kind: &Kind, metadata: &Payload) -> Result<(), PortError> {
        carried!(self.declare(&kind, &metadata))
    }

    async fn kinds(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(Kind, Payload)>, PortError> {
        carried!(self.kinds(opt from, val limit))
    }

    async fn register(
        &self,
        registration: &Registration,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Register, PortError> {
        carried!(self.register(&registration, val ttl, val now))
    }

    async fn heartbeat(
        &self,
        actor: &ActorId,
        host: &HostId,
        condition: Condition,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<InstanceBeat, PortError> {
        carried!(self.heartbeat(&actor, &host, val condition, val ttl, val now))
    }

    async fn unregister(
        &self,
        actor: &ActorId,
        host: &HostId,
        now: Timestamp,
    ) -> Result<(), PortError> {
        carried!(self.unregister(&actor, &host, val now))
    }

    async fn get(&self, actor: &ActorId, now: Timestamp) -> Result<Option<Instance>, PortError> {
        carried!(self.get(&actor, val now))
    }

    async fn find(
        &self,
        kind: &Kind,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Option<Instance>, PortError> {
        carried!(self.find(&kind, val choice, val now))
    }

    async fn instances(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page<Instance>, PortError> {
        carried!(self.instances(&kind, opt from, val limit, val now))
    }

    async fn stats(
        &self,
        kind: &Kind,
        from: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<Tally<RegistryStats>, PortError> {
        carried!(self.stats(&kind, opt from, val now))
    }

    async fn events(
        &self,
        kind: &Kind,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<RegistryEvent>, PortError> {
        carried!(self.events(&kind, val after, val limit))
    }

    async fn cleanup(&self, kind: &Kind, now: Timestamp) -> Result<u64, PortError> {
        carried!(self.cleanup(&kind, val now))
    }
}
