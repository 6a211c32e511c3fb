//! How spans come and go.

use bytes::Bytes;
use loom_core::{SpanId, Timestamp};
use loom_ports::{
    Row, RowChange, RowKey, RowPart, RowRange, SPAN_DETAILS_BYTES_MAX, SaveSpan, Span,
};

use super::{BY_TIME, COUNT, RowTraces, index_keys, row, span_key};
use crate::desk::{Broken, Decision, Parts, contended, expect, number};
use crate::walk::later_first;

/// How many spans are written at once: of each its row, what led to it, and what leads to it.
const WRITTEN_AT_ONCE: usize = 12;
/// How many spans are removed at once.
const REMOVED_AT_ONCE: usize = 16;
/// How many spans one call removes.
const CLEANED_MAX: u64 = 800;
/// How often a removal is begun anew because somebody else was faster.
const ATTEMPTS_MAX: usize = 100;

impl RowTraces {
    pub(super) async fn save_all(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, Broken> {
        for Span { id, details, .. } in spans {
            let bytes = details.0.len();
            if bytes > SPAN_DETAILS_BYTES_MAX {
                let most = SPAN_DETAILS_BYTES_MAX;
                let error = format!("the details of span {id} are {bytes} bytes, more than {most}");
                return Err(Broken::Invalid(error));
            }
        }
        let mut saved = Vec::with_capacity(spans.len());
        let mut rest = spans;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(different_ids(rest));
            saved.extend(self.save_together(now).await?);
            rest = later;
        }
        Ok(saved)
    }

    async fn save_together(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, Broken> {
        let mut keys: Vec<_> = spans.iter().map(|span| span_key(&span.id)).collect();
        keys.push(RowKey::of(COUNT));
        let decide = |rows: &[Option<Row>], _| {
            let (mut answers, mut changes, mut new) = (Vec::new(), Vec::new(), 0);
            for (span, stored) in spans.iter().zip(rows) {
                let before = stored.as_ref().map(|stored| row::decode(&span.id, &stored.value));
                let before = before.transpose()?;
                if before.as_ref().is_some_and(|before| before.end.is_some()) {
                    answers.push(SaveSpan::Ended);
                    continue;
                }
                new += i64::from(before.is_none());
                changes.extend(replace(before.as_ref(), span));
                answers.push(SaveSpan::Saved);
            }
            if new > 0 {
                changes.push(RowChange::Add(RowKey::of(COUNT), new));
            }
            let count = rows.last().and_then(Option::as_ref).map_or(Ok(0), number)?;
            let count = count.saturating_add_signed(new);
            Ok(Decision { answer: (answers, count), changes })
        };
        let decided = self.desk.decide(&self.space, &keys, Timestamp::EPOCH, decide);
        let (answers, count) = decided.await?;
        self.keep_the_bound(count).await?;
        Ok(answers)
    }

    /// Forgets the oldest of so many spans, if that is too many.
    async fn keep_the_bound(&self, count: u64) -> Result<(), Broken> {
        let mut excess = count.saturating_sub(self.spans_max);
        while excess > 0 {
            let most = usize::try_from(excess).unwrap_or(usize::MAX);
            let removed = self.remove_oldest(Timestamp::MAX, most.min(REMOVED_AT_ONCE)).await?;
            if removed == 0 {
                break;
            }
            excess = excess.saturating_sub(removed);
        }
        Ok(())
    }

    pub(super) async fn remove_before(&self, older_than: Timestamp) -> Result<u64, Broken> {
        let mut removed = 0;
        while removed < CLEANED_MAX {
            match self.remove_oldest(older_than, REMOVED_AT_ONCE).await? {
                0 => break,
                more => removed += more,
            }
        }
        Ok(removed)
    }

    /// Removes the oldest spans that began before a time, if there are any.
    async fn remove_oldest(&self, before: Timestamp, limit: usize) -> Result<u64, Broken> {
        let by_time = RowKey::of(BY_TIME);
        let from = match before {
            Timestamp::EPOCH => return Ok(0),
            before => by_time.clone().number(later_first(before) + 1),
        };
        for _ in 0..ATTEMPTS_MAX {
            let (from, to) = (from.clone(), by_time.end());
            let oldest = RowRange { from, to, limit, backwards: true };
            let oldest = self.desk.range(&self.space, oldest).await?.rows;
            if oldest.is_empty() {
                return Ok(0);
            }
            let ids = oldest.iter().map(|row| indexed(&by_time, &row.key));
            let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
            let keys: Vec<_> = ids.iter().map(span_key).collect();
            let parts: Vec<_> = keys.iter().cloned().map(RowPart::Row).collect();
            let reading = self.desk.read(&self.space, &parts, Timestamp::EPOCH).await?;
            let rows: Vec<_> = reading.parts.into_iter().map(|mut part| part.rows.pop()).collect();
            let mut changes = Vec::new();
            for (id, stored) in ids.iter().zip(&rows) {
                let Some(stored) = stored else { break };
                changes.push(RowChange::Remove(span_key(id)));
                let span = row::decode(id, &stored.value)?;
                changes.extend(index_keys(&span).map(RowChange::Remove));
            }
            if rows.iter().any(Option::is_none) {
                // Somebody else has removed it since it was found.
                continue;
            }
            let removed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            changes.push(RowChange::Add(RowKey::of(COUNT), -removed));
            if self.desk.write(&self.space, expect(&keys, &rows), changes).await? {
                return Ok(removed.unsigned_abs());
            }
        }
        Err(contended())
    }
}

/// How many of these spans can be written at once: a row is changed once at the most.
fn different_ids(spans: &[Span]) -> usize {
    let most = spans.len().min(WRITTEN_AT_ONCE);
    (1..most).find(|n| spans[..*n].iter().any(|span| span.id == spans[*n].id)).unwrap_or(most)
}

fn replace(before: Option<&Span>, span: &Span) -> Vec<RowChange> {
    let mut changes = vec![RowChange::Put(span_key(&span.id), row::encode(span))];
    let (new, old) = (index_keys(span), before.map(index_keys));
    let gone = old.iter().flatten().filter(|key| !new.contains(key));
    changes.extend(gone.cloned().map(RowChange::Remove));
    let is_new = |key: &&RowKey| !old.iter().flatten().any(|old| old == *key);
    changes.extend(new.iter().filter(is_new).map(|key| RowChange::Put(key.clone(), Bytes::new())));
    changes
}

/// The span that a row leads to.
pub(super) fn indexed(prefix: &RowKey, key: &RowKey) -> Result<SpanId, Broken> {
    let mut parts = Parts::after(prefix, key)?;
    parts.number()?;
    SpanId::parse(parts.text()?).map_err(|_| Broken::Row("span"))
}
