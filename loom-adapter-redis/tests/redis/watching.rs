//! Watches when connections are lost and servers say no; and who is woken by what.

use std::time::Duration;

use bytes::Bytes;
use loom_adapter_redis::{RedisSettings, RedisStores};
use loom_core::{MessageId, QueueName};
use loom_ports::{Enqueue, ErrorKind, PortError, Receive, Watched};
use loom_testkit::backends::{RedisOptions, RedisServer};

use crate::scene::{self, NOW};

const SHORT: Duration = Duration::from_millis(50);
/// Less than it takes until a receiver looks by itself.
const WAIT: Duration = Duration::from_secs(20);
/// No message comes back before a test ends.
const VISIBILITY: Duration = Duration::from_hours(1);

fn queue(name: &str) -> QueueName {
    QueueName::parse(name).expect("a valid name")
}

async fn enqueue(stores: &RedisStores, queue: &QueueName) {
    let id = MessageId::parse("m").expect("a valid id");
    let (body, dedup, ordering_key) = (Bytes::new(), None, None);
    let message = Enqueue { id, body, priority: 0, visible_at: NOW, dedup, ordering_key };
    let _ = stores.queue().enqueue(queue, &[message], NOW).await.expect("reached");
}

async fn take(stores: &RedisStores, queue: &QueueName, wait: Duration) -> usize {
    let receive = Receive { max: 10, wait, visibility: VISIBILITY };
    let queues = std::slice::from_ref(queue);
    let received = stores.queue().receive(queues, receive, NOW).await.expect("reached");
    for delivery in &received {
        let _ = stores.queue().ack(&delivery.receipt).await.expect("reached");
    }
    received.len()
}

async fn watch(stores: &RedisStores, queue: &QueueName) -> Result<Watched, PortError> {
    stores.queue().watch(std::slice::from_ref(queue), WAIT, NOW).await
}

/// Watches until something is told, as one does who looks by itself after an error.
async fn told(stores: &RedisStores, queue: &QueueName) -> Watched {
    loop {
        match watch(stores, queue).await {
            Ok(watched) => return watched,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[test]
fn what_was_said_while_nobody_heard_it_is_told() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let settings = scene::settings(RedisSettings::standalone(server.url()));
        let (sender, watcher) = (scene::open(settings.clone()).await, scene::open(settings).await);
        let queue = queue("queue");
        for _ in 0..20 {
            assert_eq!(told(&watcher, &queue).await, Watched::Visible(vec![queue.clone()]));
            take(&watcher, &queue, Duration::ZERO).await;
            let kill = ["client", "kill", "type", "pubsub"];
            assert!(server.command(&kill).trim().parse::<u64>().is_ok());
            enqueue(&sender, &queue).await;
        }
    });
}

#[test]
fn a_watch_without_ears_is_an_error_and_a_receiver_looks() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let user = ["acl", "setuser", "deaf", "on", ">pass", "~*", "&*", "+@all", "-subscribe"];
        assert!(server.command(&user).starts_with("OK"));
        let (name, password) = (Some("deaf".into()), Some("pass".into()));
        let settings = RedisSettings::standalone(server.url());
        let stores =
            scene::open(scene::settings(RedisSettings { user: name, password, ..settings }));
        let (stores, queue) = (stores.await, queue("queue"));
        // What was never looked at is told of without hearing anything.
        let watched = watch(&stores, &queue).await.expect("nothing is asked of the server");
        assert_eq!(watched, Watched::Visible(vec![queue.clone()]));
        assert_eq!(take(&stores, &queue, Duration::ZERO).await, 0);
        let failed = watch(&stores, &queue).await.expect_err("nothing is heard");
        assert_eq!(failed.kind(), ErrorKind::Denied);
        let (taken, ()) = tokio::join!(take(&stores, &queue, WAIT), enqueue(&stores, &queue));
        assert_eq!(taken, 1);
    });
}

#[test]
fn a_receiver_is_woken_by_its_own_queues_only() {
    const OTHERS: u64 = 50;
    loom_testkit::run(async {
        let settings = scene::standalone();
        let (sender, receiver) = (scene::open(settings.clone()).await, scene::open(settings).await);
        let (own, other) = (queue("own"), queue("other"));
        let enqueues = async {
            for _ in 0..OTHERS {
                enqueue(&sender, &other).await;
                take(&sender, &other, Duration::ZERO).await;
            }
            enqueue(&sender, &own).await;
        };
        let before = receiver.round_trips();
        let (taken, ()) = tokio::join!(take(&receiver, &own, WAIT), enqueues);
        assert_eq!(taken, 1);
        let trips = receiver.round_trips() - before;
        assert!(trips < 10, "{trips} round trips");
    });
}

#[test]
fn a_server_that_stands_still_is_not_taken_for_silent_queues() {
    loom_testkit::run(async {
        let server = RedisServer::start(&RedisOptions::default());
        let response_timeout = Duration::from_millis(500);
        let settings = RedisSettings::standalone(server.url());
        let settings = scene::settings(RedisSettings { response_timeout, ..settings });
        let (stores, queue) = (scene::open(settings).await, queue("queue"));
        let queues = [queue.clone()];
        // It listens once something is heard that happened after the first look.
        assert_eq!(take(&stores, &queue, Duration::ZERO).await, 0);
        assert_eq!(told(&stores, &queue).await, Watched::Visible(vec![queue.clone()]));
        take(&stores, &queue, Duration::ZERO).await;
        enqueue(&stores, &queue).await;
        while stores.queue().watch(&queues, SHORT, NOW).await.expect("heard") != Watched::Nothing {
            take(&stores, &queue, Duration::ZERO).await;
        }
        server.signal("STOP");
        let failed = watch(&stores, &queue).await.expect_err("it does not answer");
        server.signal("CONT");
        assert_eq!(failed.kind(), ErrorKind::Unavailable);
        enqueue(&stores, &queue).await;
        assert_eq!(told(&stores, &queue).await, Watched::Visible(vec![queue]));
    });
}
