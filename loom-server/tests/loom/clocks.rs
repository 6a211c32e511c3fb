//! Hosts of one Redis, one of which has a clock that is ten minutes wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{HostId, Timestamp};
use loom_ports::{Clock, TenureClaim};
use loom_runtime::{Context, Host, HostBuilder, Settings, Stopped, SystemClock, actor};
use loom_testkit::backends::{RedisOptions, RedisServer};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

const WRONG_BY: Duration = Duration::from_mins(10);
const LEASE: Duration = Duration::from_secs(2);
const KEEPERS: u64 = 24;
const RING_AFTER: Duration = Duration::from_secs(1);
/// Long after everything should have happened, and long before a clock is right again.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Clone, Copy, Debug)]
enum WrongClock {
    Fast,
    Slow,
}

#[async_trait]
impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        match self {
            Self::Fast => SystemClock.now().saturating_add(WRONG_BY),
            Self::Slow => SystemClock.now().saturating_sub(WRONG_BY),
        }
    }

    async fn sleep_until(&self, at: Timestamp) {
        let at = match self {
            Self::Fast => at.saturating_sub(WRONG_BY),
            Self::Slow => at.saturating_add(WRONG_BY),
        };
        SystemClock.sleep_until(at).await;
    }
}

/// Adds up, asks others to, and has itself rung.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Keeper {
    sum: u64,
    rung: u32,
    rung_early: bool,
}

#[actor(kind = "keeper")]
impl Keeper {
    async fn add(&mut self, _cx: &mut Context<'_>, n: u64) -> u64 {
        self.sum += n;
        self.sum
    }

    async fn add_at(&mut self, cx: &mut Context<'_>, other: u64) -> bool {
        cx.call::<u64>(format!("keeper/{other}"), "add", &1_u64).await.is_ok()
    }

    async fn have_rung(&mut self, cx: &mut Context<'_>) {
        let due_ms = cx.now().saturating_add(RING_AFTER).as_millis();
        cx.after("bell", RING_AFTER, "ring", &due_ms).expect("a name is a name");
    }

    #[timer]
    async fn ring(&mut self, cx: &mut Context<'_>, due_ms: u64) {
        self.rung += 1;
        self.rung_early |= cx.now().as_millis() < due_ms;
    }

    #[query]
    fn bells(&self) -> (u32, bool) {
        (self.rung, self.rung_early)
    }
}

/// What is needed for a host of the cluster, with stores of its own.
async fn host(server: &RedisServer) -> HostBuilder {
    let stores = RedisStores::open(RedisSettings::standalone(server.url())).await;
    let settings = Settings { lease: LEASE, ..Settings::default() };
    Host::builder(stores.expect("a fit server")).actor::<Keeper>().settings(settings)
}

/// Who owns each partition: a claim of one that is owned is answered by whom, and changes nothing.
async fn owners(host: &Host) -> Vec<HostId> {
    let journal = &host.stores().journal;
    let nobody = HostId::parse("nobody").expect("a word");
    let mut owners = Vec::new();
    for partition in host.partitions() {
        match journal.claim(partition, &nobody, LEASE, host.now(), None).await {
            Ok(TenureClaim::Held { by, .. }) => owners.push(by),
            other => panic!("partition {partition}: {other:?}"),
        }
    }
    owners
}

/// Waits until both hosts own something, together everything, and nothing moves any more.
async fn settle(hosts: [&Host; 2]) {
    let begun = Instant::now();
    let mut before = [0, 0];
    loop {
        let now = hosts.map(|host| host.status().owned);
        let all = now[0] + now[1] == hosts[0].status().partitions;
        if all && now == before && now.iter().all(|owned| *owned > 0) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{now:?}");
        before = now;
        sleep(2 * LEASE).await;
    }
}

async fn works_beside(clock: WrongClock) {
    let server = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
    let right = host(&server).await.start().await.expect("a host");
    let wrong = host(&server).await.clock(Arc::new(clock)).start().await.expect("a host");
    let hosts = [&right, &wrong];
    settle(hosts).await;
    let owners_at_first = owners(&right).await;
    let one_of = |n: u64| hosts[usize::from(n.is_multiple_of(2))];
    let keeper = |host, n: u64| KeeperRef::new(host, n.to_string()).expect("a number is a key");

    for n in 0..KEEPERS {
        keeper(one_of(n), n).have_rung().await.expect("it is set");
    }
    // Each is called at each host and by another keeper, for as long as nobody may be given up.
    let (begun, mut rounds) = (Instant::now(), 0);
    while begun.elapsed() < 4 * LEASE {
        rounds += 1;
        for n in 0..KEEPERS {
            assert!(keeper(one_of(n), n).add_at((n + 1) % KEEPERS).await.expect("it is answered"));
            for host in hosts {
                keeper(host, n).add(1).await.expect("it is answered");
            }
        }
    }
    for n in 0..KEEPERS {
        loop {
            let (rung, rung_early) = keeper(&right, n).bells().await.expect("it is answered");
            assert!(rung <= 1 && !rung_early, "{clock:?}, keeper {n}: rung {rung} times");
            if rung == 1 {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "{clock:?}, keeper {n} was never rung");
            sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(owners(&right).await, owners_at_first, "{clock:?}: nobody was given up");

    // What the one with the right time leaves, the other takes, and goes on from there.
    assert_eq!(right.stop(PATIENCE).await, Stopped::Drained);
    for n in 0..KEEPERS {
        let sum = loop {
            match keeper(&wrong, n).add(0).await {
                Ok(sum) => break sum,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{clock:?}: {error}"),
            }
            sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(sum, 3 * rounds, "{clock:?}, keeper {n}");
    }
    assert_eq!(wrong.stop(PATIENCE).await, Stopped::Drained);
}

#[test]
fn a_host_whose_clock_is_ten_minutes_fast_works_beside_others() {
    loom_testkit::run(works_beside(WrongClock::Fast));
}

#[test]
fn a_host_whose_clock_is_ten_minutes_slow_works_beside_others() {
    loom_testkit::run(works_beside(WrongClock::Slow));
}
