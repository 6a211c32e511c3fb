//! [`LockManager`] over a map.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};

use crate::shared::Shared;

/// Locks that live as long as the last clone of this handle.
#[derive(Clone, Debug, Default)]
pub struct MemoryLocks {
    locks: Shared<Locks>,
}

#[derive(Debug, Default)]
struct Locks {
    // One counter for all names, so that a name need not be remembered once it is released.
    last_token: u64,
    leases: BTreeMap<LockName, Lease>,
}

#[async_trait]
impl LockManager for MemoryLocks {
    async fn acquire(
        &self,
        name: &LockName,
        _owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        let mut locks = self.locks.lock();
        if let Some(lease) = locks.leases.get(name).filter(|lease| lease.until > now) {
            return Ok(Acquire::Busy { until: lease.until });
        }
        locks.last_token += 1;
        let until = now.saturating_add(ttl);
        let lease = Lease { name: name.clone(), token: locks.last_token, until };
        locks.leases.insert(name.clone(), lease.clone());
        Ok(Acquire::Held(lease))
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        let mut locks = self.locks.lock();
        match locks.current(lease) {
            Some(current) if current.until > now => {
                current.until = now.saturating_add(ttl);
                Ok(Renew::Held(current.clone()))
            }
            _ => Ok(Renew::Lost),
        }
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        let mut locks = self.locks.lock();
        if locks.current(lease).is_some() {
            locks.leases.remove(&lease.name);
        }
        Ok(())
    }
}

impl Locks {
    /// What is stored of `lease`, unless another one followed it. The caller's copy may be from
    /// before a renewal, so only its token counts.
    fn current(&mut self, lease: &Lease) -> Option<&mut Lease> {
        self.leases.get_mut(&lease.name).filter(|current| current.token == lease.token)
    }
}
