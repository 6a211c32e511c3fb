//! [`IdempotencyStore`] over one document for each request, which Cosmos DB forgets by itself.

use std::time::Duration;

use async_trait::async_trait;
use azure_core::base64;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};
use serde::{Deserialize, Serialize};

use crate::connection::Answer;
use crate::documents::{Documents, Found, RACES_MAX, Written};
use crate::error::Failure;

/// How much longer than it means anything a document is kept: clocks differ, and a token must not
/// come back.
const KEPT: Duration = Duration::from_hours(24);
/// Tokens are the time, with room for so many claims in a millisecond.
const CLAIMS_PER_MILLI: u64 = 1 << 20;

/// Requests in Cosmos DB.
#[derive(Debug)]
pub(crate) struct CosmosIdempotency {
    documents: Documents,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Request {
    /// Numbers of JSON are exact to 53 bits.
    token: String,
    /// Until when it means anything, in milliseconds.
    until: u64,
    state: State,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Running,
    Abandoned,
    /// With the result in base64.
    Done(String),
}

impl CosmosIdempotency {
    pub(crate) fn new(documents: Documents) -> Self {
        Self { documents }
    }

    async fn find(&self, key: &IdempotencyKey) -> Answer<Option<Found<Request>>> {
        self.documents.read(key.as_str()).await
    }

    async fn write(
        &self,
        key: &IdempotencyKey,
        found: Option<Found<Request>>,
        request: Request,
        ttl: Duration,
    ) -> Answer<Written> {
        let ttl = u32::try_from((ttl.saturating_add(KEPT)).as_secs()).unwrap_or(i32::MAX as u32);
        let ttl = ttl.min(i32::MAX as u32);
        self.documents.write(key.as_str(), found, request, Some(ttl)).await
    }

    async fn try_begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Answer<Begin> {
        for _ in 0..RACES_MAX {
            let found = self.find(key).await?;
            let mut token = now.as_millis().saturating_mul(CLAIMS_PER_MILLI);
            if let Some(Found { body, .. }) = &found {
                if let Some(answer) = body.answer(now)? {
                    return Ok(answer);
                }
                token = token.max(body.token()?.saturating_add(1));
            }
            let until = now.saturating_add(ttl).as_millis();
            let request = Request { token: token.to_string(), until, state: State::Running };
            if self.write(key, found, request, ttl).await? == Written::Yes {
                return Ok(Begin::New(Claim { key: key.clone(), token }));
            }
        }
        Err(Failure::Contended)
    }

    async fn try_finish(
        &self,
        claim: &Claim,
        result: &[u8],
        ttl: Duration,
        now: Timestamp,
    ) -> Answer<Finish> {
        for _ in 0..RACES_MAX {
            let found = self.find(&claim.key).await?;
            let Some(Found { body, .. }) = &found else { return Ok(Finish::Lost) };
            if body.token()? != claim.token || body.until <= now.as_millis() {
                return Ok(Finish::Lost);
            }
            match body.state {
                State::Done(_) => return Ok(Finish::Recorded),
                State::Abandoned => return Ok(Finish::Lost),
                State::Running => {}
            }
            let until = now.saturating_add(ttl).as_millis();
            let state = State::Done(base64::encode(result));
            let request = Request { until, state, ..body.clone() };
            if self.write(&claim.key, found, request, ttl).await? == Written::Yes {
                return Ok(Finish::Recorded);
            }
        }
        Err(Failure::Contended)
    }

    async fn try_abandon(&self, claim: &Claim) -> Answer<()> {
        for _ in 0..RACES_MAX {
            let found = self.find(&claim.key).await?;
            let Some(Found { body, .. }) = &found else { return Ok(()) };
            if body.token()? != claim.token || body.state != State::Running {
                return Ok(());
            }
            // Kept, so that the next claim has another token.
            let request = Request { state: State::Abandoned, ..body.clone() };
            if self.write(&claim.key, found, request, Duration::ZERO).await? == Written::Yes {
                return Ok(());
            }
        }
        Err(Failure::Contended)
    }
}

impl Request {
    fn token(&self) -> Answer<u64> {
        self.token.parse().map_err(|_| Failure::Corrupt("token"))
    }

    /// What there is to say of a request that may not be begun again.
    fn answer(&self, now: Timestamp) -> Answer<Option<Begin>> {
        if self.until <= now.as_millis() {
            return Ok(None);
        }
        Ok(match &self.state {
            State::Abandoned => None,
            State::Running => Some(Begin::InProgress { until: Timestamp::from_millis(self.until) }),
            State::Done(result) => {
                let result = base64::decode(result).map_err(|_| Failure::Corrupt("result"))?;
                Some(Begin::Done(result.into()))
            }
        })
    }
}

#[async_trait]
impl IdempotencyStore for CosmosIdempotency {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        self.try_begin(key, ttl, now).await.map_err(|failure| failure.at("begin"))
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.try_finish(claim, &result, ttl, now).await.map_err(|failure| failure.at("finish"))
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        self.try_abandon(claim).await.map_err(|failure| failure.at("abandon"))
    }

    /// Cosmos DB forgets by itself.
    async fn sweep(&self, _now: Timestamp) -> Result<u64, PortError> {
        Ok(0)
    }
}
