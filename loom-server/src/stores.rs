//! The stores in memory, in a data directory or in Redis, and what they guarantee.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_adapter_memory::MemoryStores;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::PartitionCount;
use loom_ports::Stores;
use loom_rows::SmallStores;
use serde::Serialize;

use crate::cli::{Place as Named, Redis, Shared};
use crate::config;
use crate::deployment::{Deployment, Opened};
use crate::exit::{Exit, Stop};

/// The store that every deployment has.
#[derive(Debug)]
pub(crate) enum StoreSettings {
    /// For tests.
    Memory,
    Embedded {
        dir: PathBuf,
        options: Options,
    },
    Redis(Box<RedisSettings>),
}

/// The store that every deployment has, in use.
#[derive(Debug)]
pub(crate) struct OpenStore {
    pub(crate) stores: Stores,
    pub(crate) small: Box<dyn SmallStores>,
    /// How many partitions it was created with, if it knows that by itself.
    pub(crate) partitions: Option<PartitionCount>,
    /// Other processes may use it too.
    pub(crate) is_shared: bool,
    pub(crate) authority: Authority,
}

/// The guarantee of a deployment is that of its authority.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Authority {
    #[serde(rename = "authority")]
    name: &'static str,
    durability: &'static str,
    #[serde(flatten)]
    place: Place,
}

/// Where the data is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    /// In this process.
    Memory,
    Dir(PathBuf),
    /// The address, without user and password.
    Redis(String),
    /// The address of the account, and the database.
    #[cfg(feature = "azure")]
    Cosmos(String),
}

impl Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, durability, place } = self;
        write!(f, "authority={name} durability={durability}")?;
        match place {
            Place::Memory => Ok(()),
            Place::Dir(dir) => write!(f, " dir={}", dir.display()),
            Place::Redis(address) => write!(f, " redis={address}"),
            #[cfg(feature = "azure")]
            Place::Cosmos(address) => write!(f, " cosmos={address}"),
        }
    }
}

impl StoreSettings {
    /// Opens it, and creates a data directory if there is none. Hosts may share a Redis.
    pub(crate) async fn open(self) -> Result<OpenStore, Stop> {
        match self {
            Self::Memory => {
                let stores = MemoryStores::default();
                let authority = Authority::memory();
                let small = Box::new(stores.clone());
                let (stores, partitions) = (stores.into(), None);
                Ok(OpenStore { stores, small, partitions, is_shared: false, authority })
            }
            Self::Embedded { dir, options } => open_dir(&dir, options),
            Self::Redis(settings) => {
                let urls = settings.urls.clone();
                Ok(of_redis(RedisStores::open(*settings).await?, &urls))
            }
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Embedded { .. } => "embedded",
            Self::Redis(_) => "redis",
        }
    }

    /// Where it is, as it may be shown.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Memory => "this process".to_owned(),
            Self::Embedded { dir, .. } => dir.display().to_string(),
            Self::Redis(settings) => {
                let urls: Vec<_> = settings.urls.iter().map(|url| without_user(url)).collect();
                urls.join(",")
            }
        }
    }

    /// Opens what has to be there already, to look at it. Hosts that share a Redis go on
    /// meanwhile.
    pub(crate) async fn look(self) -> Result<OpenStore, Stop> {
        match self {
            Self::Memory => {
                let why = "stores in memory are in the process that made them";
                Err(Stop::new(Exit::NotFound, why))
            }
            Self::Embedded { dir, options } => {
                is_there(&dir)?;
                open_dir(&dir, options)
            }
            Self::Redis(settings) => {
                let urls = settings.urls.clone();
                Ok(of_redis(RedisStores::look(*settings).await?, &urls))
            }
        }
    }
}

fn of_redis(stores: RedisStores, urls: &[String]) -> OpenStore {
    let authority = Authority::redis(urls, stores.durability());
    let small = Box::new(stores.clone());
    let partitions = Some(stores.partitions());
    OpenStore { stores: stores.into(), small, partitions, is_shared: true, authority }
}

fn open_dir(dir: &Path, options: Options) -> Result<OpenStore, Stop> {
    let stores = EmbeddedStores::open(dir, options)?;
    let small = Box::new(stores.clone());
    let stores = Stores::from(stores);
    let authority = Authority::embedded(dir, stores.journal.capabilities().durability);
    Ok(OpenStore { stores, small, partitions: None, is_shared: false, authority })
}

impl Authority {
    pub(crate) fn memory() -> Self {
        Self { name: "memory", durability: "memory", place: Place::Memory }
    }

    pub(crate) fn redis(urls: &[String], durability: &'static str) -> Self {
        let urls: Vec<_> = urls.iter().map(|url| without_user(url)).collect();
        Self { name: "redis", durability, place: Place::Redis(urls.join(",")) }
    }

    #[cfg(feature = "azure")]
    pub(crate) fn cosmos(address: &str, durability: &'static str) -> Self {
        Self { name: "cosmos", durability, place: Place::Cosmos(address.to_owned()) }
    }

    pub(crate) fn embedded(dir: &Path, durability: &'static str) -> Self {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Self { name: "embedded", durability, place: Place::Dir(dir) }
    }
}

/// The settings that the command line has for a Redis.
pub(crate) fn redis_settings(url: &str, redis: &Redis) -> Result<RedisSettings, Stop> {
    let tls_ca_pem =
        match &redis.ca {
            Some(file) => Some(std::fs::read(file).map_err(|error| {
                Stop::new(Exit::NotFound, format!("{}: {error}", file.display()))
            })?),
            None => None,
        };
    let settings = if redis.is_cluster {
        RedisSettings::cluster([url])
    } else {
        RedisSettings::standalone(url)
    };
    let (prefix, durability) = (redis.prefix.clone(), redis.durability);
    Ok(RedisSettings { tls_ca_pem, prefix, durability, ..settings })
}

/// An address as it may be shown.
pub(crate) fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

/// The stores that a file or an address names; `None` if neither is given.
pub(crate) fn shared(shared: &Shared) -> Result<Option<Deployment>, Stop> {
    let Shared { redis, config } = shared;
    if let Some(file) = config {
        return config::read(file).map(|serving| Some(serving.deployment));
    }
    let settings = redis.url.as_ref().map(|url| redis_settings(url, redis)).transpose()?;
    Ok(settings.map(|settings| Deployment::on(StoreSettings::Redis(Box::new(settings)))))
}

/// Opens what has to be there already, to look at it.
pub(crate) async fn look(named: &Named) -> Result<Opened, Stop> {
    let here = || Deployment::on(embedded(&named.data.dir, Durability::default()));
    let deployment = shared(&named.shared)?.unwrap_or_else(here);
    deployment.look().await
}

/// A data directory, with all else as usual.
pub(crate) fn embedded(dir: &Path, durability: Durability) -> StoreSettings {
    StoreSettings::Embedded {
        dir: dir.to_owned(),
        options: Options { durability, ..Options::default() },
    }
}

fn is_there(dir: &Path) -> Result<(), Stop> {
    if dir.is_dir() {
        return Ok(());
    }
    let why = format!("there is no data directory {}", dir.display());
    Err(Stop::new(Exit::NotFound, why))
}
