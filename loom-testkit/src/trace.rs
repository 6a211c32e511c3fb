//! The suite for [`TraceStore`].

pub mod finding;
pub mod model;
pub mod saving;

use std::time::Duration;

use bytes::Bytes;
use loom_core::{ActorId, CorrelationId, OperationName, Payload, SpanId, Timestamp};
use loom_ports::{SaveSpan, Span, SpanEnd, SpanQuery, SpanStats, TraceStore};

use crate::unique::unique;

crate::fixture::fixture!(TraceFixture: dyn TraceStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: TraceFixture>() -> Vec<crate::Case> {
    crate::__trace_cases!(__suite_list [trace TraceFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! trace_suite {
    ($fixture:ty) => {
        $crate::__trace_cases!(__suite_tests [trace TraceFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__trace_cases!(__suite_tests [trace TraceFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __trace_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            saving::a_span_that_was_never_saved_is_not_there
            saving::a_span_is_read_back_as_it_was_saved
            saving::a_running_span_is_replaced_and_an_ended_one_stays
            saving::a_span_that_moved_is_found_in_its_new_place_only
            saving::a_batch_is_saved_in_its_order
            saving::one_of_many_racing_ends_stays
            saving::saves_and_cleanups_may_be_repeated
            saving::what_is_older_is_cleaned_up_and_nothing_else
            saving::a_cleanup_of_many_spans_comes_to_its_end
            saving::spans_survive_a_restart
            saving::details_that_are_too_large_are_invalid
            saving::a_store_that_cannot_be_reached_is_not_empty
            finding::spans_are_found_from_the_last_to_the_first
            finding::spans_pass_every_filter
            finding::a_page_holds_no_more_than_was_asked_for
            finding::saves_and_cleanups_between_two_pages_neither_hide_nor_repeat_a_span
            finding::stats_count_what_passes
            finding::stats_over_many_spans_add_up
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

/// A span of nobody else, before it ended.
struct Work {
    correlation: CorrelationId,
    actor: ActorId,
}

impl Work {
    fn new() -> Self {
        let correlation = CorrelationId::parse(&unique("request")).expect("a valid id");
        Self { correlation, actor: actor(&unique("actor")) }
    }

    /// A span of this work that began so many milliseconds after a time.
    fn span(&self, name: &str, millis: u64) -> Span {
        Span {
            id: SpanId::parse(&format!("{}/{name}", self.correlation)).expect("a valid id"),
            parent: None,
            correlation: self.correlation.clone(),
            actor: self.actor.clone(),
            operation: OperationName::parse("work").expect("a valid name"),
            started_at: at(millis),
            end: None,
            details: Payload(Bytes::copy_from_slice(format!("{name:?}").as_bytes())),
        }
    }

    fn query(&self) -> SpanQuery {
        SpanQuery { correlation: Some(self.correlation.clone()), ..SpanQuery::default() }
    }
}

fn actor(name: &str) -> ActorId {
    ActorId::parse(&format!("worker/{name}")).expect("a valid id")
}

/// A time of the suite. Stores may be shared, so nothing is cleaned up but what is that old.
fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_000 + millis)
}

/// The span after it took so many milliseconds.
fn ended(span: &Span, millis: u64, failed: bool) -> Span {
    let end = span.started_at.saturating_add(Duration::from_millis(millis));
    Span { end: Some(SpanEnd { at: end, failed }), ..span.clone() }
}

async fn save(store: &dyn TraceStore, spans: &[Span]) {
    let saved = store.save(spans).await.unwrap();
    assert_eq!(saved, vec![SaveSpan::Saved; spans.len()], "{spans:?}");
}

/// Reads page after page to the end.
async fn find(store: &dyn TraceStore, query: &SpanQuery, limit: usize) -> Vec<Span> {
    crate::pages::all(limit, async |from: Option<&_>| store.query(query, from, limit).await).await
}

/// What the spans were named that are found.
async fn names(store: &dyn TraceStore, query: &SpanQuery, limit: usize) -> Vec<String> {
    let found = find(store, query, limit).await;
    let name = |span: &Span| span.id.as_str().rsplit('/').next().unwrap_or_default().to_owned();
    found.iter().map(name).collect()
}

/// Counts part after part to the end.
async fn count(store: &dyn TraceStore, query: &SpanQuery) -> SpanStats {
    let (mut sum, mut from) = (SpanStats::default(), None);
    for _ in 0..10_000 {
        let part = store.stats(query, from.as_ref()).await.unwrap();
        sum += part.sum;
        from = part.next;
        if from.is_none() {
            return sum;
        }
    }
    panic!("the count does not end")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("trace/saving.rs"),
            include_str!("trace/finding.rs"),
            include_str!("trace/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("trace.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
