use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::{Address, Context, Failure, Spawn, StopReason, Volatile, VolatileSystem};
use super::{Published, Topic};

/// Hands on what it gets, and stops at zero.
struct Listener(mpsc::UnboundedSender<u32>);

impl Volatile for Listener {
    type Message = u32;

    async fn handle(&mut self, message: u32, cx: &mut Context<u32>) -> Result<(), Failure> {
        if message == 0 {
            cx.stop();
        }
        let _ = self.0.send(message);
        Ok(())
    }
}

fn listen(
    system: &VolatileSystem,
    capacity: usize,
) -> (Address<u32>, mpsc::UnboundedReceiver<u32>) {
    let (sender, heard) = mpsc::unbounded_channel();
    let spawn = Spawn::anonymous().capacity(NonZeroUsize::new(capacity).unwrap());
    (system.spawn_with(spawn, Listener(sender)).unwrap(), heard)
}

fn published(accepted: usize, refused: usize, stopped: usize) -> Published {
    Published { accepted, refused, stopped }
}

#[tokio::test]
async fn every_subscriber_gets_every_message_in_order() {
    let system = VolatileSystem::new();
    let topic = Topic::new();
    let mut listeners: Vec<_> = (0..100).map(|_| listen(&system, 16)).collect();
    for (address, _) in &listeners {
        topic.subscribe(address.clone());
    }
    for message in 1..=10 {
        assert_eq!(topic.publish(&message), published(100, 0, 0));
    }
    for (_, heard) in &mut listeners {
        for message in 1..=10 {
            assert_eq!(heard.recv().await, Some(message));
        }
    }
}

#[tokio::test]
async fn a_slow_subscriber_misses_messages_and_stops_nobody() {
    let system = VolatileSystem::new();
    let topic = Topic::new();
    let ((slow, mut slow_heard), (fast, mut fast_heard)) = (listen(&system, 1), listen(&system, 9));
    topic.subscribe(slow);
    topic.subscribe(fast);
    // Nobody runs between these two, so the small mailbox is still full.
    assert_eq!(topic.publish(&1), published(2, 0, 0));
    assert_eq!(topic.publish(&2), published(1, 1, 0));
    assert_eq!(fast_heard.recv().await, Some(1));
    assert_eq!(fast_heard.recv().await, Some(2));
    assert_eq!(slow_heard.recv().await, Some(1));
    assert_eq!(topic.publish(&3), published(2, 0, 0));
    assert_eq!(slow_heard.recv().await, Some(3));
}

#[tokio::test]
async fn a_subscriber_that_stopped_is_told_of_once_and_removed() {
    let system = VolatileSystem::new();
    let topic = Topic::new();
    let ((one, _heard), (two, _heard_too)) = (listen(&system, 9), listen(&system, 9));
    topic.subscribe(one.clone());
    topic.subscribe(two);
    one.stop();
    assert_eq!(one.watch().await, StopReason::Stopped);
    assert_eq!(topic.publish(&1), published(1, 0, 1));
    assert_eq!(topic.subscriptions(), 1);
    assert_eq!(topic.publish(&2), published(1, 0, 0));
}

#[tokio::test]
async fn stopped_subscribers_do_not_pile_up_without_publishing() {
    let system = VolatileSystem::new();
    let topic = Topic::new();
    for _ in 0..1000 {
        let (address, _heard) = listen(&system, 9);
        topic.subscribe(address.clone());
        address.stop();
        assert_eq!(address.watch().await, StopReason::Stopped);
    }
    assert!(topic.subscriptions() <= 8, "{}", topic.subscriptions());
}

#[tokio::test]
async fn a_subscription_can_be_ended_and_wrapped() {
    let system = VolatileSystem::new();
    let topic: Topic<&'static str> = Topic::new();
    let (address, mut heard) = listen(&system, 9);
    let subscription = topic.subscribe_as(address, |text: &str| u32::try_from(text.len()).unwrap());
    assert_eq!(topic.publish(&"four"), published(1, 0, 0));
    assert_eq!(heard.recv().await, Some(4));
    assert!(topic.unsubscribe(subscription));
    assert!(!topic.unsubscribe(subscription));
    assert_eq!(topic.publish(&"seven"), Published::default());
}

#[tokio::test]
async fn a_message_can_stop_its_subscriber() {
    let system = VolatileSystem::new();
    let topic = Topic::new();
    let (address, mut heard) = listen(&system, 9);
    topic.subscribe(address.clone());
    assert_eq!(topic.publish(&0), published(1, 0, 0));
    assert_eq!(heard.recv().await, Some(0));
    assert_eq!(address.watch().await, StopReason::Stopped);
    assert_eq!(topic.publish(&1), published(0, 0, 1));
    let clean = system.shutdown(Duration::from_secs(1)).await;
    assert_eq!(clean, super::super::Shutdown::Clean);
}
