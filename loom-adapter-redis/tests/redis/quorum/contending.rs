//! Contenders that never hold at once, while one server after the other is lost in the midst of
//! what they do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use loom_adapter_redis::{RedisQuorumLocks, RedisSettings, TimeSource};
use loom_core::HostId;
use loom_ports::{Acquire, LockManager};

use super::{Servers, all_take_part, name};
use crate::scene::{LEASE, NOW};

const LOSSES: usize = 24;

/// What the lock protects.
#[derive(Default)]
struct Treasure {
    is_taken: AtomicBool,
    greatest: AtomicU64,
    turns: AtomicU64,
    is_over: AtomicBool,
}

#[test]
fn contenders_never_hold_at_once_while_servers_are_lost_in_turn() {
    loom_testkit::run(async {
        let mut servers = Servers::start(3);
        for server in &mut servers.settings {
            *server = RedisSettings { time: TimeSource::Server, ..server.clone() };
        }
        let locks = servers.open_ahead_of_time().await;
        let treasure = Arc::new(Treasure::default());
        let mut contenders = tokio::task::JoinSet::new();
        for _ in 0..4 {
            // Each as a host of its own, with its own connections.
            let locks = RedisQuorumLocks::open(servers.settings.clone()).await.expect("they fit");
            contenders.spawn(contend(locks.locks(), Arc::clone(&treasure)));
        }
        for loss in 0..LOSSES {
            let turns = treasure.turns.load(Ordering::SeqCst);
            let lost = loss % 3;
            match loss % 4 {
                0 => {
                    servers.servers[lost].signal("KILL");
                    servers.servers[lost].restart();
                }
                1 => {
                    servers.servers[lost].signal("STOP");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    servers.servers[lost].signal("CONT");
                }
                _ => servers.forget(lost),
            }
            all_take_part(&locks, 3).await;
            while treasure.turns.load(Ordering::SeqCst) < turns + 10 {
                assert!(!contenders.is_empty());
                if let Some(ended) = contenders.try_join_next() {
                    ended.expect("no contender panics");
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        treasure.is_over.store(true, Ordering::SeqCst);
        contenders.join_all().await;
    });
}

async fn contend(locks: Arc<dyn LockManager>, treasure: Arc<Treasure>) {
    let (name, owner) = (name("lock"), HostId::parse("owner").expect("a valid host"));
    while !treasure.is_over.load(Ordering::SeqCst) {
        // While servers are lost, an error is an answer.
        let Ok(Acquire::Held(lease)) = locks.acquire(&name, &owner, LEASE, NOW).await else {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        };
        assert!(!treasure.is_taken.swap(true, Ordering::SeqCst), "{lease:?}: two hold it");
        let greatest = treasure.greatest.swap(lease.token, Ordering::SeqCst);
        assert!(greatest < lease.token, "{lease:?} after {greatest}");
        tokio::task::yield_now().await;
        treasure.turns.fetch_add(1, Ordering::SeqCst);
        treasure.is_taken.store(false, Ordering::SeqCst);
        while locks.release(&lease).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
