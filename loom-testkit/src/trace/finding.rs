//! Which spans are found, in which order, and how many.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use std::time::Duration;

use loom_core::Timestamp;
use loom_ports::{SpanQuery, SpanStats, SpanStatus};

use super::{TraceFixture, Work, at, count, ended, names, save};

pub async fn spans_are_found_from_the_last_to_the_first(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    // At the same time in the order of their ids.
    let spans = [("c", 5), ("old", 0), ("a", 5), ("new", 1_000_000_000_000), ("b", 5), ("d", 6)];
    save(&*store, &spans.map(|(name, millis)| work.span(name, millis))).await;
    assert_eq!(names(&*store, &work.query(), 10).await, ["new", "d", "a", "b", "c", "old"]);
}

pub async fn spans_pass_every_filter(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let other = Work { correlation: work.correlation.clone(), ..Work::new() };
    let third = Work { actor: work.actor.clone(), ..Work::new() };
    save(
        &*store,
        &[
            work.span("a", 1),
            ended(&work.span("b", 2), 1, false),
            ended(&work.span("c", 3), 1, true),
            ended(&other.span("d", 4), 1, true),
            ended(&third.span("e", 5), 1, true),
        ],
    )
    .await;

    let (mine, any) = (work.query(), SpanQuery::default());
    let by_actor = SpanQuery { actor: Some(work.actor.clone()), ..any.clone() };
    let both = SpanQuery { actor: Some(work.actor.clone()), ..mine.clone() };
    let with = |query: &SpanQuery, status| SpanQuery { status, ..query.clone() };
    let between = |query: &SpanQuery, since, before| SpanQuery {
        since: Some(at(since)),
        before: Some(at(before)),
        ..query.clone()
    };
    let rows: [(SpanQuery, &[_]); 14] = [
        (mine.clone(), &["d", "c", "b", "a"]),
        (by_actor.clone(), &["e", "c", "b", "a"]),
        (both.clone(), &["c", "b", "a"]),
        (with(&mine, Some(SpanStatus::Running)), &["a"]),
        (with(&mine, Some(SpanStatus::Completed)), &["b"]),
        (with(&mine, Some(SpanStatus::Failed)), &["d", "c"]),
        (with(&by_actor, Some(SpanStatus::Failed)), &["e", "c"]),
        (with(&both, Some(SpanStatus::Failed)), &["c"]),
        (between(&mine, 2, 4), &["c", "b"]),
        (between(&by_actor, 3, 6), &["e", "c"]),
        (between(&mine, 4, 4), &[]),
        (between(&mine, 4, 2), &[]),
        (SpanQuery { before: Some(Timestamp::EPOCH), ..mine.clone() }, &[]),
        (SpanQuery { since: Some(Timestamp::MAX), ..mine }, &[]),
    ];
    for (query, expected) in rows {
        for limit in [1, 100] {
            assert_eq!(names(&*store, &query, limit).await, expected, "{query:?}");
        }
        let stats = count(&*store, &query).await;
        let counted = stats.running + stats.completed + stats.failed;
        assert_eq!(counted, expected.len() as u64, "{query:?}");
    }
    // Those of others may be there too.
    let all = names(&*store, &between(&any, 1, 6), 100).await;
    assert!(["a", "b", "c", "d", "e"].iter().all(|name| all.iter().any(|all| all == name)));
}

pub async fn a_page_holds_no_more_than_was_asked_for(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let spans: Vec<_> = (0..120).map(|n| work.span(&format!("{n:03}"), n)).collect();
    save(&*store, &spans).await;
    let expected: Vec<_> = (0..120).rev().map(|n| format!("{n:03}")).collect();
    for limit in [1, 7, 119, 120, 121] {
        assert_eq!(names(&*store, &work.query(), limit).await, expected, "{limit}");
    }
}

pub async fn saves_and_cleanups_between_two_pages_neither_hide_nor_repeat_a_span(
    fixture: impl TraceFixture,
) {
    let (store, work) = (fixture.store(), Work::new());
    let spans: Vec<_> = (10..20).map(|n| work.span(&n.to_string(), n)).collect();
    save(&*store, &spans).await;
    let first = store.query(&work.query(), None, 4).await.unwrap();
    save(&*store, &[work.span("new", 50), ended(&work.span("12", 12), 1, false)]).await;
    assert_eq!(store.cleanup(at(12)).await.unwrap(), 2);
    let rest = store.query(&work.query(), first.next.as_ref(), 100).await.unwrap();
    let all = first.items.iter().chain(&rest.items);
    let all: Vec<_> = all.map(|span| span.started_at).collect();
    assert_eq!(all, (12..20).rev().map(at).collect::<Vec<_>>());
}

pub async fn stats_count_what_passes(fixture: impl TraceFixture) {
    let (store, work, other) = (fixture.store(), Work::new(), Work::new());
    save(&*store, &[other.span("other", 1), work.span("running", 2)]).await;
    for (n, (millis, failed)) in [(5, false), (20, true), (7, false)].into_iter().enumerate() {
        let span = work.span(&n.to_string(), 3);
        save(&*store, std::slice::from_ref(&span)).await;
        save(&*store, &[ended(&span, millis, failed)]).await;
    }
    let stats = SpanStats {
        running: 1,
        completed: 2,
        failed: 1,
        duration_total: Duration::from_millis(32),
        duration_max: Duration::from_millis(20),
    };
    assert_eq!(count(&*store, &work.query()).await, stats);
}

pub async fn stats_over_many_spans_add_up(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let spans: Vec<_> =
        (0..1_200).map(|n| ended(&work.span(&n.to_string(), n), 2, n % 3 == 0)).collect();
    save(&*store, &spans).await;
    let stats = count(&*store, &work.query()).await;
    assert_eq!((stats.completed, stats.failed), (800, 400));
    assert_eq!(stats.duration_total, Duration::from_millis(2_400));
}
