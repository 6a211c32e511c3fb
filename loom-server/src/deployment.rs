//! All stores of a deployment, each port in its place.

use std::sync::Arc;

use loom_adapter_redis::{OpenError, RedisQuorumLocks, RedisSettings};
use loom_core::{ConfigLayer, PartitionCount};
use loom_ports::Stores;
use loom_rows::SmallStores;
use loom_runtime::RandomIds;
use serde::Serialize;

use crate::azure::{Azure, OpenAzure};
use crate::exit::Stop;
use crate::placement::{Backend, Placement, Port};
use crate::small::{Small, Wrapping};
use crate::stores::{Authority, OpenStore, StoreSettings, without_user};

/// How the stores are reached, and which port is where.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) store: StoreSettings,
    pub(crate) azure: Azure,
    pub(crate) ports: Placement,
    /// The servers a majority of which gives locks, if the store does not.
    pub(crate) quorum: Option<Vec<RedisSettings>>,
    /// What encrypts the keys of secrets that no vault has.
    pub(crate) keys: Option<Wrapping>,
    /// What the file says to actors.
    pub(crate) settings: Option<ConfigLayer>,
}

/// Where a port is.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    pub(crate) port: Port,
    pub(crate) backend: &'static str,
    /// As it may be shown.
    pub(crate) address: String,
}

/// What requests to a service have cost so far.
#[derive(Debug, Serialize)]
pub(crate) struct Charge {
    /// What they were for.
    pub(crate) purpose: &'static str,
    pub(crate) requests: u64,
    /// What the service counts: a request may hold several.
    pub(crate) operations: u64,
    pub(crate) request_units: f64,
}

/// Stores that are open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stores: Stores,
    pub(crate) small: Small,
    /// What the file says to actors.
    pub(crate) settings: Option<ConfigLayer>,
    /// Blobs of any size are taken.
    pub(crate) keeps_payloads: bool,
    /// How many partitions the store was created with, if it knows that by itself.
    pub(crate) partitions: Option<PartitionCount>,
    /// Other processes may use them too.
    pub(crate) is_shared: bool,
    pub(crate) authority: Authority,
    pub(crate) azure: Arc<OpenAzure>,
}

impl Deployment {
    /// Everything in one store.
    pub(crate) fn on(store: StoreSettings) -> Self {
        let (azure, ports) = (Azure::default(), Placement::default());
        Self { store, azure, ports, quorum: None, keys: None, settings: None }
    }

    /// Where each port is.
    pub(crate) fn places(&self) -> Vec<Place> {
        let place = |port: Port| {
            let backend = self.ports.of_port(port);
            let (backend, address) = match (port, &self.quorum, backend) {
                (Port::Locks, Some(servers), _) => {
                    let urls: Vec<_> =
                        servers.iter().map(|server| without_user(&server.urls[0])).collect();
                    ("redis", format!("a majority of {}", urls.join(",")))
                }
                (Port::Secrets, _, Backend::Store | Backend::Cosmos) if self.keys.is_none() => {
                    ("nowhere", "no keys to encrypt with: [secrets] names them".to_owned())
                }
                (_, _, Backend::Store) => (self.store.kind(), self.store.address()),
                _ => (backend.name(), self.azure.address(backend)),
            };
            Place { port, backend, address }
        };
        Port::ALL.map(place).into()
    }

    /// Opens all of them, and creates what the settings say to create.
    pub(crate) async fn open(self) -> Result<Opened, Stop> {
        let store = self.store.open().await?;
        let azure = self.azure.open(&self.ports, store.partitions, self.keys.as_ref()).await?;
        let mut opened = together(store, azure, &self.ports, self.keys, self.settings);
        if let Some(servers) = self.quorum {
            let quorum = RedisQuorumLocks::open(servers).await.map_err(of_quorum)?;
            opened.stores.locks = quorum.locks();
        }
        Ok(opened)
    }

    /// Opens what has to be there already, to look at it.
    pub(crate) async fn look(self) -> Result<Opened, Stop> {
        let store = self.store.look().await?;
        let azure = self.azure.without_creating();
        let azure = azure.open(&self.ports, store.partitions, self.keys.as_ref()).await?;
        Ok(together(store, azure, &self.ports, self.keys, self.settings))
    }
}

fn together(
    store: OpenStore,
    azure: OpenAzure,
    ports: &Placement,
    keys: Option<Wrapping>,
    settings: Option<ConfigLayer>,
) -> Opened {
    let keeps_payloads = !store.is_shared || ports.of_port(Port::Blobs) == Backend::Blob;
    let OpenStore { mut stores, small, partitions, is_shared, authority } = store;
    azure.place(ports, &mut stores);
    let of = |port| -> &dyn SmallStores {
        let elsewhere = azure.small().filter(|_| ports.of_port(port) == Backend::Cosmos);
        elsewhere.unwrap_or(&*small)
    };
    let wrap = match keys {
        Some(Wrapping::Keys(keys)) => Some(keys.wrap()),
        Some(Wrapping::Vault(_)) => azure.wrap(),
        None => None,
    };
    let encrypted = |wrap| of(Port::Secrets).secrets(wrap, Arc::new(RandomIds));
    let small = Small {
        definitions: of(Port::Definitions).definitions(),
        traces: of(Port::Traces).traces(),
        registry: of(Port::Registry).registry(),
        config: of(Port::Config).config(),
        graphs: of(Port::Graphs).graphs(),
        secrets: azure.secrets().or_else(|| wrap.map(encrypted)),
    };
    let authority = azure.authority(ports).unwrap_or(authority);
    let azure = Arc::new(azure);
    Opened { stores, small, settings, keeps_payloads, partitions, is_shared, authority, azure }
}

/// Says which servers are meant.
pub(crate) fn of_quorum(error: OpenError) -> Stop {
    let stop = Stop::from(error);
    Stop::new(stop.exit, format!("locks.quorum: {stop}"))
}
