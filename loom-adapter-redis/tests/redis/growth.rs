//! What is left in Redis after much work: as much as after little.

use std::time::Duration;

use bytes::Bytes;
use loom_adapter_redis::{RedisSettings, RedisStores, SmallStores as _};
use loom_core::{
    ActorId, ConfigKey, ConfigScope, CorrelationId, EntityId, GraphName, HostId, IdempotencyKey,
    LockName, MessageId, OperationName, Payload, QueueName, SpanId, Timestamp,
};
use loom_ports::{
    Acquire, Begin, CommitOutcome, Condition, Dedup, Delivered, Enqueue, Entity, Receive,
    Registration, Settled, Span, TimerChange,
};
use loom_testkit::backends::{RedisOptions, RedisServer};

use crate::scene::{self, LEASE, NOW, actor, claim, turn};

/// Names of keys, and how many members each has.
fn size(server: &RedisServer) -> (usize, usize) {
    let script = "local members = 0 \
        for _, key in ipairs(redis.call('KEYS', '*')) do \
          local kind = redis.call('TYPE', key).ok \
          if kind == 'hash' then members = members + redis.call('HLEN', key) end \
          if kind == 'zset' then members = members + redis.call('ZCARD', key) end \
        end return {redis.call('DBSIZE'), members}";
    let said = server.command(&["eval", script, "0"]);
    let mut numbers = said.lines().map(|line| line.trim().parse().expect("a number"));
    (numbers.next().expect("keys"), numbers.next().expect("members"))
}

async fn journal_round(stores: &RedisStores, round: u64) {
    let tenure = claim(stores, "a", NOW).await;
    let cause = MessageId::parse(&format!("cause-{round}")).expect("a valid id");
    for n in 0..5 {
        let actor = actor(n);
        let _ = stores.journal().load(&tenure, &actor, Some(&cause)).await.expect("reached");
        let mut turn = turn(&actor, round, u128::from(round) + 1);
        let TimerChange::Set(timer, at) = turn.timers[0].clone() else { panic!("it sets one") };
        turn.timers.push(TimerChange::Clear(timer, at));
        let delivered = [Delivered { epoch: tenure.epoch, n: round }];
        let outcomes = stores.journal().commit(&tenure, &[turn], &[]).await.expect("reached");
        assert_eq!(outcomes, [CommitOutcome::Committed]);
        let forgotten = stores.journal().commit(&tenure, &[], &delivered).await;
        assert_eq!(forgotten.expect("reached"), []);
    }
    let expired = NOW.saturating_add(LEASE);
    let mut from = None;
    loop {
        let swept = stores.journal().sweep(scene::PARTITION, expired, from.as_ref()).await;
        from = swept.expect("reached");
        if from.is_none() {
            break;
        }
    }
    stores.journal().release(&tenure).await.expect("reached");
}

async fn queue_round(stores: &RedisStores, round: u64) {
    let queue = QueueName::parse("queue").expect("a valid name");
    let now = NOW.saturating_add(Duration::from_secs(round));
    let messages: Vec<_> = (0..5)
        .map(|n| {
            let name = format!("m-{round}-{n}");
            let key = IdempotencyKey::parse(&name).expect("a valid key");
            let until = now.saturating_add(Duration::from_millis(500));
            Enqueue {
                id: MessageId::parse(&name).expect("a valid id"),
                body: Bytes::from_static(b"body"),
                priority: n,
                visible_at: now,
                dedup: Some(Dedup { key, until }),
                ordering_key: Some(u64::from(n) % 2),
            }
        })
        .collect();
    let store = stores.queue();
    store.enqueue(&queue, &messages, now).await.expect("reached");
    let receive = Receive { max: 10, wait: Duration::ZERO, visibility: LEASE };
    let received = store.receive(&[queue], receive, now).await.expect("reached");
    assert_eq!(received.len(), 5);
    for delivery in &received {
        assert_eq!(store.ack(&delivery.receipt).await.expect("reached"), Settled::Done);
    }
}

