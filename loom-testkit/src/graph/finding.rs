//! Which facts are found, and in which order.

#![allow(missing_docs, clippy::missing_panics_doc, reason = "a case is its name, and it panics")]

use loom_ports::{Added, EndFact, Fact, FactQuery};

use super::{
    GraphFixture, add, at, end, entities, entity, entity_id, episode, episodes, fact, fact_id,
    find, names, relation, some_graph,
};

pub async fn facts_are_found_from_the_last_to_the_first(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let facts = [("c", 5), ("old", 0), ("a", 5), ("new", 1_000_000_000_000), ("b", 5), ("d", 6)];
    add(&*store, &graph, &facts.map(|(name, millis)| fact(name, millis))).await;
    let sorted = ["new", "d", "a", "b", "c", "old"];
    for limit in [1, 2, 5, 6, 7] {
        let found = find(&*store, &graph, &FactQuery::default(), limit).await;
        assert!(found.iter().map(|fact| fact.id.as_str()).eq(sorted), "{limit}: {found:?}");
    }
}

/// From its beginning on, and at its end not any more.
pub async fn what_was_true_at_a_time_is_found(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let ended = Fact { end: Some(end(20, 20)), ..fact("ended", 10) };
    let never = Fact { end: Some(end(12, 12)), ..fact("never", 12) };
    add(&*store, &graph, &[ended, never, fact("stays", 15)]).await;
    let rows: [(_, &[_]); 6] = [
        (9, &[]),
        (10, &["ended"]),
        (12, &["ended"]),
        (15, &["stays", "ended"]),
        (19, &["stays", "ended"]),
        (20, &["stays"]),
    ];
    for (millis, expected) in rows {
        let query = FactQuery { valid_at: Some(at(millis)), ..FactQuery::default() };
        assert_eq!(names(&*store, &graph, &query).await, expected, "{millis}");
        let query = FactQuery { text: "knows".into(), ..query };
        assert_eq!(names(&*store, &graph, &query).await, expected, "{millis} with a word");
        let query = FactQuery { source: Some(entity_id("ann")), ..query };
        assert_eq!(names(&*store, &graph, &query).await, expected, "{millis} of somebody");
    }
}

pub async fn what_was_known_at_a_time_is_found(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    // True since 10, known since 30; ended at 20, which is known since 40.
    add(&*store, &graph, &[Fact { recorded_at: at(30), ..fact("a", 10) }]).await;
    let ended = store.end_fact(&graph, &fact_id("a"), end(20, 40)).await.unwrap();
    assert_eq!(ended, EndFact::Ended);
    for (valid_at, known_at, found) in [
        (Some(15), None, true),
        (Some(25), None, false),
        (None, None, true),
        (None, Some(29), false),
        (None, Some(30), true),
        (Some(15), Some(29), false),
        (Some(15), Some(30), true),
        (Some(25), Some(39), true),
        (Some(25), Some(40), false),
        (Some(9), Some(50), false),
    ] {
        let (valid_at, known_at) = (valid_at.map(at), known_at.map(at));
        let query = FactQuery { valid_at, known_at, ..FactQuery::default() };
        let names = names(&*store, &graph, &query).await;
        assert_eq!(!names.is_empty(), found, "{query:?}");
    }
}

pub async fn facts_pass_every_filter(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let of = |name: &str, millis, source: &str, how: &str, target: &str| Fact {
        source: entity_id(source),
        relation: relation(how),
        target: entity_id(target),
        ..fact(name, millis)
    };
    let facts = [
        of("1", 1, "ann", "knows", "bob"),
        of("2", 2, "ann", "likes", "bob"),
        of("3", 3, "bob", "knows", "ann"),
        of("4", 4, "ann", "knows", "eve"),
        of("5", 5, "ann/", "knows", "bob"),
    ];
    add(&*store, &graph, &facts).await;
    let query = |source: &str, how: &str, target: &str| FactQuery {
        source: (!source.is_empty()).then(|| entity_id(source)),
        relation: (!how.is_empty()).then(|| relation(how)),
        target: (!target.is_empty()).then(|| entity_id(target)),
        ..FactQuery::default()
    };
    let rows: [(FactQuery, &[_]); 7] = [
        (query("ann", "", ""), &["4", "2", "1"]),
        (query("", "", "bob"), &["5", "2", "1"]),
        (query("", "knows", ""), &["5", "4", "3", "1"]),
        (query("ann", "knows", ""), &["4", "1"]),
        (query("ann", "", "bob"), &["2", "1"]),
        (query("ann", "knows", "bob"), &["1"]),
        (query("nobody", "", ""), &[]),
    ];
    for (query, expected) in rows {
        assert_eq!(names(&*store, &graph, &query).await, expected, "{query:?}");
    }
}

pub async fn facts_are_found_by_their_words(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let saying = |name: &str, millis, text: &str| Fact { text: text.into(), ..fact(name, millis) };
    let facts = [
        saying("1", 1, "Ann works at ACME since 2024."),
        saying("2", 2, "Bob worked at Acme-Corp"),
        saying("3", 3, "Straße in ÉTÉ"),
    ];
    add(&*store, &graph, &facts).await;
    let rows: [(_, &[_]); 11] = [
        ("acme", &["2", "1"]),
        ("ACME!", &["2", "1"]),
        ("acme corp", &["2"]),
        ("corp, acme", &["2"]),
        ("work", &[]),
        ("works acme bob", &[]),
        ("2024", &["1"]),
        ("straße", &["3"]),
        ("été", &["3"]),
        ("", &["3", "2", "1"]),
        ("--", &["3", "2", "1"]),
    ];
    for (text, expected) in rows {
        let query = FactQuery { text: text.into(), ..FactQuery::default() };
        assert_eq!(names(&*store, &graph, &query).await, expected, "{text:?}");
    }
    let query = FactQuery { text: "acme".into(), valid_at: Some(at(1)), ..FactQuery::default() };
    assert_eq!(names(&*store, &graph, &query).await, ["1"]);
}

pub async fn many_facts_that_do_not_pass_hide_none(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    for n in 0..700 {
        add(&*store, &graph, &[fact(&n.to_string(), 10 + n)]).await;
    }
    let other = Fact { relation: relation("likes"), ..fact("old", 0) };
    add(&*store, &graph, &[other]).await;
    let query = FactQuery { relation: Some(relation("likes")), ..FactQuery::default() };
    assert_eq!(names(&*store, &graph, &query).await, ["old"]);
}

pub async fn entities_and_episodes_are_listed_in_pages(fixture: impl GraphFixture) {
    let (store, graph) = (fixture.store(), some_graph());
    let sorted = ["-", "10", "9", "A", "a", "a/b", "ab", "á"];
    for name in sorted.iter().rev() {
        store.put_entity(&graph, &entity(name)).await.unwrap();
    }
    let happened = [("late", 9), ("a", 5), ("b", 5), ("early", 1)];
    for (name, millis) in happened.iter().rev() {
        let added = store.add_episode(&graph, &episode(name, *millis)).await.unwrap();
        assert_eq!(added, Added::Added);
    }
    for limit in [1, 3, 4, 8, 9] {
        let found = entities(&*store, &graph, limit).await;
        assert!(found.iter().map(|entity| entity.id.as_str()).eq(sorted), "{limit}: {found:?}");
        let found = episodes(&*store, &graph, limit).await;
        let expected = happened.map(|(name, millis)| episode(name, millis));
        assert_eq!(found, expected, "{limit}");
    }
}
