//! Spans as rows.

use bytes::Bytes;
use loom_core::{ActorId, CorrelationId, OperationName, Payload, SpanId, Timestamp};
use loom_ports::{Span, SpanEnd};
use serde::{Deserialize, Serialize};

use crate::desk::{self, Broken};

#[derive(Deserialize, Serialize)]
struct SpanRow {
    parent: Option<SpanId>,
    correlation: CorrelationId,
    actor: ActorId,
    operation: OperationName,
    started_at: Timestamp,
    end: Option<(Timestamp, bool)>,
    details: Payload,
}

pub(super) fn encode(span: &Span) -> Bytes {
    let Span { id: _, parent, correlation, actor, operation, started_at, end, details } =
        span.clone();
    let end = end.map(|SpanEnd { at, failed }| (at, failed));
    desk::encode(&SpanRow { parent, correlation, actor, operation, started_at, end, details })
}

pub(super) fn decode(id: &SpanId, raw: &[u8]) -> Result<Span, Broken> {
    let SpanRow { parent, correlation, actor, operation, started_at, end, details } =
        desk::decode("span", raw)?;
    let (id, end) = (id.clone(), end.map(|(at, failed)| SpanEnd { at, failed }));
    Ok(Span { id, parent, correlation, actor, operation, started_at, end, details })
}
