//! Hosts whose runtime is busy: every thread of it, for many leases.

use std::sync::mpsc::{Sender, channel};
use std::thread::sleep;
use std::time::Duration;

use loom_adapter_embedded::{EmbeddedStores, Options};
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::PartitionCount;
use loom_ports::Stores;
use loom_runtime::{Host, Settings, Stopped};
use loom_testkit::backends::{RedisOptions, RedisServer};
use tokio::runtime::{Builder, Runtime};

use crate::settled::wait_for;

const THREADS: usize = 2;
const PARTITIONS: usize = 16;

/// A host on a runtime of its own, as in a process of its own.
struct Node {
    host: Host,
    runtime: Runtime,
}

/// Keeps every thread of a runtime busy until it is dropped.
struct Busy(#[expect(dead_code, reason = "they are there to be dropped")] Vec<Sender<()>>);

impl Node {
    fn start(place: &Place, lease: Duration) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
        let runtime = runtime.expect("threads are to be had");
        let host = runtime.block_on(async {
            let settings = Settings { partitions: partitions(), lease, ..Settings::default() };
            Host::builder(place.stores().await).settings(settings).start().await
        });
        Self { host: host.expect("the stores work"), runtime }
    }

    fn owned(&self) -> usize {
        self.host.status().owned
    }

    fn be_busy(&self) -> Busy {
        let (begins, begun) = channel();
        let free = (0..THREADS).map(|_| {
            let (free, waits) = channel::<()>();
            let begins = begins.clone();
            self.runtime.spawn(async move {
                begins.send(()).expect("it is waited for");
                let _ = waits.recv();
            });
            free
        });
        let free = free.collect();
        for _ in 0..THREADS {
            begun.recv().expect("it begins");
        }
        Busy(free)
    }
}

fn partitions() -> PartitionCount {
    let count = u16::try_from(PARTITIONS).expect("they are few");
    PartitionCount::new(count).expect("a valid count")
}

/// Stores that hosts share.
enum Place {
    /// Each host opens them for itself.
    Redis(RedisServer),
    /// They are in this process.
    Embedded(
        EmbeddedStores,
        #[expect(dead_code, reason = "deleted when dropped")] tempfile::TempDir,
    ),
}

impl Place {
    fn both() -> [Self; 2] {
        let server = RedisServer::start(&RedisOptions::default().with("appendonly", "yes"));
        let dir = tempfile::tempdir().expect("a directory");
        let stores = EmbeddedStores::open(dir.path(), Options::default()).expect("it is new");
        [Self::Redis(server), Self::Embedded(stores, dir)]
    }

    async fn stores(&self) -> Stores {
        match self {
            Self::Redis(server) => {
                let settings = RedisSettings::standalone(server.url());
                let settings = RedisSettings { partitions: partitions(), ..settings };
                RedisStores::open(settings).await.expect("the server is fit").into()
            }
            Self::Embedded(stores, _) => stores.clone().into(),
        }
    }
}

/// Two hosts that each own their share.
fn two(place: &Place, lease: Duration) -> [Node; 2] {
    let nodes = [Node::start(place, lease), Node::start(place, lease)];
    wait_for(|| is_shared(&nodes));
    nodes
}

fn is_shared(nodes: &[Node; 2]) -> bool {
    let [one, two] = nodes.each_ref().map(Node::owned);
    one > 0 && two > 0 && one + two == PARTITIONS
}

#[test]
fn a_busy_runtime_loses_no_tenure() {
    const LEASE: Duration = Duration::from_secs(2);
    for place in Place::both() {
        let nodes = two(&place, LEASE);
        let owned = || nodes.each_ref().map(Node::owned);
        let before = owned();
        let busy = nodes[0].be_busy();
        for halves in 0..7 {
            sleep(LEASE / 2);
            assert_eq!(owned(), before, "after {halves} halves of a lease");
        }
        drop(busy);
        // What was lost is found out.
        sleep(LEASE);
        assert_eq!(owned(), before);
    }
}

#[test]
fn a_stuck_runtime_is_replaced_and_comes_back() {
    for place in Place::both() {
        let nodes = two(&place, Duration::from_secs(1));
        let busy = nodes[0].be_busy();
        wait_for(|| nodes[1].owned() == PARTITIONS);
        drop(busy);
        wait_for(|| is_shared(&nodes));
    }
}

#[test]
fn a_host_stops_without_waiting_for_its_next_beat() {
    for place in Place::both() {
        let node = Node::start(&place, Duration::from_hours(1));
        let stopped = node.runtime.block_on(node.host.stop(Duration::from_secs(10)));
        assert_eq!(stopped, Stopped::Drained);
    }
}
