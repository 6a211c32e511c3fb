//! An idempotency store behind a bad network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, Timestamp};
use loom_ports::{Begin, Claim, Finish, IdempotencyStore, PortError};

use super::{FaultPlan, carried};

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
        carried!(self.begin(&key, val ttl, val now))
    }

    async fn finish(
        &self,
        claim: &Claim,
        result: Bytes,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        carried!(self.finish(&claim, val result, val ttl, val now))
    }

    async fn abandon(&self, claim: &Claim) -> Result<(), PortError> {
        carried!(self.abandon(&claim))
    }

    async fn sweep(&self, now: Timestamp) -> Result<u64, PortError> {
        carried!(self.sweep(val now))
    }
}
