//! [`IdempotencyStore`] over one key for each request, which Redis forgets by itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};

use crate::clock::{duration, millis, timestamp};
use crate::connection::Connection;
use crate::error::Failure;
use crate::key::Keys;
use crate::reply::{Parts, text};
use crate::script::Script;

static BEGIN: Script =
    Script::new(concat!(include_str!("clock.lua"), include_str!("idempotency/begin.lua")));
static FINISH: Script =
    Script::new(concat!(include_str!("clock.lua"), include_str!("idempotency/finish.lua")));
static ABANDON: Script = Script::new(include_str!("idempotency/abandon.lua"));

/// Requests in Redis.
#[derive(Debug)]
pub(crate) struct RedisIdempotency {
    connection: Arc<Connection>,
    keys: Keys,
}

impl RedisIdempotency {
    pub(crate) fn new(connection: Arc<Connection>, keys: Keys) -> Self {
        Self { connection, keys }
    }

    async fn try_begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, Failure> {
        let call = BEGIN
            .call(&[self.keys.request(key.as_str())])
            .arg(millis(now))
            .arg(self.connection.settings().time.name())
            .arg(duration(ttl));
        let mut answer = Parts::of(self.connection.call_durably(call).await?)?;
        match answer.text()?.as_str() {
            "new" => Ok(Begin::New(Claim { key: key.clone(), token: answer.number()? })),
            "running" => Ok(Begin::InProgress { until: timestamp(answer.number()?) }),
            _ => Ok(Begin::Done(answer.bytes()?)),
        }
    }

    async fn try_finish(
        &self,
        claim: &Claim,
        result: &[u8],
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, Failure> {
        let call = FINISH
            .call(&[self.keys.request(claim.key.as_str())])
            .arg(millis(now))
            .arg(self.connection.settings().time.name())
            .arg(claim.token)
            .arg(duration(ttl))
            .arg(result);
        match text(self.connection.call_durably(call).await?)?.as_str() {
            "recorded" => Ok(Finish::Recorded),
            _ => Ok(Finish::Lost),
        }
    }
}

#[async_trait]
impl IdempotencyStore for RedisIdempotency {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        self.try_begin(key, ttl, now).await.map_err(|error| error.at("begin"))
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.try_finish(claim, &result, ttl, now).await.map_err(|error| error.at("finish"))
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        let call = ABANDON.call(&[self.keys.request(claim.key.as_str())]).arg(claim.token);
        let answer = self.connection.call_durably(call).await;
        answer.map(drop).map_err(|error| error.at("abandon"))
    }

    /// Redis forgets by itself.
    async fn sweep(&self, _now: Timestamp) -> Result<u64, PortError> {
        Ok(0)
    }
}
