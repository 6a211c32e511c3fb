//! Traces behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{SpanId, Timestamp};
use loom_ports::{
    Cursor, Page, PortError, SaveSpan, Span, SpanQuery, SpanStats, Tally, TraceStore,
};

use super::{FaultPlan, carried};

/// Wraps a trace store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyTraces {
    inner: Arc<dyn TraceStore>,
    plan: FaultPlan,
}

impl FaultyTraces {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn TraceStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl TraceStore for FaultyTraces {
    async fn save(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, PortError> {
        carried!(self.save(&spans))
    }

    async fn get(&self, id: &SpanId) -> Result<Option<Span>, PortError> {
        carried!(self.get(&id))
    }

    async fn query(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Span>, PortError> {
        carried!(self.query(&query, opt from, val limit))
    }

    async fn stats(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
    ) -> Result<Tally<SpanStats>, PortError> {
        carried!(self.stats(&query, opt from))
    }

    async fn cleanup(&self, older_than: Timestamp) -> Result<u64, PortError> {
        carried!(self.cleanup(val older_than))
    }
}
