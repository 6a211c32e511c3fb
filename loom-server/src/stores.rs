//! The stores in a data directory or in Redis, and what they guarantee.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_ports::Stores;
use serde::Serialize;

use crate::cli::{Place as Named, Redis, Shared};
use crate::config;
use crate::exit::{Exit, Stop};

/// Stores that are open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stores: Stores,
    /// Other processes may use them too.
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
    Dir(PathBuf),
    /// The address, without user and password.
    Redis(String),
}

impl Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, durability, place } = self;
        write!(f, "authority={name} durability={durability} ")?;
        match place {
            Place::Dir(dir) => write!(f, "dir={}", dir.display()),
            Place::Redis(address) => write!(f, "redis={address}"),
        }
    }
}

/// Which stores a host uses.
#[derive(Debug)]
pub(crate) enum StoreSettings {
    Embedded { dir: PathBuf, options: Options },
    Redis(Box<RedisSettings>),
}

impl StoreSettings {
    /// Opens them, and creates a data directory if there is none. Hosts may share a Redis.
    pub(crate) async fn open(self) -> Result<Opened, Stop> {
        let settings = match self {
            Self::Embedded { dir, options } => return open_with(&dir, options),
            Self::Redis(settings) => settings,
        };
        let urls = settings.urls.clone();
        let opened = RedisStores::open(*settings).await?;
        let authority = Authority::redis(&urls, opened.durability());
        Ok(Opened { stores: opened.into(), is_shared: true, authority })
    }
}

impl Authority {
    pub(crate) fn redis(urls: &[String], durability: &'static str) -> Self {
        let urls: Vec<_> = urls.iter().map(|url| without_user(url)).collect();
        Self { name: "redis", durability, place: Place::Redis(urls.join(",")) }
    }

    pub(crate) fn embedded(dir: &Path, durability: &'static str) -> Self {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Self { name: "embedded", durability, place: Place::Dir(dir) }
    }
}

/// Opens a data directory, and creates it if there is none.
pub(crate) fn open(dir: &Path, durability: Durability) -> Result<Opened, Stop> {
    open_with(dir, Options { durability, ..Options::default() })
}

fn open_with(dir: &Path, options: Options) -> Result<Opened, Stop> {
    let stores = Stores::from(EmbeddedStores::open(dir, options)?);
    let authority = Authority::embedded(dir, stores.journal.capabilities().durability);
    Ok(Opened { stores, is_shared: false, authority })
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
pub(crate) fn shared(shared: &Shared) -> Result<Option<StoreSettings>, Stop> {
    let Shared { redis, config } = shared;
    if let Some(file) = config {
        return config::read(file).map(|serving| Some(serving.store));
    }
    let settings = redis.url.as_ref().map(|url| redis_settings(url, redis)).transpose()?;
    Ok(settings.map(|settings| StoreSettings::Redis(Box::new(settings))))
}

/// Opens what has to be there already, to look at it. Hosts that share a Redis go on meanwhile.
pub(crate) async fn look(named: &Named) -> Result<Opened, Stop> {
    let settings = match shared(&named.shared)? {
        Some(StoreSettings::Redis(settings)) => settings,
        Some(StoreSettings::Embedded { dir, .. }) => return open_existing(&dir),
        None => return open_existing(&named.data.dir),
    };
    let urls = settings.urls.clone();
    let opened = RedisStores::look(*settings).await?;
    let authority = Authority::redis(&urls, opened.durability());
    Ok(Opened { stores: opened.into(), is_shared: true, authority })
}

/// Opens a data directory that has to be there already.
pub(crate) fn open_existing(dir: &Path) -> Result<Opened, Stop> {
    if !dir.is_dir() {
        let why = format!("there is no data directory {}", dir.display());
        return Err(Stop::new(Exit::NotFound, why));
    }
    open(dir, Durability::default())
}
