//! How entities, facts and episodes come and go.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_core::{GraphName, Payload};
use loom_ports::{
    Added, EndFact, Entity, Episode, ErrorKind, FACT_EPISODES_MAX, FACT_TEXT_BYTES_MAX, Fact,
    FactQuery, GRAPH_TEXT_BYTES_MAX, GraphStore as _,
};

use super::{
    GraphFixture, add, at, end, entities, entity, entity_id, episode, episode_id, episodes, fact,
    fact_id, find, json, names, relation, some_graph,
};
use crate::faults::{Fault, FaultPlan, FaultyGraphs};
use crate::race::race;

use Added::{Already, Differs};

pub async fn a_new_graph_is_empty(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    assert_eq!(store.entity(&graph, &entity_id("a")).await.unwrap(), None);
    assert_eq!(store.fact(&graph, &fact_id("a")).await.unwrap(), None);
    assert_eq!(store.episode(&graph, &episode_id("a")).await.unwrap(), None);
    assert_eq!(entities(&*store, &graph, 10).await, []);
    assert_eq!(find(&*store, &graph, &FactQuery::default(), 10).await, []);
    assert_eq!(episodes(&*store, &graph, 10).await, []);
    let ended = store.end_fact(&graph, &fact_id("a"), end(1, 1)).await.unwrap();
    assert_eq!(ended, EndFact::Unknown);
    assert!(!store.forget(&graph).await.unwrap());
}

pub async fn an_entity_is_read_back_as_it_was_put(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let long = format!("\"{}\"", "a".repeat(GRAPH_TEXT_BYTES_MAX - 2));
    for details in ["null", "{ \"kind\": 1.0 }", r#""\u0061 🧶""#, &long] {
        let put = Entity { details: json(details), name: "Ann\0 🧶".into(), ..entity("ann") };
        store.put_entity(&graph, &put).await.unwrap();
        assert_eq!(store.entity(&graph, &put.id).await.unwrap().as_ref(), Some(&put));
        assert_eq!(entities(&*store, &graph, 10).await, [put]);
    }
}

pub async fn a_fact_is_read_back_as_it_was_added(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let whole = Fact {
        text: "é".repeat(FACT_TEXT_BYTES_MAX / 2),
        episodes: (0..FACT_EPISODES_MAX).map(|n| episode_id(&n.to_string())).collect(),
        recorded_at: at(9),
        end: Some(end(7, 10)),
        ..fact("whole", 5)
    };
    let bare = Fact { text: String::new(), episodes: vec![], ..fact("bare", 3) };
    let numbers: Vec<_> = (0..500).map(|n| n.to_string()).collect();
    let wordy = Fact { text: numbers.join(" "), ..fact("wordy", 1) };
    let facts = [whole, bare, wordy];
    add(&*store, &graph, &facts).await;
    for fact in &facts {
        assert_eq!(store.fact(&graph, &fact.id).await.unwrap().as_ref(), Some(fact));
    }
    assert_eq!(find(&*store, &graph, &FactQuery::default(), 10).await, facts);
}

pub async fn a_fact_never_changes_but_for_its_end(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let first = fact("a", 5);
    add(&*store, &graph, std::slice::from_ref(&first)).await;
    for (again, answer) in [
        (first.clone(), Already),
        (Fact { target: entity_id("eve"), ..first.clone() }, Differs),
        (Fact { relation: relation("likes"), ..first.clone() }, Differs),
        (Fact { text: "other".into(), ..first.clone() }, Differs),
        (Fact { valid_from: at(4), ..first.clone() }, Differs),
        (Fact { episodes: vec![], ..first.clone() }, Differs),
    ] {
        assert_eq!(store.add_fact(&graph, &again).await.unwrap(), answer, "{again:?}");
        assert_eq!(
            find(&*store, &graph, &FactQuery::default(), 10).await,
            std::slice::from_ref(&first)
        );
    }
    let ended = store.end_fact(&graph, &first.id, end(9, 9)).await.unwrap();
    assert_eq!(ended, EndFact::Ended);
    assert_eq!(store.add_fact(&graph, &first).await.unwrap(), Already);
    let read = store.fact(&graph, &first.id).await.unwrap();
    assert_eq!(read, Some(Fact { end: Some(end(9, 9)), ..first }));
}

