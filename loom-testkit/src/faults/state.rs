//! A state store behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{ActorId, Head};
use loom_ports::{Cursor, Page, PortError, Save, StateQuery, StateRow, StateStore};

use super::{FaultPlan, carried};

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
        carried!(self.save_if_newer(&row))
    }

    async fn load(&self, actor: &ActorId) -> Result<Option<StateRow>, PortError> {
        carried!(self.load(&actor))
    }

    async fn delete(&self, actor: &ActorId, head: Head) -> Result<Save, PortError> {
        carried!(self.delete(&actor, val head))
    }

    async fn query(
        &self,
        query: &StateQuery,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<StateRow>, PortError> {
        carried!(self.query(&query, opt from, val limit))
    }
}
