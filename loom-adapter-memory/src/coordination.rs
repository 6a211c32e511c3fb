//! [`Coordination`] over a map.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};

use crate::shared::Shared;

/// A cluster of the hosts that share this handle.
#[derive(Clone, Debug, Default)]
pub struct MemoryCoordination {
    members: Shared<BTreeMap<HostId, Member>>,
}

#[async_trait]
impl Coordination for MemoryCoordination {
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError> {
        let until = now.saturating_add(ttl);
        let member = Member { host: host.clone(), details: details.clone(), until };
        match self.members.lock().insert(host.clone(), member) {
            Some(before) if before.until > now => Ok(Heartbeat::Stayed),
            _ => Ok(Heartbeat::Joined),
        }
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        self.members.lock().remove(host);
        Ok(())
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        let members = self.members.lock();
        Ok(members.values().filter(|member| member.until > now).cloned().collect())
    }
}
