//! Settings behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{ConfigKey, ConfigScope, Payload};
use loom_ports::{
    ConfigEntry, ConfigReading, ConfigRevision, ConfigStore, Cursor, Page, PortError,
};

use super::{FaultPlan, carried};

/// Wraps a config store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultyConfig {
    inner: Arc<dyn ConfigStore>,
    plan: FaultPlan,
}

impl FaultyConfig {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn ConfigStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl ConfigStore for FaultyConfig {
    async fn get(
        &self,
        key: &ConfigKey,
        scopes: &[ConfigScope],
    ) -> Result<ConfigReading, PortError> {
        carried!(self.get(&key, &scopes))
    }

    async fn set(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
        value: &Payload,
    ) -> Result<ConfigRevision, PortError> {
        carried!(self.set(&key, &scope, &value))
    }

    async fn remove(
        &self,
        key: &ConfigKey,
        scope: &ConfigScope,
    ) -> Result<ConfigRevision, PortError> {
        carried!(self.remove(&key, &scope))
    }

    async fn list(
        &self,
        within: Option<&ConfigKey>,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ConfigEntry>, PortError> {
        carried!(self.list(opt within, opt from, val limit))
    }

    async fn revision(&self) -> Result<ConfigRevision, PortError> {
        carried!(self.revision())
    }
}
