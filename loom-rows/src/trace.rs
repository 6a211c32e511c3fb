//! [`TraceStore`] over rows of one space.
//!
//! Rows without a value lead to the spans in the order of their beginnings: all of them, those of
//! a request, those of an actor. They are written and removed with their span.

mod row;
mod saving;
mod search;

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{SpanId, Timestamp};
use loom_ports::{
    Cursor, Page, PortError, RowKey, RowStore, SaveSpan, Space, Span, SpanQuery, SpanStats, Tally,
    TraceStore,
};

use crate::desk::{Broken, Desk};
use crate::walk::later_first;

/// `id → SpanRow`
const SPAN: u8 = 1;
/// `time, id →`
const BY_TIME: u8 = 2;
/// `correlation, time, id →`
const BY_CORRELATION: u8 = 3;
/// `actor, time, id →`
const BY_ACTOR: u8 = 4;
/// `→ number`: how many spans there are.
const COUNT: u8 = 5;

/// How many spans are kept unless it is said otherwise.
const SPANS_MAX: u64 = 1_000_000;

/// Spans over rows.
#[derive(Clone, Debug)]
pub struct RowTraces {
    desk: Desk,
    space: Space,
    spans_max: u64,
}

impl RowTraces {
    /// The spans that `rows` hold: a million at the most.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>) -> Self {
        Self::with_limit(rows, SPANS_MAX)
    }

    /// The spans that `rows` hold, at the most `spans_max`, a few more or fewer while saves race.
    #[must_use]
    pub fn with_limit(rows: Arc<dyn RowStore>, spans_max: u64) -> Self {
        Self { desk: Desk::new(rows), space: Space::named("traces"), spans_max }
    }

    async fn find(&self, id: &SpanId) -> Result<Option<Span>, Broken> {
        let found = self.desk.row(&self.space, span_key(id)).await?;
        found.map(|found| row::decode(id, &found.value)).transpose()
    }
}

#[async_trait]
impl TraceStore for RowTraces {
    async fn save(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, PortError> {
        self.save_all(spans).await.map_err(|error| error.at("save"))
    }

    async fn get(&self, id: &SpanId) -> Result<Option<Span>, PortError> {
        self.find(id).await.map_err(|error| error.at("get"))
    }

    async fn query(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Span>, PortError> {
        self.page(query, from, limit).await.map_err(|error| error.at("query"))
    }

    async fn stats(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
    ) -> Result<Tally<SpanStats>, PortError> {
        self.count(query, from).await.map_err(|error| error.at("stats"))
    }

    async fn cleanup(&self, older_than: Timestamp) -> Result<u64, PortError> {
        self.remove_before(older_than).await.map_err(|error| error.at("cleanup"))
    }
}

fn span_key(id: &SpanId) -> RowKey {
    RowKey::of(SPAN).text(id.as_str())
}

/// The rows that lead to a span.
fn index_keys(span: &Span) -> [RowKey; 3] {
    let beginnings = [
        RowKey::of(BY_TIME),
        RowKey::of(BY_CORRELATION).text(span.correlation.as_str()),
        RowKey::of(BY_ACTOR).text(span.actor.as_str()),
    ];
    let time = later_first(span.started_at);
    beginnings.map(|beginning| beginning.number(time).text(span.id.as_str()))
}
