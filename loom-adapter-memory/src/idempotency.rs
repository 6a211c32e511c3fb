//! [`IdempotencyStore`] over a map.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};

use crate::shared::Shared;

/// How many keys one sweep removes.
const SWEPT_MAX: u64 = 1000;

/// Requests that are remembered as long as the last clone of this handle lives.
#[derive(Clone, Debug, Default)]
pub struct MemoryIdempotency {
    requests: Shared<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    // One counter for all keys, so that a key need not be remembered to tell its claims apart.
    last_token: u64,
    by_key: BTreeMap<IdempotencyKey, Request>,
    // Has an entry for each request, so that a sweep looks at none that it keeps but one.
    by_end: BTreeSet<(Timestamp, IdempotencyKey)>,
}

#[derive(Debug)]
struct Request {
    token: u64,
    until: Timestamp,
    result: Option<Bytes>,
}

#[async_trait]
impl IdempotencyStore for MemoryIdempotency {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        let mut requests = self.requests.lock();
        match requests.by_key.get(key) {
            Some(Request { until, result: None, .. }) if *until > now => {
                Ok(Begin::InProgress { until: *until })
            }
            Some(Request { until, result: Some(result), .. }) if *until > now => {
                Ok(Begin::Done(result.clone()))
            }
            _ => {
                requests.last_token += 1;
                let token = requests.last_token;
                let until = now.saturating_add(ttl);
                requests.set(key, Request { token, until, result: None });
                Ok(Begin::New(Claim { key: key.clone(), token }))
            }
        }
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let mut requests = self.requests.lock();
        match requests.claimed(claim) {
            Some(Request { until, .. }) if *until <= now => Ok(Finish::Lost),
            Some(Request { result: Some(_), .. }) => Ok(Finish::Recorded),
            Some(&Request { token, .. }) => {
                let until = now.saturating_add(ttl);
                requests.set(&claim.key, Request { token, until, result: Some(result) });
                Ok(Finish::Recorded)
            }
            None => Ok(Finish::Lost),
        }
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        let mut requests = self.requests.lock();
        if requests.claimed(claim).is_some_and(|request| request.result.is_none()) {
            requests.remove(&claim.key);
        }
        Ok(())
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError> {
        let mut requests = self.requests.lock();
        let mut swept = 0;
        while swept < SWEPT_MAX
            && let Some((until, key)) = requests.by_end.first().cloned()
            && until <= now
        {
            requests.remove(&key);
            swept += 1;
        }
        Ok(swept)
    }
}

impl Requests {
    /// The request that `claim` was given for, unless it was claimed again or forgotten.
    fn claimed(&self, claim: &Claim) -> Option<&Request> {
        self.by_key.get(&claim.key).filter(|request| request.token == claim.token)
    }

    fn set(&mut self, key: &IdempotencyKey, request: Request) {
        self.remove(key);
        self.by_end.insert((request.until, key.clone()));
        self.by_key.insert(key.clone(), request);
    }

    fn remove(&mut self, key: &IdempotencyKey) {
        if let Some((key, request)) = self.by_key.remove_entry(key) {
            self.by_end.remove(&(request.until, key));
        }
    }
}
