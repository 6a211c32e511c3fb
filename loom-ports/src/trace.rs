//! Port: what was done, when, and how it went.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{ActorId, CorrelationId, OperationName, Payload, SpanId, Timestamp};

use crate::{Cursor, Page, PortError, Tally};

/// The most bytes of what is told about a span.
pub const SPAN_DETAILS_BYTES_MAX: usize = 64 * 1024;

/// Keeps spans of work, for people: a bounded number of them, and each until it is cleaned up.
///
/// A store that holds as many as it may forgets the oldest ones. A read after a save that was
/// answered sees it.
#[async_trait]
pub trait TraceStore: Debug + Send + Sync + 'static {
    /// Saves spans in their order, each whole or not at all, and says what became of each. May be
    /// repeated.
    ///
    /// A span that is known by its id is replaced until it has ended. After that it stays as it is,
    /// so that news of its beginning may come late. Details larger than
    /// [`SPAN_DETAILS_BYTES_MAX`] are `Invalid`.
    async fn save(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, PortError>;

    /// A span.
    async fn get(&self, id: &SpanId) -> Result<Option<Span>, PortError>;

    /// Spans that pass every filter, from the last that began to the first.
    ///
    /// A span that is stored, and passes, from the first page to the last is in one of them.
    async fn query(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Span>, PortError>;

    /// Counts the spans that pass every filter, some in each call. What all calls answer, added
    /// up, is the whole.
    async fn stats(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
    ) -> Result<Tally<SpanStats>, PortError>;

    /// Removes spans that began before `older_than`, the oldest first, in a bounded amount of
    /// work. Returns how many; none are left when it returns 0. May be repeated.
    async fn cleanup(&self, older_than: Timestamp) -> Result<u64, PortError>;
}

/// A piece of work.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Span {
    /// Names it. Chosen by whoever does the work.
    pub id: SpanId,
    /// The work of which it is a part.
    pub parent: Option<SpanId>,
    /// The same for all spans that one request led to.
    pub correlation: CorrelationId,
    /// Who did it.
    pub actor: ActorId,
    /// What was done.
    pub operation: OperationName,
    /// When it began.
    pub started_at: Timestamp,
    /// `None` while it is done.
    pub end: Option<SpanEnd>,
    /// What else is told: a JSON value. Read back as it was saved, byte for byte.
    pub details: Payload,
}

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SpanEnd {
    /// When.
    pub at: Timestamp,
    /// It did not do what it was to do.
    pub failed: bool,
}

/// How far a span is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SpanStatus {
    /// It has not ended.
    Running,
    /// It did what it was to do.
    Completed,
    /// It did not.
    Failed,
}

impl Span {
    /// How far it is.
    #[must_use]
    pub fn status(&self) -> SpanStatus {
        match self.end {
            None => SpanStatus::Running,
            Some(SpanEnd { failed: false, .. }) => SpanStatus::Completed,
            Some(SpanEnd { failed: true, .. }) => SpanStatus::Failed,
        }
    }
}

/// Which spans to find. Without filters: all of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SpanQuery {
    /// Of this request.
    pub correlation: Option<CorrelationId>,
    /// Of this actor.
    pub actor: Option<ActorId>,
    /// So far.
    pub status: Option<SpanStatus>,
    /// Begun at this time or later.
    pub since: Option<Timestamp>,
    /// Begun before this time.
    pub before: Option<Timestamp>,
}

impl SpanQuery {
    /// Whether a span passes every filter.
    #[must_use]
    pub fn passes(&self, span: &Span) -> bool {
        let Self { correlation, actor, status, since, before } = self;
        correlation.as_ref().is_none_or(|correlation| span.correlation == *correlation)
            && actor.as_ref().is_none_or(|actor| span.actor == *actor)
            && status.is_none_or(|status| span.status() == status)
            && since.is_none_or(|since| span.started_at >= since)
            && before.is_none_or(|before| span.started_at < before)
    }
}

/// The answer to a save, of one span.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SaveSpan {
    /// It is stored.
    Saved,
    /// A span of this id has ended, and stays as it is.
    Ended,
}

/// Counts of spans.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SpanStats {
    /// Those that have not ended.
    pub running: u64,
    /// Those that did what they were to do.
    pub completed: u64,
    /// Those that did not.
    pub failed: u64,
    /// How long those that ended took, together.
    pub duration_total: Duration,
    /// How long the longest of them took.
    pub duration_max: Duration,
}

impl SpanStats {
    /// Counts a span.
    pub fn count(&mut self, span: &Span) {
        match span.status() {
            SpanStatus::Running => self.running += 1,
            SpanStatus::Completed => self.completed += 1,
            SpanStatus::Failed => self.failed += 1,
        }
        if let Some(end) = span.end {
            let took = end.at.since(span.started_at);
            self.duration_total = self.duration_total.saturating_add(took);
            self.duration_max = self.duration_max.max(took);
        }
    }
}

impl std::ops::AddAssign for SpanStats {
    fn add_assign(&mut self, other: Self) {
        self.running += other.running;
        self.completed += other.completed;
        self.failed += other.failed;
        self.duration_total = self.duration_total.saturating_add(other.duration_total);
        self.duration_max = self.duration_max.max(other.duration_max);
    }
}

const _: fn(&dyn TraceStore) = |_| {};
