//! Hosts whose clocks differ.

use std::time::Duration;

use bytes::Bytes;
use loom_adapter_redis::{RedisSettings, SmallStores as _, TimeSource};
use loom_core::{ActorId, HostId, Kind, LockName, MessageId, Payload, QueueName, Timestamp};
use loom_ports::{
    Acquire, Condition, Enqueue, Receive, Register, Registration, Settled, TenureClaim,
};
use loom_testkit::backends::{RedisOptions, RedisServer};

use crate::scene::{self, LEASE, claim, try_claim};

const SKEW: Duration = Duration::from_mins(10);

fn settings() -> RedisSettings {
    RedisSettings { time: TimeSource::Server, ..scene::standalone() }
}

fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::EPOCH.saturating_add(since_epoch)
}

/// Clocks that are right, ten minutes fast, ten minutes slow, and not set at all.
fn clocks() -> [Timestamp; 4] {
    [now(), now().saturating_add(SKEW), now().saturating_sub(SKEW), Timestamp::EPOCH]
}

#[test]
fn no_clock_ends_the_lease_of_another_host() {
    loom_testkit::run(async {
        let stores = scene::open(settings()).await;
        claim(&stores, "owner", now()).await;
        let name = LockName::parse("lock").expect("a valid name");
        let owner = HostId::parse("owner").expect("a valid host");
        let held = stores.locks().acquire(&name, &owner, LEASE, now()).await.expect("reached");
        assert!(matches!(held, Acquire::Held(_)), "{held:?}");
        for clock in clocks() {
            // The end is told by the clock of the one who asks.
            let latest = clock.saturating_add(LEASE);
            match try_claim(&stores, "other", clock).await {
                TenureClaim::Held { until, .. } => assert!(until > clock && until <= latest),
                granted @ TenureClaim::Granted(_) => panic!("at {clock}: {granted:?}"),
            }
            match stores.locks().acquire(&name, &owner, LEASE, clock).await.expect("reached") {
                Acquire::Busy { until } => assert!(until > clock && until <= latest),
                held @ Acquire::Held(_) => panic!("at {clock}: {held:?}"),
            }
        }
    });
}

#[test]
fn instances_are_at_work_by_every_clock() {
    loom_testkit::run(async {
        let registry = scene::open(settings()).await.registry();
        let kind = Kind::parse("kind").expect("a valid kind");
        for (n, clock) in clocks().into_iter().enumerate() {
            let registration = Registration {
                actor: ActorId::new(&kind, &n.to_string()).expect("a valid key"),
                host: HostId::parse("host").expect("a valid host"),
                metadata: Payload::NULL,
                condition: Condition::default(),
            };
            let new = registry.register(&registration, LEASE, clock).await.expect("reached");
            assert_eq!(new, Register::New, "at {clock}");
        }
        for clock in clocks() {
            let all = registry.instances(&kind, None, 10, clock).await.expect("reached").items;
            assert_eq!(all.len(), 4, "at {clock}");
            let latest = clock.saturating_add(LEASE);
            assert!(all.iter().all(|it| it.until > clock && it.until <= latest), "{all:?}");
            assert_eq!(registry.cleanup(&kind, clock).await.expect("reached"), 0, "at {clock}");
        }
    });
}

#[test]
fn members_are_alive_by_every_clock() {
    loom_testkit::run(async {
        let stores = scene::open(settings()).await;
        let coordination = stores.coordination();
        for (n, clock) in clocks().into_iter().enumerate() {
            let host = HostId::parse(&format!("host-{n}")).expect("a valid host");
            let _ = coordination
                .heartbeat(&host, &loom_core::Payload::NULL, LEASE, clock)
                .await
                .expect("reached");
        }
        for clock in clocks() {
            assert_eq!(coordination.members(clock).await.expect("reached").len(), 4, "{clock}");
        }
    });
}

#[test]
fn messages_are_visible_by_every_clock() {
    loom_testkit::run(async {
        let stores = scene::open(settings()).await;
        let queue = stores.queue();
        for (n, sender) in clocks().into_iter().enumerate() {
            for receiver in clocks() {
                let name = QueueName::parse(&format!("queue-{n}")).expect("a valid name");
                let message = |id: &str, delay| Enqueue {
                    id: MessageId::parse(id).expect("a valid id"),
                    body: Bytes::new(),
                    priority: 0,
                    visible_at: sender.saturating_add(delay),
                    dedup: None,
                    ordering_key: None,
                };
                let messages = [message("now", Duration::ZERO), message("later", SKEW)];
                queue.enqueue(&name, &messages, sender).await.expect("reached");
                let receive = Receive { max: 10, wait: Duration::ZERO, visibility: LEASE };
                let names = [name];
                let received = queue.receive(&names, receive, receiver).await.expect("reached");
                assert_eq!(received.len(), 1, "sent at {sender}, received at {receiver}");
                assert_eq!(received[0].id.as_str(), "now");

                // Returned for now it is there at once; for later it is not.
                let receipt = &received[0].receipt;
                assert_eq!(queue.nack(receipt, receiver).await.expect("reached"), Settled::Done);
                let again = queue.receive(&names, receive, receiver).await.expect("reached");
                assert_eq!(again.len(), 1, "returned at {receiver}");
                let receipt = &again[0].receipt;
                let later = receiver.saturating_add(SKEW);
                assert_eq!(queue.nack(receipt, later).await.expect("reached"), Settled::Done);
                let none = queue.receive(&names, receive, receiver).await.expect("reached");
                assert_eq!(none, []);
            }
        }
    });
}

#[test]
fn epochs_and_tokens_do_not_come_back_when_they_are_forgotten() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::standalone(server.url()));
        let stores = scene::open(settings).await;
        let name = LockName::parse("lock").expect("a valid name");
        let owner = HostId::parse("owner").expect("a valid host");
        let mut last = (0, 0);
        for _ in 0..5 {
            let epoch = claim(&stores, "owner", scene::NOW).await.epoch.0;
            let acquired = stores.locks().acquire(&name, &owner, LEASE, scene::NOW).await;
            let Acquire::Held(lease) = acquired.expect("reached") else { panic!("it is free") };
            assert!(epoch > last.0 && lease.token > last.1, "{last:?}: {epoch} {lease:?}");
            last = (epoch, lease.token);
            // As a failover to a replica that has nothing yet.
            assert!(server.command(&["flushall"]).starts_with("OK"));
        }
    });
}
