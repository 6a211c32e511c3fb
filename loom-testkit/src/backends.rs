//! Servers for tests: where they come from, decided in one way for every backend.
//!
//! An address in the environment is used as it is (`LOOM_TEST_REDIS_URL`, `LOOM_TEST_AZURITE_URL`,
//! `LOOM_TEST_COSMOS_URL`, `LOOM_TEST_KEY_VAULT_URL`); else the servers of
//! `cargo xtask backends up` are used while they run; else containers or processes are started on
//! free ports, with a scratch directory that goes with them ([`Place::chosen`]). What is not
//! installed fails the test with the command that installs it; it is never a reason to pass.
//!
//! Tests that stop or kill a server, or want settings of their own for it, start a process.
#![allow(clippy::missing_panics_doc, reason = "what goes wrong here fails the test, and says so")]

mod azurite;
mod certificates;
#[cfg(feature = "containers")]
mod container;
#[cfg(feature = "cosmos")]
mod cosmos;
mod engine;
#[cfg(any(feature = "cosmos", feature = "key-vault"))]
mod faults;
#[cfg(feature = "key-vault")]
mod key_vault;
mod place;
mod process;
mod program;
mod proxy;
mod redis;
#[cfg(any(feature = "cosmos", feature = "key-vault"))]
mod served;
mod shared_azurite;
#[cfg(feature = "cosmos")]
mod shared_cosmos;
#[cfg(feature = "key-vault")]
mod shared_key_vault;
mod standing;

pub use azurite::{AZURITE_ACCOUNT, AZURITE_KEY, AzuriteServer};
pub use certificates::Certificates;
#[cfg(feature = "cosmos")]
pub use cosmos::{COSMOS_KEY, COSMOS_REGION, CosmosFault, CosmosServer};
#[cfg(feature = "key-vault")]
pub use key_vault::{KEY_VAULT_CLIENT, KeyVaultFault, KeyVaultServer};
pub use place::Place;
pub use proxy::{Proxy, Trouble};
pub use redis::{RedisCluster, RedisOptions, RedisServer, RedisWithReplica};
pub use shared_azurite::{SharedAzurite, shared_azurite, shared_azurite_over_tls};
#[cfg(feature = "cosmos")]
pub use shared_cosmos::{SharedCosmos, shared_cosmos};
#[cfg(feature = "key-vault")]
pub use shared_key_vault::{SharedKeyVault, shared_key_vault};
pub use standing::Standing;

use std::fmt;
use std::io::{self, Write as _};
use std::sync::OnceLock;

/// Where a server that tests share came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Its address was in the environment.
    Environment,
    /// `cargo xtask backends up` started it.
    Standing,
    /// It was started for this test, and ends with it.
    Started(Place),
    /// It is part of the process of the test.
    Within,
}

/// A Redis that tests share.
#[derive(Debug)]
pub struct SharedRedis {
    /// Where it came from.
    pub origin: Origin,
    /// Its address, or those of some nodes.
    pub urls: Vec<String>,
    /// The certificate of the issuer of its own, if it listens for TLS.
    pub ca_pem: Option<String>,
    _servers: Vec<RedisServer>,
}

/// One server.
pub fn shared_redis() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = |place| vec![RedisServer::start_in(place, &RedisOptions::default())];
        SharedRedis::find(standing::REDIS_URL, start)
    })
}

/// A cluster of three masters.
pub fn shared_redis_cluster() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = |place| RedisCluster::start_in(place, 3).nodes;
        SharedRedis::find(standing::REDIS_CLUSTER_URLS, start)
    })
}

/// One server that listens for TLS.
pub fn shared_redis_over_tls() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| {
        let options = RedisOptions { tls: true, ..RedisOptions::default() };
        let start = |place| vec![RedisServer::start_in(place, &options)];
        SharedRedis::find(standing::REDIS_TLS_URL, start)
    })
}

impl SharedRedis {
    fn find(variable: &str, start: impl FnOnce(Place) -> Vec<RedisServer>) -> Self {
        let found = Self::standing(variable).unwrap_or_else(|| {
            let place = Place::chosen();
            let servers = start(place);
            let urls = servers.iter().map(RedisServer::url).collect();
            let certificates = servers[0].certificates.as_ref();
            let ca_pem = certificates.map(|certificates| certificates.ca_pem.clone());
            Self { origin: Origin::Started(place), urls, ca_pem, _servers: servers }
        });
        // Who reads of a test that failed wants to know where.
        let _ = writeln!(io::stderr(), "Redis at {}: {}", found.urls.join(","), found.origin);
        found
    }

    fn standing(variable: &str) -> Option<Self> {
        let (origin, urls) = standing::urls(variable)?;
        Some(Self { origin, urls, ca_pem: standing::tls_ca_pem(), _servers: Vec::new() })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("named by the environment"),
            Self::Standing => f.write_str("kept by `cargo xtask backends up`"),
            Self::Started(place) => write!(f, "{place}"),
            Self::Within => f.write_str("within the process of the test"),
        }
    }
}
