//! A state store behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{ActorId, Head};
use loom_ports::{Cursor, Page, PortError, Save, StateQuery, StateRow, StateStore};

use super::FaultPlan;

/// Wraps a state store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyState {
    inner: Arc<dyn StateStore>,
    plan: FaultPlan,
}

impl FaultyState {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn StateStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl StateStore for FaultyState {
    async fn save_if_newer(&self, row: &StateRow) -> Result<Save, PortError> {
        self.plan.call("save_if_newer", || self.inner.save_if_newer(row)).await
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        self.plan.call("load", || self.inner.load(actor)).await
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        self.plan.call("delete", || self.inner.delete(actor, head)).await
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        self.plan.call("query", || self.inner.query(query, from, limit)).await
    }
}
