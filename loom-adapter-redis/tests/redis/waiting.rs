//! Receivers that wait for what other processes enqueue.

use std::time::Duration;

use bytes::Bytes;
use loom_adapter_redis::RedisSettings;
use loom_core::{MessageId, QueueName};
use loom_ports::{Enqueue, Receive};

use crate::scene::{self, LEASE, NOW};

/// Less than it takes until a receiver looks by itself.
const WAIT: Duration = Duration::from_secs(20);

#[test]
fn what_another_process_enqueues_ends_a_wait() {
    loom_testkit::run(async {
        for settings in [scene::standalone(), scene::cluster(), scene::tls()] {
            wakes(settings).await;
        }
    });
}

async fn wakes(settings: RedisSettings) {
    // They share nothing but the server.
    let (sender, receiver) = (scene::open(settings.clone()).await, scene::open(settings).await);
    let queues = ["empty", "queue"].map(|name| QueueName::parse(name).expect("a valid name"));
    let wait = |wait| Receive { max: 10, wait, visibility: LEASE };
    let store = receiver.queue();
    for (n, delay_ms) in [0, 0, 50, 0, 50].into_iter().enumerate() {
        let message = Enqueue {
            id: MessageId::parse(&format!("m-{n}")).expect("a valid id"),
            body: Bytes::new(),
            priority: 0,
            visible_at: NOW.saturating_add(Duration::from_millis(delay_ms)),
            dedup: None,
            ordering_key: None,
        };
        let before = receiver.round_trips();
        let enqueue = async {
            // The receiver has looked at both, and waits.
            while receiver.round_trips() < before + 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            sender.queue().enqueue(&queues[1], &[message], NOW).await.expect("reached")
        };
        let (answer, _) = tokio::join!(store.receive(&queues, wait(WAIT), NOW), enqueue);
        let deliveries = answer.expect("reached");
        assert_eq!(deliveries.len(), 1, "message {n}");
        let _ = store.ack(&deliveries[0].receipt).await.expect("reached");
    }
}

#[test]
fn a_message_that_becomes_visible_ends_a_wait() {
    loom_testkit::run(async {
        let stores = scene::open(scene::standalone()).await;
        let queue = QueueName::parse("queue").expect("a valid name");
        let message = Enqueue {
            id: MessageId::parse("later").expect("a valid id"),
            body: Bytes::new(),
            priority: 0,
            visible_at: NOW.saturating_add(Duration::from_millis(100)),
            dedup: None,
            ordering_key: None,
        };
        let store = stores.queue();
        store.enqueue(&queue, &[message], NOW).await.expect("reached");
        let receive = Receive { max: 10, wait: WAIT, visibility: LEASE };
        let received = store.receive(&[queue], receive, NOW).await.expect("reached");
        assert_eq!(received.len(), 1);
    });
}
