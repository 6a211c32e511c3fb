//! The services of Azure that a deployment uses.

use std::sync::Arc;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_ports::Stores;
use loom_rows::SmallStores;

use crate::exit::{Exit, Stop};
use crate::placement::{Backend, Placement, Port};

/// How the services are reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Azure {
    pub(crate) cosmos: Option<CosmosSettings>,
    pub(crate) blob: Option<AzureBlobSettings>,
}

/// The services in use.
#[derive(Debug, Default)]
pub(crate) struct OpenAzure {
    cosmos: Option<CosmosStores>,
    blob: Option<Arc<AzureBlobStore>>,
}

impl Azure {
    /// Opens those that a port is on.
    pub(crate) async fn open(self, ports: &Placement) -> Result<OpenAzure, Stop> {
        let mut opened = OpenAzure::default();
        if let Some(settings) = self.cosmos
            && ports.has(Backend::Cosmos)
        {
            opened.cosmos = Some(Box::pin(CosmosStores::open(&settings)).await?);
        }
        if let Some(settings) = self.blob
            && ports.has(Backend::Blob)
        {
            opened.blob = Some(Arc::new(Box::pin(AzureBlobStore::open(settings)).await?));
        }
        Ok(opened)
    }

    /// Where a service is, as it may be shown.
    pub(crate) fn address(&self, backend: Backend) -> String {
        let address = match backend {
            Backend::Cosmos => self.cosmos.as_ref().map(|it| (&it.endpoint, &it.database)),
            Backend::Blob => self.blob.as_ref().map(|it| (&it.endpoint, &it.container)),
            Backend::Store | Backend::KeyVault => None,
        };
        let joined = |(endpoint, within): (&String, &String)| {
            format!("{}/{within}", endpoint.trim_end_matches('/'))
        };
        address.map(joined).unwrap_or_default()
    }

    /// The same, with nothing that creates anything.
    pub(crate) fn without_creating(mut self) -> Self {
        if let Some(blob) = &mut self.blob {
            blob.create_container = false;
        }
        self
    }
}

impl OpenAzure {
    /// Puts the ports that are here in their places.
    pub(crate) fn place(&self, ports: &Placement, stores: &mut Stores) {
        if let Some(cosmos) = &self.cosmos {
            let is_here = |port| ports.of_port(port) == Backend::Cosmos;
            if is_here(Port::State) {
                stores.state = cosmos.state();
            }
            if is_here(Port::Idempotency) {
                stores.idempotency = cosmos.idempotency();
            }
        }
        if let Some(blob) = &self.blob {
            stores.blobs = Arc::clone(blob) as _;
        }
    }

    /// The small stores that are here.
    pub(crate) fn small(&self) -> Option<&dyn SmallStores> {
        self.cosmos.as_ref().map(|cosmos| cosmos as _)
    }
}

impl From<loom_adapter_azure_blob::OpenError> for Stop {
    fn from(error: loom_adapter_azure_blob::OpenError) -> Self {
        use loom_adapter_azure_blob::OpenError;
        let exit = match &error {
            OpenError::Setting(_) => Exit::Usage,
            OpenError::Unreachable(_) => Exit::TryAgain,
            OpenError::NoContainer { .. } => Exit::NotFound,
            _ => Exit::Misconfigured,
        };
        Self::new(exit, error)
    }
}

impl From<loom_adapter_cosmos::OpenError> for Stop {
    fn from(error: loom_adapter_cosmos::OpenError) -> Self {
        use loom_adapter_cosmos::OpenError;
        let exit = match &error {
            OpenError::Setting(_) => Exit::Usage,
            OpenError::Unreachable(_) => Exit::TryAgain,
            OpenError::Missing(_) => Exit::NotFound,
            _ => Exit::Misconfigured,
        };
        Self::new(exit, error)
    }
}