pub async fn the_first_end_of_a_fact_stays(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    add(&*store, &graph, &[fact("a", 5)]).await;
    let id = fact_id("a");
    let error = store.end_fact(&graph, &id, end(4, 9)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let backwards = Fact { end: Some(end(4, 9)), ..fact("b", 5) };
    let error = store.add_fact(&graph, &backwards).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    for (sent, answer) in [
        (end(5, 9), EndFact::Ended),
        (end(5, 9), EndFact::Ended),
        (end(7, 9), EndFact::Already(end(5, 9))),
        (end(5, 10), EndFact::Already(end(5, 9))),
    ] {
        assert_eq!(store.end_fact(&graph, &id, sent).await.unwrap(), answer, "{sent:?}");
        let read = store.fact(&graph, &id).await.unwrap().expect("it is there");
        assert_eq!(read.end, Some(end(5, 9)));
    }
}

pub async fn an_episode_never_changes(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let long = "é".repeat(GRAPH_TEXT_BYTES_MAX / 2);
    let first = Episode { text: long, details: json("[ 1 ]"), ..episode("a", 5) };
    for (sent, answer) in [
        (first.clone(), Added::Added),
        (first.clone(), Already),
        (Episode { text: "other".into(), ..first.clone() }, Differs),
        (Episode { at: at(6), ..first.clone() }, Differs),
        (Episode { details: json("[1]"), ..first.clone() }, Differs),
    ] {
        assert_eq!(store.add_episode(&graph, &sent).await.unwrap(), answer);
        assert_eq!(store.episode(&graph, &first.id).await.unwrap().as_ref(), Some(&first));
        assert_eq!(episodes(&*store, &graph, 10).await, std::slice::from_ref(&first));
    }
}

pub async fn one_of_many_racing_facts_is_added(fixture: impl GraphFixture) {
    let graph = some_graph();
    let answers = race(16, |n| {
        let (store, graph) = (fixture.store(), graph.clone());
        let fact = Fact { text: format!("word{n}"), ..fact("a", n as u64) };
        async move { (fact.clone(), store.add_fact(&graph, &fact).await.unwrap()) }
    });
    let mut answers = answers.await;
    answers.retain(|(_, answer)| *answer != Differs);
    let [(added, Added::Added)] = &answers[..] else { panic!("{answers:?}") };
    let store = fixture.store();
    assert_eq!(find(&*store, &graph, &FactQuery::default(), 10).await, std::slice::from_ref(added));
}

pub async fn graphs_are_kept_apart(fixture: impl GraphFixture) {
    let (store, one) = (fixture.store(), some_graph());
    let graphs = [one.clone(), GraphName::parse(&format!("{one}/a")).expect("valid"), some_graph()];
    for (n, graph) in graphs.iter().enumerate() {
        let n = n as u64;
        add(&*store, graph, &[fact("a", n)]).await;
        let put = Entity { name: n.to_string(), ..entity("ann") };
        store.put_entity(graph, &put).await.unwrap();
        let _ = store.add_episode(graph, &episode("e", n)).await.unwrap();
    }
    for (n, graph) in graphs.iter().enumerate() {
        let n = n as u64;
        assert_eq!(find(&*store, graph, &FactQuery::default(), 10).await, [fact("a", n)]);
        assert_eq!(entities(&*store, graph, 10).await[0].name, n.to_string());
        assert_eq!(episodes(&*store, graph, 10).await, [episode("e", n)]);
    }
}

pub async fn a_forgotten_graph_is_empty(fixture: impl GraphFixture) {
    let (store, [graph, other]) = (fixture.store(), [some_graph(), some_graph()]);
    for n in 0..300 {
        add(&*store, &graph, &[fact(&n.to_string(), n)]).await;
    }
    store.put_entity(&graph, &entity("ann")).await.unwrap();
    let _ = store.add_episode(&graph, &episode("e", 0)).await.unwrap();
    add(&*store, &other, &[fact("a", 0)]).await;
    let mut calls = 0;
    while store.forget(&graph).await.unwrap() {
        calls += 1;
        assert!(calls < 100, "it does not end");
    }
    assert_eq!(names(&*store, &graph, &FactQuery::default()).await, [""; 0]);
    assert_eq!(store.fact(&graph, &fact_id("7")).await.unwrap(), None);
    assert_eq!(entities(&*store, &graph, 10).await, []);
    assert_eq!(episodes(&*store, &graph, 10).await, []);
    assert_eq!(names(&*store, &other, &FactQuery::default()).await, ["a"]);
    // What comes anew may have the ids of before.
    add(&*store, &graph, &[fact("7", 1)]).await;
}

pub async fn calls_may_be_repeated(fixture: impl GraphFixture) {
    let store = fixture.store();
    for fault in Fault::ALL {
        let graph = some_graph();
        let faulty = || FaultyGraphs::new(store.clone(), FaultPlan::new([fault]));
        let arrived = matches!(fault, Fault::ReplyLost | Fault::Repeated);
        let expected = if arrived { Already } else { Added::Added };

        let network = faulty();
        let first = network.add_fact(&graph, &fact("a", 0)).await;
        let again = network.add_fact(&graph, &fact("a", 0)).await.unwrap();
        assert_eq!(again, expected, "{first:?}");

        let network = faulty();
        let first = network.end_fact(&graph, &fact_id("a"), end(5, 6)).await;
        let again = network.end_fact(&graph, &fact_id("a"), end(5, 6)).await.unwrap();
        assert_eq!(again, EndFact::Ended, "{first:?}");
        let ended = Fact { end: Some(end(5, 6)), ..fact("a", 0) };
        assert_eq!(find(&*store, &graph, &FactQuery::default(), 10).await, [ended]);

        let network = faulty();
        let first = network.add_episode(&graph, &episode("e", 0)).await;
        let again = network.add_episode(&graph, &episode("e", 0)).await.unwrap();
        assert_eq!(again, expected, "{first:?}");

        let network = faulty();
        let first = network.put_entity(&graph, &entity("ann")).await;
        network.put_entity(&graph, &entity("ann")).await.unwrap();
        assert_eq!(entities(&*store, &graph, 10).await, [entity("ann")], "{first:?}");
    }
}

pub async fn graphs_survive_a_restart(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    add(&*store, &graph, &[fact("a", 0)]).await;
    store.put_entity(&graph, &entity("ann")).await.unwrap();
    let _ = store.add_episode(&graph, &episode("e", 0)).await.unwrap();
    drop(store);
    let Some(fixture) = fixture.reopen().await else { return };
    let store = fixture.store();
    let query = FactQuery { text: "bob".into(), ..FactQuery::default() };
    assert_eq!(find(&*store, &graph, &query, 10).await, [fact("a", 0)]);
    assert_eq!(entities(&*store, &graph, 10).await, [entity("ann")]);
    assert_eq!(episodes(&*store, &graph, 10).await, [episode("e", 0)]);
}

pub async fn what_is_too_large_is_invalid(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let large = || Payload(vec![b'1'; GRAPH_TEXT_BYTES_MAX + 1].into());
    let long = "a".repeat(GRAPH_TEXT_BYTES_MAX + 1);
    let invalid = |answer: Result<(), loom_ports::PortError>| {
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Invalid);
    };
    let put = async |entity| store.put_entity(&graph, &entity).await;
    invalid(put(Entity { details: large(), ..entity("a") }).await);
    invalid(put(Entity { name: long.clone(), ..entity("a") }).await);
    let tell = async |episode| store.add_episode(&graph, &episode).await.map(drop);
    invalid(tell(Episode { details: large(), ..episode("a", 0) }).await);
    invalid(tell(Episode { text: long.clone(), ..episode("a", 0) }).await);
    let add = async |fact| store.add_fact(&graph, &fact).await.map(drop);
    invalid(add(Fact { text: "a".repeat(FACT_TEXT_BYTES_MAX + 1), ..fact("a", 0) }).await);
    let many = vec![episode_id("e"); FACT_EPISODES_MAX + 1];
    invalid(add(Fact { episodes: many, ..fact("a", 0) }).await);
    assert!(!store.forget(&graph).await.unwrap());
}

pub async fn a_store_that_cannot_be_reached_is_not_empty(fixture: impl GraphFixture) {
    let Some(store) = fixture.unreachable().await else { return };
    let graph = some_graph();
    store.put_entity(&graph, &entity("a")).await.unwrap_err();
    store.entity(&graph, &entity_id("a")).await.unwrap_err();
    store.entities(&graph, None, 10).await.unwrap_err();
    store.add_fact(&graph, &fact("a", 0)).await.unwrap_err();
    store.end_fact(&graph, &fact_id("a"), end(1, 1)).await.unwrap_err();
    store.fact(&graph, &fact_id("a")).await.unwrap_err();
    store.facts(&graph, &FactQuery::default(), None, 10).await.unwrap_err();
    store.add_episode(&graph, &episode("a", 0)).await.unwrap_err();
    store.episode(&graph, &episode_id("a")).await.unwrap_err();
    store.episodes(&graph, None, 10).await.unwrap_err();
    store.forget(&graph).await.unwrap_err();
}
