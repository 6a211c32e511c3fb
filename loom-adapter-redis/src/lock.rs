//! [`LockManager`] over one script for each question.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError, Renew};

use crate::clock::{duration, millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::key::Keys;
use crate::reply::Parts;
use crate::script::Script;

macro_rules! lock_script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("clock.lua"),
            include_str!("lock/lock.lua"),
            include_str!($file)
        ))
    };
}

static ACQUIRE: Script = lock_script!("lock/acquire.lua");
static SETTLE: Script = lock_script!("lock/settle.lua");

/// Locks in Redis.
#[derive(Debug)]
pub(crate) struct RedisLocks {
    connection: Arc<Connection>,
    keys: Keys,
}

impl RedisLocks {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        Self { connection, keys }
    }

    async fn try_acquire(
        &self,
        name: &LockName,
        owner: &HostId,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Acquire, Failure> {
        let call = ACQUIRE
            .call(&self.keys.lock(name.as_str()))
            .arg(millis(now))
            .arg(self.connection.settings().time.name())
            .arg(owner.as_str())
            .arg(duration(ttl));
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        if answer.text()? == "busy" {
            return Ok(Acquire::Busy { until: timestamp(answer.number()?) });
        }
        let (token, until) = (answer.number()?, timestamp(answer.number()?));
        Ok(Acquire::Held(Lease { name: name.clone(), token, until }))
    }

    async fn settle(
        &self,
        lease: &Lease,
        how: &str,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Renew, Failure> {
        let [_, key] = self.keys.lock(lease.name.as_str());
        let call = SETTLE
            .call(&[key])
            .arg(millis(now))
            .arg(self.connection.settings().time.name())
            .arg(lease.token)
            .arg(how)
            .arg(duration(ttl));
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        if answer.text()? != "held" {
            return Ok(Renew::Lost);
        }
        let until = timestamp(answer.number()?);
        Ok(Renew::Held(Lease { until, ..lease.clone() }))
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
        self.settle(lease, "renew", ttl, now).await.map_err(|error| error.at("renew"))
    }

    async fn release(&self, lease: &Lease) -> Result<(), PortError> {
        let released = self.settle(lease, "release", Duration::ZERO, Timestamp::EPOCH).await;
        released.map(drop).map_err(|error| error.at("release"))
    }
}
