//! Definitions behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{DefinitionName, Timestamp};
use loom_ports::{
    Cursor, Definition, DefinitionHead, DefinitionId, DefinitionKind, DefinitionStore,
    DefinitionVersion, Page, PortError, Publish, Retire, VersionRange,
};

use super::{FaultPlan, carried};

/// Wraps a definition store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyDefinitions {
    inner: Arc<dyn DefinitionStore>,
    plan: FaultPlan,
}

impl FaultyDefinitions {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn DefinitionStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl DefinitionStore for FaultyDefinitions {
    async fn publish(&self, definition: &Definition) -> Result<Publish, PortError> {
        carried!(self.publish(&definition))
    }

    async fn get(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
    ) -> Result<Option<Definition>, PortError> {
        carried!(self.get(&id, &version))
    }

    async fn resolve(
        &self,
        id: &DefinitionId,
        range: &VersionRange,
    ) -> Result<Option<Definition>, PortError> {
        carried!(self.resolve(&id, &range))
    }

    async fn retire(
        &self,
        id: &DefinitionId,
        version: &DefinitionVersion,
        at: Timestamp,
    ) -> Result<Retire, PortError> {
        carried!(self.retire(&id, &version, val at))
    }

    async fn versions(
        &self,
        id: &DefinitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionHead>, PortError> {
        carried!(self.versions(&id, opt from, val limit))
    }

    async fn names(
        &self,
        kind: DefinitionKind,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DefinitionName>, PortError> {
        carried!(self.names(val kind, opt from, val limit))
    }
}
