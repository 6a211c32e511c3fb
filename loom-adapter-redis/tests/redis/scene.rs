//! Stores for tests, each with a prefix of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use loom_adapter_redis::{Durability, RedisSettings, RedisStores, TimeSource};
use loom_testkit::backends::{shared_redis, shared_redis_cluster, shared_redis_over_tls};

/// Settings for tests: keys of their own, the time of each call, and no file to write.
pub(crate) fn settings(settings: RedisSettings) -> RedisSettings {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let prefix = format!("t{}-{}-{next}", since_epoch.as_millis(), std::process::id());
    let (durability, time) = (Durability::None, TimeSource::Caller);
    RedisSettings { prefix, durability, time, ..settings }
}

pub(crate) fn standalone() -> RedisSettings {
    settings(RedisSettings::standalone(&shared_redis().url))
}

pub(crate) fn cluster() -> RedisSettings {
    settings(RedisSettings::cluster(shared_redis_cluster().urls()))
}

pub(crate) fn tls() -> RedisSettings {
    let server = shared_redis_over_tls();
    let certificates = server.certificates.as_ref().expect("it listens for TLS");
    let tls_ca_pem = Some(certificates.ca_pem.clone().into());
    settings(RedisSettings { tls_ca_pem, ..RedisSettings::standalone(server.url()) })
}

pub(crate) async fn open(settings: RedisSettings) -> RedisStores {
    RedisStores::open(settings).await.expect("the server is fit")
}

/// Stores whose server was there, and is not any more.
pub(crate) async fn unreachable() -> RedisStores {
    let server = loom_testkit::backends::RedisServer::start(&Default::default());
    let timeouts = Duration::from_millis(300);
    let unreachable = settings(RedisSettings::standalone(server.url()));
    open(RedisSettings { connect_timeout: timeouts, response_timeout: timeouts, ..unreachable })
        .await
}
