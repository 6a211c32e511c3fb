//! Locks over several servers: what they promise as all others do, and what they promise while
//! servers die and forget.

mod conformance;
mod contending;
mod forgetting;
mod losing;

use std::time::Duration;

use loom_adapter_redis::{RedisQuorumLocks, RedisSettings};
use loom_core::{HostId, LockName, Timestamp};
use loom_ports::{Acquire, Lease, LockManager, PortError};
use loom_testkit::backends::{RedisOptions, RedisServer};

use crate::scene;

const TTL: Duration = Duration::from_mins(1);

/// Servers of a test, which keep nothing on disk.
struct Servers {
    servers: Vec<RedisServer>,
    settings: Vec<RedisSettings>,
}

impl Servers {
    fn start(count: usize) -> Self {
        let start = |_| RedisServer::start(&RedisOptions::default());
        let servers: Vec<_> = (0..count).map(start).collect();
        let settings = with_one_prefix(servers.iter().map(RedisServer::url).collect());
        Self { servers, settings }
    }

    /// Locks whose tokens are so far ahead of every clock that no clock helps them to grow.
    async fn open_ahead_of_time(&self) -> RedisQuorumLocks {
        let locks = open(self.settings.clone()).await;
        let key = format!("{{{}}}:quorum", self.settings[0].prefix);
        for server in &self.servers {
            assert_eq!(server.command(&["hset", &key, "token", "4000000000000000"]).trim(), "0");
        }
        locks
    }

    fn forget(&self, server: usize) {
        assert!(self.servers[server].command(&["flushall"]).starts_with("OK"));
    }
}

/// Settings for tests of servers at these addresses.
fn with_one_prefix(urls: Vec<String>) -> Vec<RedisSettings> {
    let first = scene::settings(RedisSettings::standalone(""));
    let timeouts = Duration::from_secs(1);
    let at = |url| RedisSettings {
        urls: vec![url],
        connect_timeout: timeouts,
        response_timeout: timeouts,
        ..first.clone()
    };
    urls.into_iter().map(at).collect()
}

async fn open(settings: Vec<RedisSettings>) -> RedisQuorumLocks {
    RedisQuorumLocks::open(settings).await.expect("the servers are fit")
}

/// Waits until all servers take part again.
async fn all_take_part(locks: &RedisQuorumLocks, count: usize) {
    for _ in 0..200 {
        if locks.mend().await.is_ok_and(|voting| voting == count) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not all of {count} servers take part: {:?}", locks.mend().await);
}

fn name(name: &str) -> LockName {
    LockName::parse(name).expect("a valid name")
}

async fn acquire(
    locks: &dyn LockManager,
    of: &LockName,
    now: Timestamp,
) -> Result<Acquire, PortError> {
    let owner = HostId::parse("owner").expect("a valid host");
    locks.acquire(of, &owner, TTL, now).await
}

async fn hold(locks: &dyn LockManager, of: &LockName, now: Timestamp) -> Lease {
    match acquire(locks, of, now).await {
        Ok(Acquire::Held(lease)) => lease,
        other => panic!("{of} should be free at {now}: {other:?}"),
    }
}
