//! Membership behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};

use super::FaultPlan;

/// Wraps a coordination store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyCoordination {
    inner: Arc<dyn Coordination>,
    plan: FaultPlan,
}

impl FaultyCoordination {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn Coordination>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl Coordination for FaultyCoordination {
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError> {
        self.plan.call("heartbeat", || self.inner.heartbeat(host, details, ttl, now)).await
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        self.plan.call("leave", || self.inner.leave(host)).await
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        self.plan.call("members", || self.inner.members(now)).await
    }
}
