//! [`GraphStore`] over rows of one space for each graph.
//!
//! Rows without a value lead to the facts in the order in which they became valid: all of them,
//! those of an entity, those to an entity, those with a word. They are written with their fact, and
//! never change.

mod fact;
mod row;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{EntityId, EpisodeId, FactId, GraphName, Timestamp};
use loom_ports::{
    Added, Cursor, EndFact, Entity, Episode, Fact, FactEnd, FactQuery, GRAPH_TEXT_BYTES_MAX,
    GraphStore, Page, PortError, ROWS_PER_WRITE_MAX, Row, RowChange, RowKey, RowRange, RowStore,
    Space,
};

use crate::desk::{Broken, Decision, Desk, Parts, next, put, rest, within};
use crate::walk::{Walk, begin, later_first};

/// `id → EntityRow`
const ENTITY: u8 = 1;
/// `id → EpisodeRow`
const EPISODE: u8 = 2;
/// `time, id →`
const EPISODE_BY_TIME: u8 = 3;
/// `id → FactRow`
const FACT: u8 = 4;
/// `time, id →`
const FACT_BY_TIME: u8 = 5;
/// `source, time, id →`
const FACT_BY_SOURCE: u8 = 6;
/// `target, time, id →`
const FACT_BY_TARGET: u8 = 7;
/// `word, time, id →`
const FACT_BY_WORD: u8 = 8;

/// How many writes one call makes to forget a graph.
const FORGETTING_WRITES_MAX: usize = 10;

/// Graphs over rows.
#[derive(Clone, Debug)]
pub struct RowGraphs {
    desk: Desk,
}

impl RowGraphs {
    /// The graphs that `rows` hold.
    #[must_use]
    pub fn new(rows: Arc<dyn RowStore>) -> Self {
        Self { desk: Desk::new(rows) }
    }

    async fn set_entity(&self, graph: &GraphName, entity: &Entity) -> Result<(), Broken> {
        within(entity.name.as_bytes(), GRAPH_TEXT_BYTES_MAX, "the name")?;
        within(&entity.details.0, GRAPH_TEXT_BYTES_MAX, "what is told of the entity")?;
        let change = put(entity_key(&entity.id), &row::EntityRow::of(entity));
        self.desk.write(&space(graph), Vec::new(), vec![change]).await.map(drop)
    }

