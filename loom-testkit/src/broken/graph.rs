//! Graph stores with planted defects.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use loom_adapter_memory::{MemoryStores, SmallStores as _};
use loom_core::{EntityId, EpisodeId, FactId, GraphName};
use loom_ports::{
    Added, Cursor, EndFact, Entity, Episode, Fact, FactEnd, FactQuery, GraphStore, Page, PortError,
};

use super::{assert_caught, or_empty, out_of_reach};
use crate::faults::FaultyGraphs;
use crate::graph::GraphFixture;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    OnlyCreates,
    TakesAnyForTheSame,
    MovesEnds,
    EndsForgetTheirTime,
    IncludesTheEnd,
    IgnoresWhatWasKnown,
    FindsPartsOfWords,
    FindsAnyOfTheWords,
    IgnoresTheRelation,
    SortsOldestFirst,
    HasOneGraph,
    ForgetsFactsOnly,
    EndsAfterOnePage,
    IsEmptyWhenOutOfReach,
    ForgetsOnRestart,
}

use Defect::{
    EndsAfterOnePage, EndsForgetTheirTime, FindsAnyOfTheWords, FindsPartsOfWords, ForgetsFactsOnly,
    ForgetsOnRestart, HasOneGraph, IgnoresTheRelation, IgnoresWhatWasKnown, IncludesTheEnd,
    IsEmptyWhenOutOfReach, MovesEnds, OnlyCreates, SortsOldestFirst, TakesAnyForTheSame,
};

/// Ends that came later.
type Memory = Vec<(GraphName, FactId, FactEnd)>;
type Broken = super::Broken<dyn GraphStore, Defect, Mutex<Memory>>;

thread_local! {
    static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
}

struct Fixture(Arc<Broken>);

impl GraphFixture for Fixture {
    async fn open() -> Self {
        Self(Arc::new(Broken::new(MemoryStores::default().graphs(), PLANTED.get())))
    }

    fn store(&self) -> Arc<dyn GraphStore> {
        self.0.clone()
    }

    async fn reopen(self) -> Option<Self> {
        if self.0.has(ForgetsOnRestart) { Some(Self::open().await) } else { Some(self) }
    }

    async fn unreachable(&self) -> Option<Arc<dyn GraphStore>> {
        let nowhere = FaultyGraphs::new(self.0.inner.clone(), out_of_reach());
        Some(Arc::new(Broken::new(Arc::new(nowhere), PLANTED.get())))
    }
}

#[test]
fn defects_are_caught() {
    assert_caught(
        &PLANTED,
        &crate::graph::cases::<Fixture>(),
        &[
            (OnlyCreates, "a_fact_never_changes_but_for_its_end"),
            (TakesAnyForTheSame, "a_fact_never_changes_but_for_its_end"),
            (MovesEnds, "the_first_end_of_a_fact_stays"),
            (EndsForgetTheirTime, "what_was_known_at_a_time_is_found"),
            (IncludesTheEnd, "what_was_true_at_a_time_is_found"),
            (IgnoresWhatWasKnown, "what_was_known_at_a_time_is_found"),
            (FindsPartsOfWords, "facts_are_found_by_their_words"),
            (FindsAnyOfTheWords, "facts_are_found_by_their_words"),
            (IgnoresTheRelation, "facts_pass_every_filter"),
            (SortsOldestFirst, "facts_are_found_from_the_last_to_the_first"),
            (HasOneGraph, "graphs_are_kept_apart"),
            (ForgetsFactsOnly, "a_forgotten_graph_is_empty"),
            (EndsAfterOnePage, "many_facts_that_do_not_pass_hide_none"),
            (IsEmptyWhenOutOfReach, "a_store_that_cannot_be_reached_is_not_empty"),
            (ForgetsOnRestart, "graphs_survive_a_restart"),
            (IncludesTheEnd, "any_sequence_of_calls_agrees_with_the_model"),
        ],
    );
}

#[async_trait]
impl GraphStore for Broken {
    async fn put_entity(&self, graph: &GraphName, entity: &Entity) -> Result<(), PortError> {
        self.inner.put_entity(self.graph(graph), entity).await
    }

    async fn entity(&self, graph: &GraphName, id: &EntityId) -> Result<Option<Entity>, PortError> {
        self.inner.entity(self.graph(graph), id).await
    }

