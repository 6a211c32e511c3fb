//! Servers for tests: where they come from, decided in one way for every backend.
//!
//! An address in the environment is used as it is (`LOOM_TEST_REDIS_URL`); else the servers of
//! `cargo xtask backends up` are used while they run; else processes are started on free ports,
//! with a scratch directory that goes with them. What is not installed fails the test with the
//! command that installs it; it is never a reason to pass.
#![allow(clippy::missing_panics_doc, reason = "what goes wrong here fails the test, and says so")]

mod certificates;
mod process;
mod redis;
mod standing;

pub use certificates::Certificates;
pub use redis::{RedisCluster, RedisOptions, RedisServer, RedisWithReplica};
pub use standing::Standing;

use std::sync::OnceLock;

/// Where a server that tests share came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Its address was in the environment.
    Environment,
    /// `cargo xtask backends up` started it.
    Standing,
    /// It was started for this process, and ends with it.
    Process,
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
        let start = || vec![RedisServer::start(&RedisOptions::default())];
        SharedRedis::find(standing::REDIS_URL, start)
    })
}

/// A cluster of three masters.
pub fn shared_redis_cluster() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| {
        SharedRedis::find(standing::REDIS_CLUSTER_URLS, || RedisCluster::start(3).nodes)
    })
}

/// One server that listens for TLS.
pub fn shared_redis_over_tls() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| {
        let options = RedisOptions { tls: true, ..RedisOptions::default() };
        SharedRedis::find(standing::REDIS_TLS_URL, || vec![RedisServer::start(&options)])
    })
}

impl SharedRedis {
    fn find(variable: &str, start: impl FnOnce() -> Vec<RedisServer>) -> Self {
        if let Some((origin, urls)) = standing::urls(variable) {
            let ca_pem = standing::tls_ca_pem();
            return Self { origin, urls, ca_pem, _servers: Vec::new() };
        }
        let servers = start();
        let urls = servers.iter().map(RedisServer::url).collect();
        let certificates = servers[0].certificates.as_ref();
        let ca_pem = certificates.map(|certificates| certificates.ca_pem.clone());
        Self { origin: Origin::Process, urls, ca_pem, _servers: servers }
    }
}
