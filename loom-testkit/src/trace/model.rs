//! The contract again, as a program: a list of spans.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{SaveSpan, Span, SpanQuery, SpanStats, SpanStatus, TraceStore};
use proptest::prelude::*;

use super::{TraceFixture, Work, at, count, ended, find};
use crate::model::{agree, broke};

/// One call, with every argument drawn from a range small enough to collide.
#[derive(Clone, Debug)]
enum Call {
    Save(Vec<Sent>),
    Get(Sent),
    Query { filters: Filters, limit: usize },
    Cleanup { older_than: u64 },
}

#[derive(Clone, Debug)]
struct Sent {
    name: usize,
    of: usize,
    began: u64,
    end: Option<bool>,
}

#[derive(Clone, Debug)]
struct Filters {
    of: usize,
    by_actor: bool,
    status: Option<usize>,
    since: Option<u64>,
    before: Option<u64>,
}

const NAMES: [&str; 4] = ["a", "b", "bb", "c"];
const STATUSES: [SpanStatus; 3] = [SpanStatus::Running, SpanStatus::Completed, SpanStatus::Failed];

struct Model {
    works: [Work; 2],
    spans: Vec<Span>,
}

pub async fn any_sequence_of_calls_agrees_with_the_model(fixture: impl TraceFixture) {
    agree(call(), 30, async |calls| {
        let store = fixture.store();
        while store.cleanup(at(100)).await.map_err(broke)? > 0 {}
        let mut model = Model { works: [Work::new(), Work::new()], spans: Vec::new() };
        for call in calls {
            model.compare(&*store, &call).await?;
        }
        Ok(())
    })
    .await;
}

fn call() -> impl Strategy<Value = Call> {
    let sent = || {
        (0..NAMES.len(), 0..2_usize, 0..4_u64, prop::option::of(any::<bool>()))
            .prop_map(|(name, of, began, end)| Sent { name, of, began, end })
    };
    let time = || prop::option::of(0..5_u64);
    let filters =
        (0..2_usize, any::<bool>(), prop::option::of(0..3_usize), time(), time()).prop_map(
            |(of, by_actor, status, since, before)| Filters { of, by_actor, status, since, before },
        );
    prop_oneof![
        4 => prop::collection::vec(sent(), 1..4).prop_map(Call::Save),
        1 => sent().prop_map(Call::Get),
        3 => (filters, 1..4_usize).prop_map(|(filters, limit)| Call::Query { filters, limit }),
        1 => (0..5_u64).prop_map(|older_than| Call::Cleanup { older_than }),
    ]
}

impl Model {
    async fn compare(&mut self, store: &dyn TraceStore, call: &Call) -> Result<(), TestCaseError> {
        match call {
            Call::Save(sent) => {
                let sent: Vec<_> = sent.iter().map(|sent| self.span(sent)).collect();
                let answers = store.save(&sent).await.map_err(broke)?;
                let expected: Vec<_> = sent.into_iter().map(|span| self.save(span)).collect();
                prop_assert_eq!(answers, expected, "{:?}", call);
            }
            Call::Get(sent) => {
                let id = self.span(sent).id;
                let read = store.get(&id).await.map_err(broke)?;
                let expected = self.spans.iter().find(|span| span.id == id);
                prop_assert_eq!(read.as_ref(), expected, "{:?}", call);
            }
            Call::Query { filters, limit } => {
                let work = &self.works[filters.of];
                let query = SpanQuery {
                    correlation: (!filters.by_actor).then(|| work.correlation.clone()),
                    actor: filters.by_actor.then(|| work.actor.clone()),
                    status: filters.status.map(|status| STATUSES[status]),
                    since: filters.since.map(at),
                    before: filters.before.map(at),
                };
                let mut expected: Vec<_> =
                    self.spans.iter().filter(|span| is_meant(span, work, filters)).collect();
                expected
                    .sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| a.id.cmp(&b.id)));
                let found = find(store, &query, *limit).await;
                prop_assert!(found.iter().eq(expected.iter().copied()), "{:?} {:?}", call, found);
                let mut stats = SpanStats::default();
                for span in &expected {
                    stats.count(span);
                }
                prop_assert_eq!(count(store, &query).await, stats, "{:?}", call);
            }
            Call::Cleanup { older_than } => {
                let mut removed = 0;
                loop {
                    match store.cleanup(at(*older_than)).await.map_err(broke)? {
                        0 => break,
                        more => removed += more,
                    }
                }
                let before = self.spans.len();
                self.spans.retain(|span| span.started_at >= at(*older_than));
                prop_assert_eq!(removed, (before - self.spans.len()) as u64, "{:?}", call);
            }
        }
        Ok(())
    }

    fn span(&self, sent: &Sent) -> Span {
        // The name is the same of whichever work it is said to be.
        let id = self.works[0].span(NAMES[sent.name], 0).id;
        let span = Span { id, ..self.works[sent.of].span(NAMES[sent.name], sent.began) };
        sent.end.map_or(span.clone(), |failed| ended(&span, 3, failed))
    }

    fn save(&mut self, span: Span) -> SaveSpan {
        match self.spans.iter_mut().find(|stored| stored.id == span.id) {
            Some(stored) if stored.end.is_some() => return SaveSpan::Ended,
            Some(stored) => *stored = span,
            None => self.spans.push(span),
        }
        SaveSpan::Saved
    }
}

fn is_meant(span: &Span, work: &Work, filters: &Filters) -> bool {
    let of_work = if filters.by_actor {
        span.actor == work.actor
    } else {
        span.correlation == work.correlation
    };
    let status = match span.end {
        None => 0,
        Some(end) if end.failed => 2,
        Some(_) => 1,
    };
    of_work
        && filters.status.unwrap_or(status) == status
        && span.started_at >= at(filters.since.unwrap_or(0))
        && span.started_at < at(filters.before.unwrap_or(100))
}
