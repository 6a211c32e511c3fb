//! Stores for tests, each with a prefix of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use loom_adapter_redis::{Durability, RedisSettings, RedisStores, TimeSource};
use loom_core::{
    ActorId, CommitId, Head, HostId, IdempotencyKey, Incarnation, PartitionCount, PartitionId, Seq,
    TimerKey, TimerName, Timestamp, partition_of,
};
use loom_ports::{Handled, HandledKey, Load, OutboxEntry, Tenure, TenureClaim, TimerChange, Turn};
use loom_testkit::backends::{
    RedisOptions, RedisServer, shared_redis, shared_redis_cluster, shared_redis_over_tls,
};

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
    settings(RedisSettings::standalone(&shared_redis().urls[0]))
}

pub(crate) fn cluster() -> RedisSettings {
    settings(RedisSettings::cluster(&shared_redis_cluster().urls))
}

pub(crate) fn tls() -> RedisSettings {
    let server = shared_redis_over_tls();
    let tls_ca_pem = Some(server.ca_pem.clone().expect("it listens for TLS").into());
    settings(RedisSettings { tls_ca_pem, ..RedisSettings::standalone(&server.urls[0]) })
}

pub(crate) async fn open(settings: RedisSettings) -> RedisStores {
    RedisStores::open(settings).await.expect("the server is fit")
}

/// Stores whose server was there, and is not any more.
pub(crate) async fn unreachable() -> RedisStores {
    let server = RedisServer::start(&RedisOptions::default());
    let timeouts = Duration::from_millis(300);
    let unreachable = settings(RedisSettings::standalone(server.url()));
    open(RedisSettings { connect_timeout: timeouts, response_timeout: timeouts, ..unreachable })
        .await
}

/// The time at which a test takes place.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const LEASE: Duration = Duration::from_secs(10);
pub(crate) const PARTITION: PartitionId = PartitionId(7);

pub(crate) async fn claim(stores: &RedisStores, host: &str, now: Timestamp) -> Tenure {
    match try_claim(stores, host, now).await {
        TenureClaim::Granted(tenure) => tenure,
        held @ TenureClaim::Held { .. } => panic!("{held:?}"),
    }
}

pub(crate) async fn try_claim(stores: &RedisStores, host: &str, now: Timestamp) -> TenureClaim {
    let host = HostId::parse(host).expect("a valid host");
    stores.journal().claim(PARTITION, &host, LEASE, now, None).await.expect("it is reached")
}

/// An actor of the partition.
pub(crate) fn actor(n: usize) -> ActorId {
    let ids = (0..).map(|tried| ActorId::parse(&format!("wallet/{n}-{tried}")).expect("valid"));
    let home = |actor: &ActorId| partition_of(actor.as_str().as_bytes(), PartitionCount::default());
    let mut ids = ids.filter(|actor| home(actor) == PARTITION);
    ids.next().expect("every partition has actors")
}

/// A turn with a record, a message, a timer and a mark.
pub(crate) fn turn(actor: &ActorId, seq: u64, commit: u128) -> Turn {
    let handled = Handled { fingerprint: seq, seq: Seq(seq + 1), reply: Some("reply".into()) };
    let key = IdempotencyKey::parse(&format!("key-{seq}")).expect("a valid key");
    let timer = TimerKey::Named(TimerName::parse("timer").expect("a valid name"));
    Turn {
        actor: actor.clone(),
        expected: Head { incarnation: Incarnation(0), seq: Seq(seq) },
        commit: CommitId(commit),
        record: format!("record {seq}").into(),
        snapshot: true,
        trim_before: Some(Seq(seq + 1)),
        outbox: vec![OutboxEntry { n: seq, bytes: "message".into() }],
        timers: vec![TimerChange::Set(timer, NOW.saturating_add(Duration::from_millis(seq)))],
        handled: Some(HandledKey { key, handled, expires: NOW.saturating_add(LEASE) }),
    }
}

pub(crate) async fn head(stores: &RedisStores, tenure: &Tenure, actor: &ActorId) -> Head {
    loop {
        // To read without a cause may be repeated.
        match stores.journal().load(tenure, actor, None).await {
            Ok(Load::Loaded(loaded)) => return loaded.head,
            Ok(fenced @ Load::Fenced(_)) => panic!("{fenced:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}
