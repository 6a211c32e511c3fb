//! [`Coordination`] over two keys for all hosts.

use std::time::Duration;

use async_trait::async_trait;
use loom_core::{HostId, Payload, Timestamp};
use loom_ports::{Coordination, Heartbeat, Member, PortError};

use crate::clock::{duration, millis, timestamp};
use crate::error::Failure;
use crate::key::Keys;
use crate::line::Line;
use crate::reply::{Parts, strange, text};
use crate::script::Script;

static HEARTBEAT: Script =
    Script::new(concat!(include_str!("clock.lua"), include_str!("coordination/heartbeat.lua")));
static LEAVE: Script = Script::new(include_str!("coordination/leave.lua"));
static MEMBERS: Script =
    Script::new(concat!(include_str!("clock.lua"), include_str!("coordination/members.lua")));

/// Membership in Redis.
#[derive(Debug)]
pub(crate) struct RedisCoordination {
    line: Line,
    keys: Keys,
}

impl RedisCoordination {
    pub(crate) fn new(line: Line, keys: Keys) -> Self {
        Self { line, keys }
    }

    async fn try_heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, Failure> {
        let call = HEARTBEAT
            .call(&self.keys.members())
            .arg(millis(now))
            .arg(self.line.settings().time.name())
            .arg(host.as_str())
            .arg(&details.0[..])
            .arg(duration(ttl));
        match text(self.line.call(call).await?)?.as_str() {
            "stayed" => Ok(Heartbeat::Stayed),
            _ => Ok(Heartbeat::Joined),
        }
    }

    async fn try_members(&self, now: Timestamp) -> Result<Vec<Member>, Failure> {
        let call = MEMBERS
            .call(&self.keys.members())
            .arg(millis(now))
            .arg(self.line.settings().time.name());
        let mut answer = Parts::of(self.line.call(call).await?)?;
        let mut members = Vec::new();
        while !answer.is_empty() {
            let host = HostId::parse(&answer.text()?).map_err(|_| strange("host"))?;
            let (details, until) = (Payload(answer.bytes()?), timestamp(answer.number()?));
            members.push(Member { host, details, until });
        }
        members.sort_by(|left, right| left.host.cmp(&right.host));
        Ok(members)
    }
}

#[async_trait]
impl Coordination for RedisCoordination {
    async fn heartbeat(
        &self,
        host: &HostId,
        details: &Payload,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Heartbeat, PortError> {
        self.try_heartbeat(host, details, ttl, now).await.map_err(|error| error.at("heartbeat"))
    }

    async fn leave(&self, host: &HostId) -> Result<(), PortError> {
        let call = LEAVE.call(&self.keys.members()).arg(host.as_str());
        self.line.call(call).await.map(drop).map_err(|error| error.at("leave"))
    }

    async fn members(&self, now: Timestamp) -> Result<Vec<Member>, PortError> {
        self.try_members(now).await.map_err(|error| error.at("members"))
    }
}
