//! A lock manager behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};

use super::{FaultPlan, carried};

/// Wraps a lock manager and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyLocks {
    inner: Arc<dyn LockManager>,
    plan: FaultPlan,
}

impl FaultyLocks {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn LockManager>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl LockManager for FaultyLocks {
    async fn acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        carried!(self.acquire(&name, &owner, val ttl, val now))
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        carried!(self.renew(&lease, val ttl, val now))
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        carried!(self.release(&lease))
    }
}
