//! Servers for tests: where they come from, decided in one way for every backend.
//!
//! An address in the environment (`LOOM_TEST_REDIS_URL`) is used as it is; else processes are
//! started on free ports, with a scratch directory that goes with them. What is not installed
//! fails the test with the command that installs it; it is never a reason to pass.
#![allow(
    clippy::missing_panics_doc,
    reason = "whatever goes wrong here fails the test, which says so"
)]

mod certificates;
mod process;
mod redis;

pub use certificates::Certificates;
pub use redis::{RedisCluster, RedisOptions, RedisServer, RedisWithReplica};

use std::env;
use std::sync::OnceLock;

/// Where a server that tests share came from.
#[derive(Debug)]
pub enum Origin {
    /// Its address was in this variable.
    Environment(&'static str),
    /// It was started for these tests, and ends with them.
    Process,
}

/// A Redis that all tests of a process share.
#[derive(Debug)]
pub struct SharedRedis {
    /// Where it came from.
    pub origin: Origin,
    /// Its address.
    pub url: String,
    _server: Option<RedisServer>,
}

/// The variable that holds the address of a Redis for tests.
pub const REDIS_URL: &str = "LOOM_TEST_REDIS_URL";

/// The Redis that all tests of this process share. It keeps nothing on disk.
pub fn shared_redis() -> &'static SharedRedis {
    static SHARED: OnceLock<SharedRedis> = OnceLock::new();
    SHARED.get_or_init(|| match env::var(REDIS_URL) {
        Ok(url) => SharedRedis { origin: Origin::Environment(REDIS_URL), url, _server: None },
        Err(_) => {
            let server = RedisServer::start(&RedisOptions::default());
            SharedRedis { origin: Origin::Process, url: server.url(), _server: Some(server) }
        }
    })
}

/// The cluster of three masters that all tests of this process share.
pub fn shared_redis_cluster() -> &'static RedisCluster {
    static SHARED: OnceLock<RedisCluster> = OnceLock::new();
    SHARED.get_or_init(|| RedisCluster::start(3))
}

/// The Redis behind TLS that all tests of this process share.
pub fn shared_redis_over_tls() -> &'static RedisServer {
    static SHARED: OnceLock<RedisServer> = OnceLock::new();
    SHARED
        .get_or_init(|| RedisServer::start(&RedisOptions { tls: true, ..RedisOptions::default() }))
}