    async fn page_of_entities(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entity>, Broken> {
        let range = rest(&RowKey::of(ENTITY), from, limit)?;
        let found = self.desk.range(&space(graph), range.clone()).await?;
        let items = found.rows.iter().map(row::entity).collect::<Result<_, _>>()?;
        Ok(Page { items, next: next(&found, &range) })
    }

    async fn tell(&self, graph: &GraphName, episode: &Episode) -> Result<Added, Broken> {
        within(episode.text.as_bytes(), GRAPH_TEXT_BYTES_MAX, "the text")?;
        within(&episode.details.0, GRAPH_TEXT_BYTES_MAX, "what is told of the episode")?;
        let key = episode_key(&episode.id);
        let decide = |rows: &[Option<Row>], _| {
            if let Some(stored) = &rows[0] {
                let same = row::episode(stored)? == *episode;
                return Ok(Decision::nothing(if same { Added::Already } else { Added::Differs }));
            }
            let lead = RowKey::of(EPISODE_BY_TIME).number(later_first(episode.at));
            let changes = vec![
                put(key.clone(), &row::EpisodeRow::of(episode)),
                RowChange::Put(lead.text(episode.id.as_str()), Bytes::new()),
            ];
            Ok(Decision { answer: Added::Added, changes })
        };
        let keys = std::slice::from_ref(&key);
        self.desk.decide(&space(graph), keys, Timestamp::EPOCH, decide).await
    }

    async fn page_of_episodes(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Episode>, Broken> {
        let all = RowKey::of(EPISODE_BY_TIME);
        let range = begin(&all, all.clone(), all.end(), from)?;
        let lead = |key: &RowKey| {
            let mut parts = Parts::after(&all, key)?;
            parts.number()?;
            Ok(RowKey::of(EPISODE).text(parts.text()?))
        };
        self.page(&space(graph), range, limit, lead, |row| row::episode(row).map(Some)).await
    }

    /// At most `limit` of what a walk leads to and `read` makes something of.
    async fn page<T: Send>(
        &self,
        space: &Space,
        range: RowRange,
        limit: usize,
        lead: impl Fn(&RowKey) -> Result<RowKey, Broken> + Send + Sync,
        read: impl Fn(&Row) -> Result<Option<T>, Broken> + Send + Sync,
    ) -> Result<Page<T>, Broken> {
        if limit == 0 {
            let next = Some(Cursor(Bytes::copy_from_slice(range.from.as_bytes())));
            return Ok(Page { items: Vec::new(), next });
        }
        let mut items = Vec::new();
        let take = |row: &Row| {
            items.extend(read(row)?);
            Ok(if items.len() < limit { Walk::On } else { Walk::Enough })
        };
        let next = self.desk.walk(space, range, lead, take).await?;
        Ok(Page { items, next })
    }

    async fn remove(&self, graph: &GraphName) -> Result<bool, Broken> {
        let space = space(graph);
        let (from, to) = (RowKey::of(0), RowKey::of(u8::MAX));
        for _ in 0..FORGETTING_WRITES_MAX {
            let (from, to) = (from.clone(), to.clone());
            let all = RowRange { from, to, limit: ROWS_PER_WRITE_MAX, backwards: false };
            let rows = self.desk.range(&space, all).await?.rows;
            if rows.is_empty() {
                return Ok(false);
            }
            let changes = rows.into_iter().map(|row| RowChange::Remove(row.key)).collect();
            self.desk.write(&space, Vec::new(), changes).await?;
        }
        Ok(true)
    }
}

#[async_trait]
impl GraphStore for RowGraphs {
    async fn put_entity(&self, graph: &GraphName, entity: &Entity) -> Result<(), PortError> {
        self.set_entity(graph, entity).await.map_err(|error| error.at("put_entity"))
    }

    async fn entity(&self, graph: &GraphName, id: &EntityId) -> Result<Option<Entity>, PortError> {
        let row = self.desk.row(&space(graph), entity_key(id)).await;
        let entity = row.and_then(|row| row.as_ref().map(row::entity).transpose());
        entity.map_err(|error| error.at("entity"))
    }

    async fn entities(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entity>, PortError> {
        let page = self.page_of_entities(graph, from, limit).await;
        page.map_err(|error| error.at("entities"))
    }

    async fn add_fact(&self, graph: &GraphName, fact: &Fact) -> Result<Added, PortError> {
        self.state(graph, fact).await.map_err(|error| error.at("add_fact"))
    }

    async fn end_fact(
        &self,
        graph: &GraphName,
        id: &FactId,
        end: FactEnd,
    ) -> Result<EndFact, PortError> {
        self.end(graph, id, end).await.map_err(|error| error.at("end_fact"))
    }

    async fn fact(&self, graph: &GraphName, id: &FactId) -> Result<Option<Fact>, PortError> {
        let row = self.desk.row(&space(graph), fact_key(id)).await;
        let fact = row.and_then(|row| row.as_ref().map(row::fact).transpose());
        fact.map_err(|error| error.at("fact"))
    }

    async fn facts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Fact>, PortError> {
        let page = self.page_of_facts(graph, query, from, limit).await;
        page.map_err(|error| error.at("facts"))
    }

    async fn add_episode(&self, graph: &GraphName, episode: &Episode) -> Result<Added, PortError> {
        self.tell(graph, episode).await.map_err(|error| error.at("add_episode"))
    }

    async fn episode(
        &self,
        graph: &GraphName,
        id: &EpisodeId,
    ) -> Result<Option<Episode>, PortError> {
        let row = self.desk.row(&space(graph), episode_key(id)).await;
        let episode = row.and_then(|row| row.as_ref().map(row::episode).transpose());
        episode.map_err(|error| error.at("episode"))
    }

    async fn episodes(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Episode>, PortError> {
        let page = self.page_of_episodes(graph, from, limit).await;
        page.map_err(|error| error.at("episodes"))
    }

    async fn forget(&self, graph: &GraphName) -> Result<bool, PortError> {
        self.remove(graph).await.map_err(|error| error.at("forget"))
    }
}

fn space(graph: &GraphName) -> Space {
    Space::of("graph", graph.as_str())
}

fn entity_key(id: &EntityId) -> RowKey {
    RowKey::of(ENTITY).text(id.as_str())
}

fn episode_key(id: &EpisodeId) -> RowKey {
    RowKey::of(EPISODE).text(id.as_str())
}

fn fact_key(id: &FactId) -> RowKey {
    RowKey::of(FACT).text(id.as_str())
}
