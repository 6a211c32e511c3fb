//! What takes several writes is whole in the end, whichever of them failed.

use std::sync::Arc;

use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{
    ActorId, CorrelationId, EntityId, GraphName, OperationName, Payload, SecretName, SpanId,
    Timestamp, WrappingKeyId,
};
use loom_ports::{
    Entity, GraphStore as _, PortError, RowStore, Secret, SecretChange, SecretStore as _,
    SecretWrite, SetSecret, Span, SpanQuery, TraceStore as _,
};
use loom_rows::{LocalKeys, RowGraphs, RowSecrets, RowTraces};
use loom_testkit::clock::CountedIds;
use loom_testkit::faults::{Fault, FaultPlan, FaultyRows};

/// How many requests a call makes at the most, so that each of them fails once.
const REQUESTS_MAX: usize = 40;

/// The same rows, of which the request at this place goes wrong.
fn failing(stores: &MemoryStores, fault: Fault, place: usize) -> Arc<dyn RowStore> {
    let mut requests = 0;
    let plan = FaultPlan::chosen(move |_| {
        requests += 1;
        (requests == place).then_some(fault)
    });
    Arc::new(FaultyRows::new(Arc::new(stores.rows.clone()), plan))
}

/// Each place at which each fault can strike.
fn troubles() -> impl Iterator<Item = (Fault, usize)> {
    let faults = [Fault::RequestLost, Fault::ReplyLost];
    faults.into_iter().flat_map(|fault| (1..REQUESTS_MAX).map(move |place| (fault, place)))
}

fn span(n: u64) -> Span {
    Span {
        id: SpanId::parse(&n.to_string()).expect("a valid id"),
        parent: None,
        correlation: CorrelationId::parse("request").expect("a valid id"),
        actor: ActorId::parse("worker/a").expect("a valid id"),
        operation: OperationName::parse("work").expect("a valid name"),
        started_at: Timestamp::from_millis(n),
        end: None,
        details: Payload::NULL,
    }
}

#[test]
fn a_batch_of_spans_that_was_cut_off_is_saved_when_it_is_sent_again() {
    loom_testkit::run(async {
        let spans: Vec<_> = (0..30).map(span).collect();
        for (fault, place) in troubles() {
            let stores = MemoryStores::default();
            let traces = RowTraces::with_limit(failing(&stores, fault, place), 20);
            // Only one request goes wrong, so the second attempt does not.
            if traces.save(&spans).await.is_err() {
                let _ = traces.save(&spans).await.unwrap();
            }
            let whole = stores.traces();
            let kept = whole.query(&SpanQuery::default(), None, 100).await.unwrap().items;
            assert!(kept.iter().rev().eq(&spans[10..]), "{fault:?} at {place}: {kept:?}");
            assert_eq!(whole.cleanup(Timestamp::MAX).await.unwrap(), 20);
        }
    });
}

#[test]
fn a_cleanup_that_was_cut_off_is_done_when_it_is_asked_for_again() {
    loom_testkit::run(async {
        let spans: Vec<_> = (0..60).map(span).collect();
        for (fault, place) in troubles() {
            let stores = MemoryStores::default();
            let _ = stores.traces().save(&spans).await.unwrap();
            let traces = RowTraces::new(failing(&stores, fault, place));
            let before = Timestamp::from_millis(50);
            if traces.cleanup(before).await.is_err() {
                traces.cleanup(before).await.unwrap();
            }
            let left = stores.traces().query(&SpanQuery::default(), None, 100).await.unwrap();
            assert!(left.items.iter().rev().eq(&spans[50..]), "{fault:?} at {place}");
            // The count of what is left is right too: with this bound all of it is kept.
            let bounded = RowTraces::with_limit(Arc::new(stores.rows.clone()), 11);
            let _ = bounded.save(&[span(99)]).await.unwrap();
            let left = bounded.query(&SpanQuery::default(), None, 100).await.unwrap();
            assert_eq!(left.items.len(), 11, "{fault:?} at {place}");
        }
    });
}

#[test]
fn a_purge_that_was_cut_off_leaves_nothing_to_be_recovered() {
    loom_testkit::run(async {
        let name = SecretName::parse("secret").expect("a valid name");
        for (fault, place) in troubles() {
            let stores = MemoryStores::default();
            let secrets = |rows: Arc<dyn RowStore>| {
                let id = WrappingKeyId::parse("test").expect("a valid id");
                let ids = Arc::new(CountedIds::default());
                let keys = LocalKeys::new(id, Secret::new([1; 32]), ids.clone());
                RowSecrets::new(rows, Arc::new(keys), ids)
            };
            let whole = secrets(Arc::new(stores.rows.clone()));
            for n in 1..=60 {
                let value = Secret::new(vec![7]);
                let set = whole.set(&name, &value, SecretWrite(n), Timestamp::EPOCH).await;
                assert!(matches!(set, Ok(SetSecret::Set(_))), "{set:?}");
            }
            let deleted = whole.delete(&name, Timestamp::EPOCH).await.unwrap();
            assert_eq!(deleted, SecretChange::Done);

            let first = secrets(failing(&stores, fault, place)).purge(&name).await;
            if first.is_err() {
                // Whether it had not begun, or was almost done.
                let _ = whole.purge(&name).await.unwrap();
            }
            assert_eq!(whole.recover(&name).await.unwrap(), SecretChange::Unknown);
            assert_eq!(whole.list(None, 10).await.unwrap().items, []);
            let value = Secret::new(vec![8]);
            let set = whole.set(&name, &value, SecretWrite(99), Timestamp::EPOCH).await.unwrap();
            assert!(matches!(set, SetSecret::Set(version) if version.0 == 1), "{set:?}");
            assert_eq!(whole.versions(&name, None, 100).await.unwrap().items.len(), 1);
        }
    });
}

#[test]
fn a_graph_whose_removal_was_cut_off_is_removed_when_it_is_asked_for_again() {
    loom_testkit::run(async {
        let graph = GraphName::parse("graph").expect("a valid name");
        for (fault, place) in troubles().filter(|(_, place)| *place < 8) {
            let stores = MemoryStores::default();
            for n in 0..250 {
                let id = EntityId::parse(&n.to_string()).expect("a valid id");
                let entity = Entity { id, name: String::new(), details: Payload::NULL };
                stores.graphs().put_entity(&graph, &entity).await.unwrap();
            }
            let faulty = RowGraphs::new(failing(&stores, fault, place));
            let first: Result<bool, PortError> = faulty.forget(&graph).await;
            assert!(first.is_err() || first.is_ok_and(|left| !left), "{fault:?} at {place}");
            assert!(!faulty.forget(&graph).await.unwrap(), "{fault:?} at {place}");
            assert_eq!(stores.graphs().entities(&graph, None, 10).await.unwrap().items, []);
        }
    });
}
