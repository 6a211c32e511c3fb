//! The suite for [`GraphStore`].

pub mod adding;
pub mod finding;
pub mod model;

use bytes::Bytes;
use loom_core::{EntityId, EpisodeId, FactId, GraphName, Payload, RelationName, Timestamp};
use loom_ports::{Added, Entity, Episode, Fact, FactEnd, FactQuery, GraphStore};

use crate::unique::unique;

crate::fixture::fixture!(GraphFixture: dyn GraphStore);

/// All cases, for a fixture.
#[must_use]
pub fn cases<F: GraphFixture>() -> Vec<crate::Case> {
    crate::__graph_cases!(__suite_list [graph GraphFixture F])
}

/// Generates one `#[test]` per case for the given fixture.
#[macro_export]
macro_rules! graph_suite {
    ($fixture:ty) => {
        $crate::__graph_cases!(__suite_tests [graph GraphFixture $fixture, []]);
    };
    ($fixture:ty, ignore = $why:literal) => {
        $crate::__graph_cases!(__suite_tests [graph GraphFixture $fixture, [#[ignore = $why]]]);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __graph_cases {
    ($then:ident $args:tt) => {
        $crate::$then! { $args
            adding::a_new_graph_is_empty
            adding::an_entity_is_read_back_as_it_was_put
            adding::a_fact_is_read_back_as_it_was_added
            adding::a_fact_never_changes_but_for_its_end
            adding::the_first_end_of_a_fact_stays
            adding::an_episode_never_changes
            adding::one_of_many_racing_facts_is_added
            adding::graphs_are_kept_apart
            adding::a_forgotten_graph_is_empty
            adding::calls_may_be_repeated
            adding::graphs_survive_a_restart
            adding::what_is_too_large_is_invalid
            adding::a_store_that_cannot_be_reached_is_not_empty
            finding::facts_are_found_from_the_last_to_the_first
            finding::what_was_true_at_a_time_is_found
            finding::what_was_known_at_a_time_is_found
            finding::facts_pass_every_filter
            finding::facts_are_found_by_their_words
            finding::many_facts_that_do_not_pass_hide_none
            finding::entities_and_episodes_are_listed_in_pages
            model::any_sequence_of_calls_agrees_with_the_model
        }
    };
}

fn some_graph() -> GraphName {
    GraphName::parse(&unique("graph")).expect("a valid name")
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_000 + millis)
}

fn json(text: &str) -> Payload {
    Payload(Bytes::copy_from_slice(text.as_bytes()))
}

fn entity_id(name: &str) -> EntityId {
    EntityId::parse(name).expect("a valid id")
}

fn fact_id(name: &str) -> FactId {
    FactId::parse(name).expect("a valid id")
}

fn episode_id(name: &str) -> EpisodeId {
    EpisodeId::parse(name).expect("a valid id")
}

fn relation(name: &str) -> RelationName {
    RelationName::parse(name).expect("a valid name")
}

fn entity(name: &str) -> Entity {
    Entity { id: entity_id(name), name: name.to_uppercase(), details: Payload::NULL }
}

/// That Ann knows Bob, valid since so many milliseconds after a time, and recorded then.
fn fact(name: &str, millis: u64) -> Fact {
    Fact {
        id: fact_id(name),
        source: entity_id("ann"),
        relation: relation("knows"),
        target: entity_id("bob"),
        text: format!("Ann knows Bob ({name})"),
        episodes: vec![episode_id("party")],
        valid_from: at(millis),
        recorded_at: at(millis),
        end: None,
    }
}

fn end(valid_to: u64, recorded_at: u64) -> FactEnd {
    FactEnd { valid_to: at(valid_to), recorded_at: at(recorded_at) }
}

fn episode(name: &str, millis: u64) -> Episode {
    Episode { id: episode_id(name), at: at(millis), text: name.into(), details: Payload::NULL }
}

async fn add(store: &dyn GraphStore, graph: &GraphName, facts: &[Fact]) {
    for fact in facts {
        assert_eq!(store.add_fact(graph, fact).await.unwrap(), Added::Added, "{fact:?}");
    }
}

/// Reads page after page to the end.
async fn find(
    store: &dyn GraphStore,
    graph: &GraphName,
    query: &FactQuery,
    limit: usize,
) -> Vec<Fact> {
    let page = async |from: Option<&_>| store.facts(graph, query, from, limit).await;
    crate::pages::all(limit, page).await
}

async fn names(store: &dyn GraphStore, graph: &GraphName, query: &FactQuery) -> Vec<String> {
    find(store, graph, query, 100).await.iter().map(|fact| fact.id.to_string()).collect()
}

async fn entities(store: &dyn GraphStore, graph: &GraphName, limit: usize) -> Vec<Entity> {
    let page = async |from: Option<&_>| store.entities(graph, from, limit).await;
    crate::pages::all(limit, page).await
}

async fn episodes(store: &dyn GraphStore, graph: &GraphName, limit: usize) -> Vec<Episode> {
    let page = async |from: Option<&_>| store.episodes(graph, from, limit).await;
    crate::pages::all(limit, page).await
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_case_is_listed() {
        let cases = [
            include_str!("graph/adding.rs"),
            include_str!("graph/finding.rs"),
            include_str!("graph/model.rs"),
        ];
        let unlisted = crate::suite::unlisted(include_str!("graph.rs"), &cases);
        assert_eq!(unlisted, [""; 0]);
    }
}
