//! Money among three hosts whose authority is Cosmos DB, while answers are lost after the write was
//! made, and the account asks for less.
//!
//! `cargo xtask many cosmos` runs the same with more of it, and prints what it costs.

mod wallet;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loom_adapter_cosmos::{CosmosSettings, CosmosStores};
use loom_adapter_memory::MemoryStores;
use loom_core::{IdempotencyKey, Outcome};
use loom_ports::Stores;
use loom_runtime::{Host, Settings};
use loom_testkit::backends::{CosmosFault, CosmosServer};
use tokio::task::JoinSet;

use self::wallet::{Refusal, Transfer, Wallet};
use crate::scene;

const HOSTS: usize = 3;
const CALLERS: u64 = 8;
const WALLETS: u64 = 20;
const OPENING_CENTS: i64 = 1_000;
/// A call that is not answered by then is made again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Whatever is on its way has arrived by then, or never will.
const SETTLED_WITHIN: Duration = Duration::from_mins(5);

/// The hosts, and where each of them keeps its journals: all of them in one database.
struct Cluster {
    hosts: Vec<Host>,
    stores: Vec<CosmosStores>,
}

/// Everything a caller needs.
struct Bank {
    hosts: Vec<Host>,
    next: AtomicU64,
    count: u64,
}

impl Cluster {
    async fn start(settings: &CosmosSettings, others: &MemoryStores) -> Self {
        let (mut hosts, mut stores) = (Vec::new(), Vec::new());
        for _ in 0..HOSTS {
            let payloads = Arc::new(others.blobs.clone());
            let cosmos = CosmosStores::open_with_payloads(settings, payloads).await.unwrap();
            let others: Stores = others.clone().into();
            let all = Stores { journal: cosmos.journal(), state: cosmos.state(), ..others };
            let settings = Settings {
                partitions: settings.partitions,
                lease: Duration::from_secs(20),
                ..Settings::default()
            };
            let host = Host::builder(all).settings(settings).actor::<Wallet>();
            hosts.push(host.start().await.unwrap());
            stores.push(cosmos);
        }
        let cluster = Self { hosts, stores };
        let begun = Instant::now();
        while cluster.owned() != usize::from(settings.partitions.get()) {
            assert!(begun.elapsed() < SETTLED_WITHIN, "{}", cluster.owned());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        cluster
    }

    fn owned(&self) -> usize {
        self.hosts.iter().map(|host| host.status().owned).sum()
    }

    async fn balance(&self, wallet: u64) -> i64 {
        let wallet = format!("wallet/{wallet}");
        for n in 0.. {
            let host = &self.hosts[n % self.hosts.len()];
            match host.actor(wallet.as_str()).unwrap().call::<i64>("balance", &()).await {
                Ok(cents) => return cents,
                Err(error) => assert!(n < 1_000, "{error}"),
            }
        }
        unreachable!("it is asked for until it is told")
    }

    async fn balances(&self) -> Vec<i64> {
        let mut balances = Vec::new();
        for wallet in 0..WALLETS {
            balances.push(self.balance(wallet).await);
        }
        balances
    }
}

impl Bank {
    /// Makes transfers until all are made. Returns what each has moved.
    async fn work(&self) -> Vec<(Transfer, bool)> {
        let mut decided = Vec::new();
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            if n >= self.count {
                return decided;
            }
            let transfer = Transfer::nth(n, WALLETS);
            let moved = self.decide(n, &transfer).await;
            decided.push((transfer, moved));
        }
    }

