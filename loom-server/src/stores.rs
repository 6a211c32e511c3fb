//! The stores in a data directory or in Redis, and what they guarantee.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use loom_adapter_embedded::{Durability, EmbeddedStores, Options};
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_ports::Stores;
use serde::Serialize;

use crate::cli::Redis;
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

/// Opens a data directory, and creates it if there is none.
pub(crate) fn open(dir: &Path, durability: Durability) -> Result<Opened, Stop> {
    let options = Options { durability, ..Options::default() };
    let stores = Stores::from(EmbeddedStores::open(dir, options)?);
    let durability = stores.journal.capabilities().durability;
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let authority = Authority { name: "embedded", durability, place: Place::Dir(dir) };
    Ok(Opened { stores, is_shared: false, authority })
}

/// Opens a Redis, which other hosts may share.
pub(crate) async fn open_redis(url: &str, redis: &Redis) -> Result<Opened, Stop> {
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
    let opened = RedisStores::open(RedisSettings { tls_ca_pem, prefix, durability, ..settings });
    let opened = opened.await?;
    for finding in opened.findings() {
        tracing::warn!("{finding}");
    }
    let durability = opened.durability();
    let place = Place::Redis(without_user(url));
    let authority = Authority { name: "redis", durability, place };
    Ok(Opened { stores: opened.into(), is_shared: true, authority })
}

/// An address as it may be shown.
fn without_user(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

/// Opens a data directory that has to be there already.
pub(crate) fn open_existing(dir: &Path) -> Result<Opened, Stop> {
    if !dir.is_dir() {
        let why = format!("there is no data directory {}", dir.display());
        return Err(Stop::new(Exit::NotFound, why));
    }
    open(dir, Durability::default())
}
