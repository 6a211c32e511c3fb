//! Membership behind a bad network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};

use super::{FaultPlan, carried};

/// Wraps a coordination store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyCoordination {
    inner: Arc<dyn Coordination>,
    plan: FaultPlan,
    /// What was last seen: members may be seen late.
    seen: Mutex<Option<Vec<Member>>>,
}

impl FaultyCoordination {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn Coordination>, plan: FaultPlan) -> Self {
        Self { inner, plan, seen: Mutex::default() }
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
        carried!(self.heartbeat(&host, &details, val ttl, val now))
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        carried!(self.leave(&host))
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if self.plan.is_stale("members")
            && let Some(members) = seen().clone()
        {
            return Ok(members);
        }
        let members: Vec<Member> = carried!(self.members(val now))?;
        *seen() = Some(members.clone());
        Ok(members)
    }
}
