//! The services of Azure that a deployment uses.

use std::sync::Arc;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_core::PartitionCount;
use loom_ports::Stores;
use loom_rows::SmallStores;

use crate::deployment::Charge;
use crate::exit::{Exit, Stop};
use crate::placement::{Backend, Placement, Port};
use crate::stores::Authority;

/// How the services are reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Azure {
    pub(crate) cosmos: Option<CosmosSettings>,
    pub(crate) blob: Option<AzureBlobSettings>,
}

/// The services in use.
#[derive(Debug, Default)]
pub(crate) struct OpenAzure {
    /// Where journals would be, as it may be shown.
    address: String,
    cosmos: Option<CosmosStores>,
    blob: Option<Arc<AzureBlobStore>>,
}

impl Azure {
    /// Opens those that a port is on. Journals are of a cluster with so many partitions, if that is
    /// known; else with as many as the settings say.
    pub(crate) async fn open(
        self,
        ports: &Placement,
        partitions: Option<PartitionCount>,
    ) -> Result<OpenAzure, Stop> {
        let address = self.address(Backend::Cosmos);
        let mut opened = OpenAzure { address, ..OpenAzure::default() };
        if let Some(settings) = self.blob
            && ports.has(Backend::Blob)
        {
            opened.blob = Some(Arc::new(Box::pin(AzureBlobStore::open(settings)).await?));
        }
        if let Some(mut settings) = self.cosmos
            && ports.has(Backend::Cosmos)
        {
            settings.partitions = partitions.unwrap_or(settings.partitions);
            let cosmos = match &opened.blob {
                Some(blob) => {
                    let payloads = Arc::clone(blob) as _;
                    Box::pin(CosmosStores::open_with_payloads(&settings, payloads)).await?
                }
                None => Box::pin(CosmosStores::open(&settings)).await?,
            };
            opened.cosmos = Some(cosmos);
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
            if is_here(Port::Journal) {
                stores.journal = cosmos.journal();
            }
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

    /// The authority, if it is here.
    pub(crate) fn authority(&self, ports: &Placement) -> Option<Authority> {
        let journal = self.cosmos.as_ref()?.journal();
        let is_here = ports.of_port(Port::Journal) == Backend::Cosmos;
        is_here.then(|| Authority::cosmos(&self.address, journal.capabilities().durability))
    }

    /// What requests to the services have cost so far.
    pub(crate) fn charges(&self) -> Vec<Charge> {
        let charges = self.cosmos.iter().flat_map(CosmosStores::charges);
        let charge = |(purpose, charge): (&'static str, loom_adapter_cosmos::Charge)| Charge {
            purpose,
            requests: charge.requests,
            operations: charge.operations,
            request_units: charge.request_units,
        };
        charges.map(charge).collect()
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