async fn other_round(stores: &RedisStores, round: u64) {
    let host = HostId::parse("host").expect("a valid host");
    let name = LockName::parse(&format!("lock-{round}")).expect("a valid name");
    let Acquire::Held(lease) = stores.locks().acquire(&name, &host, LEASE, NOW).await.unwrap()
    else {
        panic!("it is free");
    };
    stores.locks().release(&lease).await.expect("reached");
    let key = IdempotencyKey::parse("request").expect("a valid key");
    let Begin::New(claim) = stores.idempotency().begin(&key, LEASE, NOW).await.unwrap() else {
        panic!("it was abandoned");
    };
    stores.idempotency().abandon(&claim).await.expect("reached");
    let _ = stores.coordination().heartbeat(&host, &Payload::NULL, LEASE, NOW).await;
}

async fn small_round(stores: &RedisStores, round: u64) {
    let name = format!("name-{round}");
    let actor = ActorId::parse(&format!("worker/{name}")).expect("a valid id");
    let registration = Registration {
        actor: actor.clone(),
        host: HostId::parse("host").expect("a valid host"),
        metadata: Payload::NULL,
        condition: Condition::default(),
    };
    let registry = stores.registry();
    let _ = registry.register(&registration, LEASE, NOW).await.expect("reached");
    registry.unregister(&actor, &registration.host, NOW).await.expect("reached");
    let span = Span {
        id: SpanId::parse(&name).expect("a valid id"),
        parent: None,
        correlation: CorrelationId::parse(&name).expect("a valid id"),
        actor,
        operation: OperationName::parse("work").expect("a valid name"),
        started_at: NOW,
        end: None,
        details: Payload::NULL,
    };
    let _ = stores.traces().save(&[span]).await.expect("reached");
    assert_eq!(stores.traces().cleanup(Timestamp::MAX).await.expect("reached"), 1);
    let key = ConfigKey::parse(&name).expect("a valid key");
    let everybody = ConfigScope::default();
    let config = stores.config();
    config.set(&key, &everybody, &Payload::NULL).await.expect("reached");
    config.remove(&key, &everybody).await.expect("reached");
    let graph = GraphName::parse(&name).expect("a valid name");
    let entity = EntityId::parse("entity").expect("a valid id");
    let entity = Entity { id: entity, name, details: Payload::NULL };
    stores.graphs().put_entity(&graph, &entity).await.expect("reached");
    assert!(!stores.graphs().forget(&graph).await.expect("reached"));
}

#[test]
fn what_is_done_with_is_gone() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::standalone(server.url()));
        let stores = scene::open(settings).await;
        let mut sizes = Vec::new();
        // Counters of locks are made as their groups come up, 256 in the end.
        for round in 0..1_500 {
            journal_round(&stores, round).await;
            queue_round(&stores, round).await;
            other_round(&stores, round).await;
            small_round(&stores, round).await;
            if round % 500 == 499 {
                sizes.push(size(&server));
            }
        }
        let [(_, _), second, third] = sizes[..] else { panic!("{sizes:?}") };
        assert!(third.0 <= second.0.max(300) && third.1 <= second.1 + 5, "{sizes:?}");
    });
}

#[test]
fn what_is_given_up_expires() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::standalone(server.url()));
        let stores = scene::open(settings).await;
        let host = HostId::parse("host").expect("a valid host");
        let name = LockName::parse("lock").expect("a valid name");
        let _ = stores.locks().acquire(&name, &host, LEASE, NOW).await.expect("reached");
        let key = IdempotencyKey::parse("request").expect("a valid key");
        let _ = stores.idempotency().begin(&key, LEASE, NOW).await.expect("reached");
        let tenure = claim(&stores, "a", NOW).await;
        let cause = MessageId::parse("cause").expect("a valid id");
        let _ = stores.journal().load(&tenure, &actor(0), Some(&cause)).await.expect("reached");

        let script = "local kept = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
            if redis.call('PTTL', key) < 0 then kept[#kept + 1] = string.match(key, '[^}]*$') end \
            end table.sort(kept) return kept";
        let kept = server.command(&["eval", script, "0"]);
        // The counter of a group of locks, the number of partitions, the epoch of a partition.
        assert_eq!(kept.lines().collect::<Vec<_>>(), [":c", ":cluster", ":t"]);
    });
}