    async fn entities(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entity>, PortError> {
        self.inner.entities(self.graph(graph), from, limit).await
    }

    async fn add_fact(&self, graph: &GraphName, fact: &Fact) -> Result<Added, PortError> {
        match self.inner.add_fact(self.graph(graph), fact).await? {
            Added::Differs if self.has(TakesAnyForTheSame) => Ok(Added::Already),
            Added::Already if self.has(OnlyCreates) => Ok(Added::Differs),
            added => Ok(added),
        }
    }

    async fn end_fact(
        &self,
        graph: &GraphName,
        id: &FactId,
        mut end: FactEnd,
    ) -> Result<EndFact, PortError> {
        let graph = self.graph(graph);
        if self.has(EndsForgetTheirTime) {
            end.recorded_at = end.valid_to;
        }
        match self.inner.end_fact(graph, id, end).await? {
            EndFact::Already(_) if self.has(MovesEnds) => {
                self.memory.lock().unwrap().push((graph.clone(), id.clone(), end));
                Ok(EndFact::Ended)
            }
            ended => Ok(ended),
        }
    }

    async fn fact(&self, graph: &GraphName, id: &FactId) -> Result<Option<Fact>, PortError> {
        let graph = self.graph(graph);
        let mut fact = self.inner.fact(graph, id).await;
        if let Ok(Some(fact)) = &mut fact {
            for (of, moved, end) in &*self.memory.lock().unwrap() {
                if of == graph && moved == id {
                    fact.end = Some(*end);
                }
            }
        }
        if self.has(IsEmptyWhenOutOfReach) { or_empty(fact) } else { fact }
    }

    async fn facts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Fact>, PortError> {
        let (graph, mut query) = (self.graph(graph), query.clone());
        match self.defect {
            Some(IgnoresWhatWasKnown) => query.known_at = None,
            Some(IgnoresTheRelation) => query.relation = None,
            Some(FindsPartsOfWords) => {
                return self.texts(graph, &query, |text, word| text.contains(word)).await;
            }
            Some(FindsAnyOfTheWords) => {
                let first = query.text.split(' ').next().unwrap_or_default();
                query.text = first.into();
            }
            Some(IncludesTheEnd) => {
                let mut page = self.inner.facts(graph, &query, from, limit).await?;
                if let Some(at) = query.valid_at.take() {
                    let all = self.inner.facts(graph, &query, None, 400).await?.items;
                    let ends_now = |fact: &Fact| fact.end.is_some_and(|end| end.valid_to == at);
                    page.items.extend(all.into_iter().filter(ends_now));
                    page.items.truncate(limit);
                }
                return Ok(page);
            }
            _ => {}
        }
        let mut page = self.inner.facts(graph, &query, from, limit).await?;
        match self.defect {
            Some(SortsOldestFirst) => page.items.reverse(),
            Some(EndsAfterOnePage) => page.next = None,
            _ => {}
        }
        Ok(page)
    }

    async fn add_episode(&self, graph: &GraphName, episode: &Episode) -> Result<Added, PortError> {
        self.inner.add_episode(self.graph(graph), episode).await
    }

    async fn episode(
        &self,
        graph: &GraphName,
        id: &EpisodeId,
    ) -> Result<Option<Episode>, PortError> {
        self.inner.episode(self.graph(graph), id).await
    }

    async fn episodes(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Episode>, PortError> {
        self.inner.episodes(self.graph(graph), from, limit).await
    }

    async fn forget(&self, graph: &GraphName) -> Result<bool, PortError> {
        let graph = self.graph(graph);
        let entities = self.inner.entities(graph, None, 100).await?.items;
        let mut left = self.inner.forget(graph).await?;
        if self.has(ForgetsFactsOnly) {
            while left {
                left = self.inner.forget(graph).await?;
            }
            for entity in &entities {
                self.inner.put_entity(graph, entity).await?;
            }
        }
        Ok(left)
    }
}

impl Broken {
    fn graph<'a>(&self, graph: &'a GraphName) -> &'a GraphName {
        static ONLY: std::sync::OnceLock<GraphName> = std::sync::OnceLock::new();
        if self.has(HasOneGraph) {
            ONLY.get_or_init(|| GraphName::parse("only").expect("a valid name"))
        } else {
            graph
        }
    }

    async fn texts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        has: impl Fn(&str, &str) -> bool,
    ) -> Result<Page<Fact>, PortError> {
        let any = FactQuery { text: String::new(), ..query.clone() };
        let mut page = self.inner.facts(graph, &any, None, 400).await?;
        page.items.retain(|fact| {
            let text = fact.text.to_lowercase();
            query.text.to_lowercase().split(' ').all(|word| has(&text, word))
        });
        page.next = None;
        Ok(page)
    }
}
