//! An idempotency store behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};

use super::FaultPlan;

/// Wraps an idempotency store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyIdempotency {
    inner: Arc<dyn IdempotencyStore>,
    plan: FaultPlan,
}

impl FaultyIdempotency {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn IdempotencyStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl IdempotencyStore for FaultyIdempotency {
    async fn begin(
        &self,
        key: &IdempotencyKey,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Begin, PortError> {
        self.plan.call("begin", || self.inner.begin(key, ttl, now)).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.plan.call("finish", || self.inner.finish(claim, result.clone(), ttl, now)).await
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        self.plan.call("abandon", || self.inner.abandon(claim)).await
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError> {
        self.plan.call("sweep", || self.inner.sweep(now)).await
    }
}