    /// Asks for a transfer under one key until it is decided. Whether the money moved.
    async fn decide(&self, n: u64, transfer: &Transfer) -> bool {
        let key = IdempotencyKey::parse(&format!("transfer-{n}")).expect("a valid key");
        let from = format!("wallet/{}", transfer.from);
        for tries in 0.. {
            assert!(tries < 1_000, "transfer {n} is never decided");
            let host = &self.hosts[tries % self.hosts.len()];
            let request = host.actor(from.as_str()).unwrap().request("transfer", transfer);
            match request.unwrap().key(key.clone()).within(ANSWER_WITHIN).call().await {
                Ok(reply) => match reply.outcome {
                    Outcome::Returned(_) => return true,
                    Outcome::Rejected(reason) => {
                        let Refusal::Short { .. } = reason.parse().unwrap();
                        return false;
                    }
                    outcome @ Outcome::Failed(_) => panic!("transfer {n}: {outcome:?}"),
                },
                // Overloaded, moved, or unknown: the key tells whether it was done.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        unreachable!("it is asked for until it is decided")
    }
}

#[test]
fn each_transfer_is_applied_once_whatever_is_lost_between_hosts_and_cosmos() {
    let count = std::env::var("LOOM_COSMOS_TRANSFERS").map_or(200, |text| text.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap().block_on(transfers(count));
}

async fn transfers(count: u32) {
    let server = CosmosServer::start();
    let settings =
        CosmosSettings { partitions: 12.try_into().unwrap(), ..scene::settings(&server) };
    drop(scene::open_at(&settings).await);
    let others = MemoryStores::default();
    let cluster = Cluster::start(&settings, &others).await;
    for wallet in 0..WALLETS {
        let wallet = format!("wallet/{wallet}");
        let wallet = cluster.hosts[0].actor(wallet.as_str()).unwrap();
        wallet.call::<i64>("deposit", &OPENING_CENTS).await.unwrap();
    }

    let begun = Instant::now();
    server.fail_often(20, CosmosFault::ReplyLost, 1);
    server.fail_often(100, CosmosFault::throttled(Duration::from_millis(5)), 2);
    let bank = Arc::new(Bank {
        hosts: cluster.hosts.clone(),
        next: AtomicU64::new(0),
        count: count.into(),
    });
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let bank = bank.clone();
        callers.spawn(async move { bank.work().await });
    }
    let decided = callers.join_all().await.concat();
    drop(bank);
    let took = begun.elapsed();

    let expected = balances_after(&decided);
    let begun = Instant::now();
    let mut found = cluster.balances().await;
    while found != expected {
        assert!(begun.elapsed() < SETTLED_WITHIN, "{found:?}, but {expected:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        found = cluster.balances().await;
    }
    let (requests, failed) = server.requests();
    assert!(failed > 0 && failed < requests, "{failed} of {requests}");
    for partition in settings.partitions.ids() {
        let letters = cluster.hosts[0].dead_letters(partition, None, 10).await.unwrap();
        assert!(letters.items.is_empty(), "{letters:?}");
    }
    server.heal();
    let moved = decided.iter().filter(|(_, moved)| *moved).count();
    println!("{count} transfers, {moved} of them moved money, in {:.1} s", took.as_secs_f64());
    println!("{failed} of {requests} requests failed as was planned");
    print_charges(&cluster, count);

    // Whatever the next hosts take up changes nothing either.
    for host in &cluster.hosts {
        host.stop(Duration::from_secs(30)).await;
    }
    drop(cluster);
    let cluster = Cluster::start(&settings, &others).await;
    assert_eq!(cluster.balances().await, expected);
    assert!(expected.iter().all(|cents| *cents >= 0), "{expected:?}");
    assert_eq!(expected.iter().sum::<i64>(), OPENING_CENTS * i64::try_from(WALLETS).unwrap());
}

fn balances_after(decided: &[(Transfer, bool)]) -> Vec<i64> {
    let mut balances: BTreeMap<u64, i64> = (0..WALLETS).map(|it| (it, OPENING_CENTS)).collect();
    for (Transfer { from, to, cents }, _) in decided.iter().filter(|(_, moved)| *moved) {
        *balances.entry(*from).or_default() -= cents;
        *balances.entry(*to).or_default() += cents;
    }
    balances.into_values().collect()
}

/// What was asked of the account, and what it charged as the emulator reckons.
fn print_charges(cluster: &Cluster, transfers: u32) {
    let mut sums = BTreeMap::new();
    for (purpose, charge) in cluster.stores.iter().flat_map(CosmosStores::charges) {
        let sum: &mut (u64, u64, f64) = sums.entry(purpose).or_default();
        *sum = (sum.0 + charge.requests, sum.1 + charge.operations, sum.2 + charge.request_units);
    }
    println!(
        "{:<12} {:>9} {:>11} {:>14}  RU/transfer",
        "asked for", "requests", "operations", "RU"
    );
    for (purpose, (requests, operations, units)) in sums {
        let each = units / f64::from(transfers);
        println!("{purpose:<12} {requests:>9} {operations:>11} {units:>14.1}  {each:.2}");
    }
}
