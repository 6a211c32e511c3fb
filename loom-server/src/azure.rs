//! The services of Azure that a deployment uses.

use std::sync::Arc;

use loom_adapter_azure_blob::{AzureBlobSettings, AzureBlobStore};
use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_adapter_keyvault::{KeyVaultKeys, KeyVaultSecrets, KeyVaultSettings};
use loom_core::PartitionCount;
use loom_ports::{KeyWrap, SecretStore, Stores};
use loom_rows::SmallStores;

use crate::deployment::Charge;
use crate::exit::{Exit, Stop};
use crate::placement::{Backend, Placement, Port};
use crate::small::Wrapping;
use crate::stores::Authority;

/// The region that is near, where nothing names one.
pub(crate) const REGION: &str = "West Europe";

/// How the services are reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Azure {
    pub(crate) cosmos: Option<CosmosSettings>,
    pub(crate) blob: Option<AzureBlobSettings>,
    pub(crate) key_vault: Option<KeyVaultSettings>,
}

/// The services in use.
#[derive(Debug, Default)]
pub(crate) struct OpenAzure {
    /// Where journals would be, as it may be shown.
    address: String,
    cosmos: Option<CosmosStores>,
    blob: Option<Arc<AzureBlobStore>>,
    secrets: Option<Arc<KeyVaultSecrets>>,
    wrap: Option<Arc<KeyVaultKeys>>,
}

impl Azure {
    /// Opens those that a port is on, or that encrypt. Journals are of a cluster with so many partitions, if that is
    /// known; else with as many as the settings say.
    pub(crate) async fn open(
        self,
        ports: &Placement,
        partitions: Option<PartitionCount>,
        wrapping: Option<&Wrapping>,
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
        let Some(settings) = self.key_vault else { return Ok(opened) };
        if let Some(Wrapping::Vault(key)) = wrapping {
            let keys = Box::pin(KeyVaultKeys::open(settings.clone(), key)).await?;
            opened.wrap = Some(Arc::new(keys));
        }
        if ports.has(Backend::KeyVault) {
            opened.secrets = Some(Box::pin(KeyVaultSecrets::open(settings)).await?);
        }
        Ok(opened)
    }

    /// Where a service is, as it may be shown.
    pub(crate) fn address(&self, backend: Backend) -> String {
        let address = match backend {
            Backend::Cosmos => self.cosmos.as_ref().map(|it| (&it.endpoint, &it.database)),
            Backend::Blob => self.blob.as_ref().map(|it| (&it.endpoint, &it.container)),
            Backend::KeyVault => {
                return self.key_vault.as_ref().map(|it| it.endpoint.clone()).unwrap_or_default();
            }
            Backend::Store => None,
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

    /// Secrets, if a vault has them.
    pub(crate) fn secrets(&self) -> Option<Arc<dyn SecretStore>> {
        self.secrets.clone().map(|secrets| secrets as _)
    }

    /// What encrypts the keys of secrets, if it is a key of a vault.
    pub(crate) fn wrap(&self) -> Option<Arc<dyn KeyWrap>> {
        self.wrap.clone().map(|keys| keys as _)
    }

    /// The small stores that are here.
    pub(crate) fn small(&self) -> Option<&dyn SmallStores> {
        self.cosmos.as_ref().map(|cosmos| cosmos as _)
    }
}

/// How the process ends because a service could not be opened.
macro_rules! stops {
    ($($adapter:ident: $not_found:pat),+ $(,)?) => {$(
        impl From<$adapter::OpenError> for Stop {
            fn from(error: $adapter::OpenError) -> Self {
                use $adapter::OpenError;
                let exit = match &error {
                    OpenError::Setting(_) => Exit::Usage,
                    OpenError::Unreachable(_) => Exit::TryAgain,
                    $not_found => Exit::NotFound,
                    _ => Exit::Misconfigured,
                };
                Self::new(exit, error)
            }
        }
    )+};
}

stops! {
    loom_adapter_azure_blob: OpenError::NoContainer { .. },
    loom_adapter_cosmos: OpenError::Missing(_),
    loom_adapter_keyvault: OpenError::NoKey(_),
}
