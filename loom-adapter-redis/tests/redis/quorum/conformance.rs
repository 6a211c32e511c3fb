//! The suite of [`LockManager`], over three and five servers, and while one of three dies again
//! and again.

use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use loom_adapter_redis::{RedisQuorumLocks, RedisSettings};
use loom_ports::LockManager;
use loom_testkit::backends::{RedisOptions, RedisServer};

use super::{Servers, with_one_prefix};

/// The addresses of servers that all cases share.
fn standing(servers: &'static OnceLock<Vec<RedisServer>>, count: usize) -> Vec<String> {
    let start = || (0..count).map(|_| RedisServer::start(&RedisOptions::default())).collect();
    servers.get_or_init(start).iter().map(RedisServer::url).collect()
}

fn three() -> Vec<String> {
    static SERVERS: OnceLock<Vec<RedisServer>> = OnceLock::new();
    standing(&SERVERS, 3)
}

fn five() -> Vec<String> {
    static SERVERS: OnceLock<Vec<RedisServer>> = OnceLock::new();
    standing(&SERVERS, 5)
}

/// Two that live, and one that is killed again and again and comes back empty.
fn three_of_which_one_dies() -> Vec<String> {
    static LIVING: OnceLock<Vec<RedisServer>> = OnceLock::new();
    static DYING: OnceLock<String> = OnceLock::new();
    let dying = DYING.get_or_init(|| {
        let mut server = RedisServer::start(&RedisOptions::default());
        let url = server.url();
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_millis(150));
                server.signal("KILL");
                thread::sleep(Duration::from_millis(50));
                server.restart();
            }
        });
        url
    });
    let mut urls = standing(&LIVING, 2);
    urls.insert(1, dying.clone());
    urls
}

struct Quorum {
    locks: RedisQuorumLocks,
    settings: Vec<RedisSettings>,
}

/// Opens them once the server that may be dead is there: the first time, all are needed.
async fn open(settings: Vec<RedisSettings>) -> Quorum {
    for _ in 0..200 {
        if let Ok(locks) = RedisQuorumLocks::open(settings.clone()).await {
            return Quorum { locks, settings };
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", RedisQuorumLocks::open(settings).await)
}

async fn unreachable() -> Arc<dyn LockManager> {
    let servers = Servers::start(3);
    super::open(servers.settings.clone()).await.locks()
}

macro_rules! conforms_over {
    ($servers:ident) => {
        mod $servers {
            use super::*;

            struct Fixture(Quorum);

            impl loom_testkit::lock::LockFixture for Fixture {
                async fn open() -> Self {
                    Self(open(with_one_prefix(super::$servers())).await)
                }

                fn store(&self) -> Arc<dyn LockManager> {
                    self.0.locks.locks()
                }

                async fn reopen(self) -> Option<Self> {
                    let Quorum { locks, settings } = self.0;
                    drop(locks);
                    Some(Self(open(settings).await))
                }

                async fn unreachable(&self) -> Option<Arc<dyn LockManager>> {
                    Some(unreachable().await)
                }
            }

            loom_testkit::lock_suite!(Fixture);
        }
    };
}

conforms_over!(three);
conforms_over!(five);
conforms_over!(three_of_which_one_dies);
