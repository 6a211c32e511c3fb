//! What tokio's own parts cost, with nothing of an actor around them.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tokio::sync::{mpsc, oneshot};

use super::receipts::{IN_FLIGHT, Receipts};
use super::{CAPACITY, CROWD, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

enum Message {
    Add(u32),
    Get(oneshot::Sender<u32>),
    Receipt,
}

fn start(receipts: &Receipts) -> mpsc::Sender<Message> {
    let (sender, mut receiver) = mpsc::channel(CAPACITY);
    let receipts = receipts.clone();
    tokio::spawn(async move {
        let mut count = 0;
        while let Some(message) = receiver.recv().await {
            match message {
                Message::Add(amount) => count += amount,
                Message::Get(reply) => reply.send(count).expect("somebody waits"),
                Message::Receipt => receipts.add(),
            }
        }
    });
    sender
}

async fn get(sender: &mpsc::Sender<Message>) -> u32 {
    let (reply, answer) = oneshot::channel();
    sender.send(Message::Get(reply)).await.expect("the task lives");
    answer.await.expect("the task answers")
}

pub(super) async fn tell(tells: u32) -> Cost {
    let sender = start(&Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..tells {
        sender.send(Message::Add(1)).await.expect("the task lives");
    }
    let handled = get(&sender).await;
    let cost = watch.stop(tells);
    assert_eq!(handled, tells);
    cost
}

pub(super) async fn ask(asks: u32) -> Cost {
    let sender = start(&Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..asks {
        assert_eq!(get(&sender).await, 0);
    }
    watch.stop(asks)
}

pub(super) async fn spawn(spawns: u32) -> Cost {
    let receipts = Receipts::default();
    let mut senders = Vec::new();
    let watch = Stopwatch::start();
    for _ in 0..spawns {
        let sender = start(&receipts);
        sender.send(Message::Receipt).await.expect("the task lives");
        senders.push(sender);
    }
    receipts.reach(senders.len()).await;
    watch.stop(spawns)
}

pub(super) fn lookup(lookups: u32) -> Cost {
    let entries = names().into_iter().map(|name| (name, Arc::new(0_u32)));
    let map: RwLock<HashMap<String, Arc<u32>>> = RwLock::new(entries.collect());
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        let found = map.read().expect("nobody panics").get(name).map(Arc::clone);
        found.is_some()
    });
    watch.stop(lookups)
}

pub(super) async fn publish(publishes: u32) -> Cost {
    let receipts = Receipts::default();
    let crowd: Vec<_> = (0..CROWD).map(|_| start(&receipts)).collect();
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        for sender in &crowd {
            sender.try_send(Message::Receipt).expect("there is room");
        }
        if published.is_multiple_of(IN_FLIGHT) || published == publishes {
            receipts.reach(published as usize * CROWD).await;
        }
    }
    watch.stop(publishes)
}

/// Gives what keeps the tasks alive, once each has handled a message.
pub(super) async fn populate(tasks: u32) -> Box<dyn std::any::Any> {
    let receipts = Receipts::default();
    let senders: Vec<_> = (0..tasks).map(|_| start(&receipts)).collect();
    for sender in &senders {
        sender.send(Message::Receipt).await.expect("the task lives");
    }
    receipts.reach(senders.len()).await;
    Box::new(senders)
}
