//! [`LockManager`] over scripts that serve many callers at once.

mod taking;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};

use self::taking::{Asked, Holding, Settlement, Taking};
use crate::connection::Connection;
use crate::error::Failure;
use crate::joined::{self, Joined};
use crate::key::{Keys, lock_group};
use crate::reply::strange;

/// Locks in Redis.
#[derive(Debug)]
pub(crate) struct RedisLocks {
    connection: Arc<Connection>,
    keys: Keys,
    taking: Joined<Taking>,
    holding: Joined<Holding>,
}

impl RedisLocks {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        let taking = Joined::new(Taking(Arc::clone(&connection)));
        let holding = Joined::new(Holding(Arc::clone(&connection)));
        Self { connection, keys, taking, holding }
    }

    fn lane(&self, name: &LockName) -> u64 {
        joined::lane(self.connection.settings(), lock_group(name.as_str()))
    }

    async fn try_acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, Failure> {
        let keys = self.keys.lock(name.as_str());
        let asked = Asked { name: name.clone(), keys, owner: owner.clone(), ttl, now };
        let mut answers = self.taking.carry(&self.lane(name), vec![asked]).await?;
        answers.pop().ok_or(strange("lock"))
    }

    async fn settle(
        &self,
        lease: &Lease,
        renewal: Option<(Duration, Timestamp)>,
    ) -> Result<Renew, Failure> {
        let [_, key] = self.keys.lock(lease.name.as_str());
        let settlement = Settlement { lease: lease.clone(), key, renewal };
        let mut answers = self.holding.carry(&self.lane(&lease.name), vec![settlement]).await?;
        answers.pop().ok_or(strange("lease"))
    }
}

#[async_trait]
impl LockManager for RedisLocks {
    async fn acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, PortError> {
        self.try_acquire(name, owner, ttl, now).await.map_err(|error| error.at("acquire"))
    }

    async fn renew(
        &self,
        lease: &Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, PortError> {
        self.settle(lease, Some((ttl, now))).await.map_err(|error| error.at("renew"))
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        self.settle(lease, None).await.map(drop).map_err(|error| error.at("release"))
    }
}
