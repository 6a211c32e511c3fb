//! A Redis whose replica takes over before it was told everything.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use loom_adapter_redis::{Durability, RedisSettings, RedisStores};
use loom_core::{IdempotencyKey, PartitionCount};
use loom_runtime::{CallError, Context, Forgotten, Host, Settings};
use loom_testkit::backends::{RedisOptions, RedisWithReplica};
use serde::{Deserialize, Serialize};

const ACTORS: usize = 12;
/// How many of them go on after the replica has stopped listening.
const FORGOTTEN: usize = 5;
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Default, Deserialize, Serialize)]
struct Counter {
    count: i64,
}

#[loom_runtime::actor(kind = "counter")]
impl Counter {
    #[allow(clippy::unused_async, reason = "handlers are")]
    async fn add(&mut self, _cx: &mut Context<'_>) -> i64 {
        self.count += 1;
        self.count
    }
}

async fn add(host: &Host, actor: usize) -> Result<i64, CallError> {
    host.actor(format!("counter/{actor}"))?.call("add", &()).await
}

/// Asks with a key until it is answered. Returns the state.
async fn persevere(host: &Host, actor: usize) -> String {
    let started = Instant::now();
    let actor = host.actor(format!("counter/{actor}")).unwrap();
    loop {
        let key = IdempotencyKey::parse("again").unwrap();
        match actor.request("add", &()).unwrap().key(key).call().await {
            Ok(_) => break,
            Err(error) => assert!(started.elapsed() < PATIENCE, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let state = actor.state().await.unwrap().unwrap();
    String::from_utf8_lossy(&state.0).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failover_has_forgotten_is_told_with_the_actors_concerned() {
    let pair = RedisWithReplica::start(&RedisOptions::default());
    let partitions = PartitionCount::new(8).unwrap();
    let stores = RedisStores::open(RedisSettings {
        durability: Durability::None,
        partitions,
        response_timeout: Duration::from_secs(1),
        ..RedisSettings::sentinel([pair.sentinel_url()], "loom")
    });
    let settings = Settings { partitions, lease: Duration::from_secs(2), ..Settings::default() };
    let host = Host::builder(stores.await.unwrap()).settings(settings).actor::<Counter>();
    let host = host.start().await.unwrap();
    for actor in 0..ACTORS {
        assert_eq!(add(&host, actor).await, Ok(1));
    }
    pair.wait_for_replica();
    pair.replica.signal("STOP");
    // What is on its way to a replica that only stops is still there when it goes on.
    let _ = pair.master.command(&["client", "kill", "type", "replica"]);
    for actor in 0..FORGOTTEN {
        assert_eq!(add(&host, actor).await, Ok(2));
    }
    pair.master.signal("KILL");
    pair.replica.signal("CONT");

    // Each goes on from what is left of it.
    for actor in 0..ACTORS {
        assert_eq!(persevere(&host, actor).await, r#"{"count":2}"#, "counter/{actor}");
    }
    let forgotten: BTreeSet<_> = (0..FORGOTTEN).map(|actor| format!("counter/{actor}")).collect();
    let started = Instant::now();
    loop {
        let told = host.status().divergence;
        let name = |it: &Forgotten| it.actor.to_string();
        if told.latest.iter().map(name).collect::<BTreeSet<_>>() == forgotten {
            assert!(told.latest.iter().all(|it| it.head.seq.0 == 2), "{told:?}");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{told:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    host.stop(Duration::from_secs(1)).await;
}
