//! Graphs behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{EntityId, EpisodeId, FactId, GraphName};
use loom_ports::{
    Added, Cursor, EndFact, Entity, Episode, Fact, FactEnd, FactQuery, GraphStore, Page, PortError,
};

use super::{FaultPlan, carried};

/// Wraps a graph store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyGraphs {
    inner: Arc<dyn GraphStore>,
    plan: FaultPlan,
}

impl FaultyGraphs {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn GraphStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl GraphStore for FaultyGraphs {
    async fn put_entity(&self, graph: &GraphName, entity: &Entity) -> Result<(), PortError> {
        carried!(self.put_entity(&graph, &entity))
    }

    async fn entity(&self, graph: &GraphName, id: &EntityId) -> Result<Option<Entity>, PortError> {
        carried!(self.entity(&graph, &id))
    }

    async fn entities(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Entity>, PortError> {
        carried!(self.entities(&graph, opt from, val limit))
    }

    async fn add_fact(&self, graph: &GraphName, fact: &Fact) -> Result<Added, PortError> {
        carried!(self.add_fact(&graph, &fact))
    }

    async fn end_fact(
        &self,
        graph: &GraphName,
        id: &FactId,
        end: FactEnd,
    ) -> Result<EndFact, PortError> {
        carried!(self.end_fact(&graph, &id, val end))
    }

    async fn fact(&self, graph: &GraphName, id: &FactId) -> Result<Option<Fact>, PortError> {
        carried!(self.fact(&graph, &id))
    }

    async fn facts(
        &self,
        graph: &GraphName,
        query: &FactQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Fact>, PortError> {
        carried!(self.facts(&graph, &query, opt from, val limit))
    }

    async fn add_episode(&self, graph: &GraphName, episode: &Episode) -> Result<Added, PortError> {
        carried!(self.add_episode(&graph, &episode))
    }

    async fn episode(
        &self,
        graph: &GraphName,
        id: &EpisodeId,
    ) -> Result<Option<Episode>, PortError> {
        carried!(self.episode(&graph, &id))
    }

    async fn episodes(
        &self,
        graph: &GraphName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Episode>, PortError> {
        carried!(self.episodes(&graph, opt from, val limit))
    }

    async fn forget(&self, graph: &GraphName) -> Result<bool, PortError> {
        carried!(self.forget(&graph))
    }
}
