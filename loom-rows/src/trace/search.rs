//! How spans are found.

use loom_core::{SpanId, Timestamp};
use loom_ports::{Cursor, Page, Row, RowKey, Span, SpanQuery, SpanStats, Tally};

use super::saving::indexed;
use super::{BY_ACTOR, BY_CORRELATION, BY_TIME, RowTraces, SPAN, row, span_key};
use crate::desk::{Broken, Parts};
use crate::walk::{Walk, begin, later_first};

impl RowTraces {
    pub(super) async fn page(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Span>, Broken> {
        if limit == 0 {
            return Ok(Page { items: Vec::new(), next: from.cloned() });
        }
        let mut items = Vec::new();
        let take = |span| {
            items.push(span);
            if items.len() < limit { Walk::On } else { Walk::Enough }
        };
        let next = self.walk(query, from, take).await?;
        Ok(Page { items, next })
    }

    pub(super) async fn count(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
    ) -> Result<Tally<SpanStats>, Broken> {
        let mut sum = SpanStats::default();
        let take = |span: Span| {
            sum.count(&span);
            Walk::On
        };
        let next = self.walk(query, from, take).await?;
        Ok(Tally { sum, next })
    }

    /// Hands over spans that pass.
    async fn walk(
        &self,
        query: &SpanQuery,
        cursor: Option<&Cursor>,
        mut take: impl FnMut(Span) -> Walk + Send,
    ) -> Result<Option<Cursor>, Broken> {
        let prefix = prefix(query);
        let Some((from, to)) = within(&prefix, query) else { return Ok(None) };
        let range = begin(&prefix, from, to, cursor)?;
        let lead = |key: &RowKey| indexed(&prefix, key).map(|id| span_key(&id));
        let take = |found: &Row| {
            let id = Parts::after(&RowKey::of(SPAN), &found.key)?.text()?;
            let id = SpanId::parse(id).map_err(|_| Broken::Row("span"))?;
            let span = row::decode(&id, &found.value)?;
            Ok(if query.passes(&span) { take(span) } else { Walk::On })
        };
        self.desk.walk(&self.space, range, lead, take).await
    }
}

/// The beginning of the rows that lead to the fewest spans.
fn prefix(query: &SpanQuery) -> RowKey {
    match query {
        SpanQuery { correlation: Some(correlation), .. } => {
            RowKey::of(BY_CORRELATION).text(correlation.as_str())
        }
        SpanQuery { actor: Some(actor), .. } => RowKey::of(BY_ACTOR).text(actor.as_str()),
        _ => RowKey::of(BY_TIME),
    }
}

/// The rows of the time that is asked for, if it has any.
fn within(prefix: &RowKey, query: &SpanQuery) -> Option<(RowKey, RowKey)> {
    let from = match query.before {
        Some(Timestamp::EPOCH) => return None,
        Some(before) => prefix.clone().number(later_first(before) + 1),
        None => prefix.clone(),
    };
    let since = |since| prefix.clone().number(later_first(since)).end();
    Some((from, query.since.map_or_else(|| prefix.end(), since)))
}
