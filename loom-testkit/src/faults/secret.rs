//! Secrets behind a bad network.

use std::sync::Arc;

use async_trait::async_trait;
use loom_core::{SecretName, Timestamp};
use loom_ports::{
    Cursor, Page, PortError, Secret, SecretCapabilities, SecretChange, SecretHead, SecretStore,
    SecretValue, SecretVersion, SecretWrite, SetSecret, Tally,
};

use super::{FaultPlan, carried};

/// Wraps a secret store and fails its calls as planned.
#[derive(Debug)]
pub struct FaultySecrets {
    inner: Arc<dyn SecretStore>,
    plan: FaultPlan,
}

impl FaultySecrets {
    /// Puts `plan` between the caller and `inner`.
    pub fn new(inner: Arc<dyn SecretStore>, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl SecretStore for FaultySecrets {
    fn capabilities(&self) -> SecretCapabilities {
        self.inner.capabilities()
    }

    async fn set(
        &self,
        name: &SecretName,
        value: &Secret<Vec<u8>>,
        write: SecretWrite,
        now: Timestamp,
    ) -> Result<SetSecret, PortError> {
        carried!(self.set(&name, &value, val write, val now))
    }

    async fn get(
        &self,
        name: &SecretName,
        version: Option<SecretVersion>,
    ) -> Result<Option<SecretValue>, PortError> {
        carried!(self.get(&name, val version))
    }

    async fn list(
        &self,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<SecretHead>, PortError> {
        carried!(self.list(opt from, val limit))
    }

    async fn versions(
        &self,
        name: &SecretName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<(SecretVersion, Timestamp)>, PortError> {
        carried!(self.versions(&name, opt from, val limit))
    }

    async fn delete(&self, name: &SecretName, now: Timestamp) -> Result<SecretChange, PortError> {
        carried!(self.delete(&name, val now))
    }

    async fn recover(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        carried!(self.recover(&name))
    }

    async fn purge(&self, name: &SecretName) -> Result<SecretChange, PortError> {
        carried!(self.purge(&name))
    }

    async fn rotate(&self, from: Option<&Cursor>) -> Result<Tally<u64>, PortError> {
        carried!(self.rotate(opt from))
    }
}
