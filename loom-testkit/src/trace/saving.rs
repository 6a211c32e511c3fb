//! How spans come and go.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use bytes::Bytes;
use loom_core::{Payload, SpanId, Timestamp};
use loom_ports::{ErrorKind, SPAN_DETAILS_BYTES_MAX, SaveSpan, Span, SpanQuery, TraceStore as _};

use super::{TraceFixture, Work, at, count, ended, find, names, save};
use crate::faults::{Fault, FaultPlan, FaultyTraces};
use crate::race::race;

use SaveSpan::{Ended, Saved};

pub async fn a_span_that_was_never_saved_is_not_there(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    assert_eq!(store.save(&[]).await.unwrap(), []);
    assert_eq!(store.get(&work.span("a", 0).id).await.unwrap(), None);
    assert_eq!(names(&*store, &work.query(), 10).await, [""; 0]);
    assert_eq!(count(&*store, &work.query()).await, loom_ports::SpanStats::default());
}

pub async fn a_span_is_read_back_as_it_was_saved(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let long = format!("\"{}\"", "a".repeat(SPAN_DETAILS_BYTES_MAX - 2));
    let json = ["null", "{ \"b\": 1.0, \"a\": [ ] }", r#""\u0061 🧶""#, &long];
    for (n, json) in json.into_iter().enumerate() {
        let mut span = work.span(&n.to_string(), 7);
        span.details = Payload(Bytes::copy_from_slice(json.as_bytes()));
        span.parent = (n > 0).then(|| SpanId::parse("the parent").expect("a valid id"));
        if n > 1 {
            span = ended(&span, 5, n > 2);
        }
        save(&*store, std::slice::from_ref(&span)).await;
        assert_eq!(store.get(&span.id).await.unwrap(), Some(span.clone()));
        let found = find(&*store, &work.query(), 10).await;
        assert!(found.contains(&span), "{found:?}");
    }
}

pub async fn a_running_span_is_replaced_and_an_ended_one_stays(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let began = work.span("a", 0);
    let told = Span { details: Payload(Bytes::from_static(b"1")), ..began.clone() };
    let (done, failed) = (ended(&began, 5, false), ended(&began, 9, true));
    for (sent, answer, stored) in [
        (&began, Saved, &began),
        (&told, Saved, &told),
        (&began, Saved, &began),
        (&done, Saved, &done),
        (&began, Ended, &done),
        (&failed, Ended, &done),
        (&done, Ended, &done),
    ] {
        assert_eq!(store.save(std::slice::from_ref(sent)).await.unwrap(), [answer], "{sent:?}");
        assert_eq!(store.get(&began.id).await.unwrap().as_ref(), Some(stored));
        assert_eq!(find(&*store, &work.query(), 10).await, std::slice::from_ref(stored));
    }
}

pub async fn a_span_that_moved_is_found_in_its_new_place_only(fixture: impl TraceFixture) {
    let (store, [before, after]) = (fixture.store(), [Work::new(), Work::new()]);
    let span = before.span("a", 0);
    save(&*store, std::slice::from_ref(&span)).await;
    let moved = Span { id: span.id, ..after.span("a", 50) };
    save(&*store, std::slice::from_ref(&moved)).await;

    let of = |work: &Work| SpanQuery { actor: Some(work.actor.clone()), ..SpanQuery::default() };
    for query in [before.query(), of(&before)] {
        assert_eq!(find(&*store, &query, 10).await, []);
    }
    for query in [after.query(), of(&after)] {
        assert_eq!(find(&*store, &query, 10).await, std::slice::from_ref(&moved));
    }
}

pub async fn a_batch_is_saved_in_its_order(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let began: Vec<_> = (0..40).map(|n| work.span(&n.to_string(), n)).collect();
    let done: Vec<_> = began.iter().map(|span| ended(span, 1, false)).collect();
    // Each begins and ends, and is then said to have begun.
    let batch: Vec<_> = began
        .iter()
        .zip(&done)
        .flat_map(|(began, done)| [began.clone(), done.clone(), began.clone()])
        .collect();
    let answers = store.save(&batch).await.unwrap();
    assert_eq!(answers, [Saved, Saved, Ended].repeat(40));
    let found = find(&*store, &work.query(), 100).await;
    assert!(found.iter().eq(done.iter().rev()), "{found:?}");
}

pub async fn one_of_many_racing_ends_stays(fixture: impl TraceFixture) {
    let work = Work::new();
    let span = work.span("a", 0);
    let answers = race(16, |n| {
        let (store, end) = (fixture.store(), ended(&span, n as u64, false));
        async move { (end.clone(), store.save(&[end]).await.unwrap()) }
    });
    let mut answers = answers.await;
    answers.retain(|(_, answer)| answer[..] == [Saved]);
    let [(end, _)] = &answers[..] else { panic!("{answers:?}") };
    let store = fixture.store();
    assert_eq!(store.get(&span.id).await.unwrap().as_ref(), Some(end));
    assert_eq!(count(&*store, &work.query()).await.completed, 1);
}

pub async fn saves_and_cleanups_may_be_repeated(fixture: impl TraceFixture) {
    let store = fixture.store();
    for fault in Fault::ALL {
        let work = Work::new();
        let (began, done) = (work.span("a", 0), ended(&work.span("b", 9), 5, true));
        let network = FaultyTraces::new(store.clone(), FaultPlan::new([fault]));
        let first = network.save(&[began.clone(), done.clone()]).await;
        let again = network.save(&[began.clone(), done.clone()]).await.unwrap();
        let arrived = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        assert_eq!(again, [Saved, if arrived { Ended } else { Saved }], "{first:?}");
        assert_eq!(find(&*store, &work.query(), 10).await, [done.clone(), began]);

        let network = FaultyTraces::new(store.clone(), FaultPlan::new([fault]));
        let first = network.cleanup(at(9)).await;
        network.cleanup(at(9)).await.unwrap();
        assert_eq!(first.is_ok(), fault == Fault::Repeated);
        assert_eq!(find(&*store, &work.query(), 10).await, [done], "{fault:?}");
    }
}

pub async fn what_is_older_is_cleaned_up_and_nothing_else(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let [old, edge, new] = [("old", 5), ("edge", 10), ("new", 11)].map(|(name, millis)| {
        // Of those that never end too.
        let running = work.span(&format!("{name}-running"), millis);
        [ended(&work.span(name, millis), 1_000, false), running]
    });
    for spans in [&old, &edge, &new] {
        save(&*store, spans).await;
    }
    assert_eq!(store.cleanup(Timestamp::EPOCH).await.unwrap(), 0);
    assert_eq!(store.cleanup(at(5)).await.unwrap(), 0);
    assert_eq!(store.cleanup(at(10)).await.unwrap(), 2);
    assert_eq!(store.cleanup(at(10)).await.unwrap(), 0);
    let left = ["new", "new-running", "edge", "edge-running"];
    assert_eq!(names(&*store, &work.query(), 10).await, left);
    for span in &old {
        assert_eq!(store.get(&span.id).await.unwrap(), None);
    }
    // One that is gone may be saved anew.
    save(&*store, &old).await;
    assert_eq!(store.get(&old[0].id).await.unwrap().as_ref(), Some(&old[0]));
    assert_eq!(store.cleanup(at(12)).await.unwrap(), 6);
}

pub async fn a_cleanup_of_many_spans_comes_to_its_end(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let spans: Vec<_> = (0..1_500).map(|n| work.span(&n.to_string(), n % 7)).collect();
    save(&*store, &spans).await;
    let mut removed = 0;
    loop {
        match store.cleanup(at(7)).await.unwrap() {
            0 => break,
            more => removed += more,
        }
    }
    assert_eq!(removed, 1_500);
    assert_eq!(find(&*store, &work.query(), 10).await, []);
}

pub async fn spans_survive_a_restart(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let span = ended(&work.span("a", 0), 5, false);
    save(&*store, std::slice::from_ref(&span)).await;
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    assert_eq!(find(&*fixture.store(), &work.query(), 10).await, [span]);
}

pub async fn details_that_are_too_large_are_invalid(fixture: impl TraceFixture) {
    let (store, work) = (fixture.store(), Work::new());
    let mut large = work.span("large", 0);
    large.details = Payload(vec![b'1'; SPAN_DETAILS_BYTES_MAX + 1].into());
    let error = store.save(&[work.span("small", 0), large]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl TraceFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let work = Work::new();
    store.save(&[work.span("a", 0)]).await.unwrap_err();
    store.get(&work.span("a", 0).id).await.unwrap_err();
    store.query(&work.query(), None, 10).await.unwrap_err();
    store.stats(&work.query(), None).await.unwrap_err();
    store.cleanup(at(0)).await.unwrap_err();
}
