//! Trace stores with planted defects.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{SpanId, Timestamp};
use loom_ports::{
    Cursor, Page, PortError, SaveSpan, Span, SpanQuery, SpanStats, Tally, TraceStore,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::faults::FaultyTraces;
use crate::trace::TraceFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    OnlyCreates,
    ReplacesEnds,
    KeepsOldPlaces,
    ReordersBatches,
    ChecksBeforeItSaves,
    CleansUpWhatIsAsOld,
    KeepsWhatRuns,
    CleansUpNothing,
    SortsOldestFirst,
    IgnoresTheStatus,
    IgnoresTheEndOfTheTime,
    CountsToTheNextPage,
    CountsTheFirstPartOnly,
    CountsRunningAsCompleted,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    ChecksBeforeItSaves, CleansUpNothing, CleansUpWhatIsAsOld, CountsRunningAsCompleted,
    CountsTheFirstPartOnly, CountsToTheNextPage, ForgetsOnRestart, IgnoresTheEndOfTheTime,
    IgnoresTheStatus, IsEmptyWhenOutOfReach, KeepsOldPlaces, KeepsWhatRuns, OnlyCreates,
    ReordersBatches, ReplacesEnds, SortsOldestFirst,
};

/// All that was ever saved.
type Memory = Vec<Span>;
type Broken = super::Broken<dyn TraceStore, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl TraceFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(MemoryStores::default().traces(), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn TraceStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn TraceStore>> {
        let nowhere = FaultyTraces::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::trace::cases::<Fixture>(),
        &[
            (OnlyCreates, "a_running_span_is_replaced_and_an_ended_one_stays"),
            (ReplacesEnds, "a_running_span_is_replaced_and_an_ended_one_stays"),
            (KeepsOldPlaces, "a_span_that_moved_is_found_in_its_new_place_only"),
            (ReordersBatches, "a_batch_is_saved_in_its_order"),
            (ChecksBeforeItSaves, "one_of_many_racing_ends_stays"),
            (CleansUpWhatIsAsOld, "what_is_older_is_cleaned_up_and_nothing_else"),
            (KeepsWhatRuns, "what_is_older_is_cleaned_up_and_nothing_else"),
            (CleansUpNothing, "a_cleanup_of_many_spans_comes_to_its_end"),
            (SortsOldestFirst, "spans_are_found_from_the_last_to_the_first"),
            (IgnoresTheStatus, "spans_pass_every_filter"),
            (IgnoresTheEndOfTheTime, "spans_pass_every_filter"),
            (
                CountsToTheNextPage,
                "saves_and_cleanups_between_two_pages_neither_hide_nor_repeat_a_span",
            ),
            (CountsTheFirstPartOnly, "stats_over_many_spans_add_up"),
            (CountsRunningAsCompleted, "stats_count_what_passes"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "spans_survive_a_restart"),
            (ReplacesEnds, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl TraceStore for Broken {
    async fn save(&self, spans: &[Span]) -> Result<Vec<SaveSpan>, PortError> {
        self.memory.lock().unwrap().extend_from_slice(spans);
        let mut spans = spans.to_vec();
        match self.defect {
            Some(ReordersBatches) => spans.sort_by_key(|span| span.end.is_some()),
            Some(OnlyCreates) => {
                let mut new = Vec::new();
                for span in spans {
                    new.extend(self.inner.get(&span.id).await?.is_none().then_some(span));
                }
                spans = new;
            }
            Some(ChecksBeforeItSaves) => {
                let before = self.inner.get(&spans[0].id).await?;
                tokio::task::yield_now().await;
                if before.is_none() {
                    let _ = self.inner.save(&spans).await?;
                    return Ok(vec![SaveSpan::Saved; spans.len()]);
                }
            }
            Some(ReplacesEnds) => {
                let _ = self.inner.save(&spans).await?;
                return Ok(vec![SaveSpan::Saved; spans.len()]);
            }
            _ => {}
        }
        self.inner.save(&spans).await
    }

    async fn get(&self, id: &SpanId) -> Result<Option<Span>, PortError> {
        if self.has(ReplacesEnds) {
            let saved = self.memory.lock().unwrap();
            return Ok(saved.iter().rev().find(|span| span.id == *id).cloned());
        }
        let read = self.inner.get(id).await;
        if self.has(IsEmptyWhenOutOfReach) { or_empty(read) } else { read }
    }

    async fn query(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Span>, PortError> {
        let mut query = query.clone();
        match self.defect {
            Some(IgnoresTheStatus) => query.status = None,
            Some(IgnoresTheEndOfTheTime) => query.before = None,
            Some(KeepsOldPlaces) => {
                let saved = self.memory.lock().unwrap();
                let items = saved.iter().filter(|span| query.passes(span)).cloned().collect();
                return Ok(Page { items, next: None });
            }
            Some(CountsToTheNextPage) => {
                let all = self.inner.query(&query, None, 400).await?.items;
                return Ok(super::counted_page(&all, from, limit));
            }
            _ => {}
        }
        let mut page = self.inner.query(&query, from, limit).await?;
        if self.has(SortsOldestFirst) {
            page.items.reverse();
        }
        Ok(page)
    }

    async fn stats(
        &self,
        query: &SpanQuery,
        from: Option<&Cursor>,
    ) -> Result<Tally<SpanStats>, PortError> {
        let mut part = self.inner.stats(query, from).await?;
        match self.defect {
            Some(CountsTheFirstPartOnly) => part.next = None,
            Some(CountsRunningAsCompleted) => {
                part.sum.completed += std::mem::take(&mut part.sum.running);
            }
            _ => {}
        }
        Ok(part)
    }

    async fn cleanup(&self, older_than: Timestamp) -> Result<u64, PortError> {
        match self.defect {
            Some(CleansUpNothing) => Ok(0),
            Some(CleansUpWhatIsAsOld) => {
                self.inner.cleanup(older_than.saturating_add(crate::unique::MOMENT)).await
            }
            Some(KeepsWhatRuns) => {
                let query = SpanQuery { before: Some(older_than), ..SpanQuery::default() };
                let mut kept = self.inner.query(&query, None, 400).await?.items;
                kept.retain(|span| span.end.is_none());
                let removed = self.inner.cleanup(older_than).await?;
                let _ = self.inner.save(&kept).await?;
                Ok(removed - kept.len() as u64)
            }
            _ => self.inner.cleanup(older_than).await,
        }
    }
}
