//! Loom.

use std::num::NonZeroUsize;

use loom_runtime::volatile::{
    Address, Context, Failure, Reply, Spawn, Topic, Volatile, VolatileSystem,
};

use super::receipts::{IN_FLIGHT, Receipts};
use super::{CAPACITY, CROWD, PATIENCE, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

#[derive(Default)]
struct Counter {
    count: u32,
    receipts: Receipts,
}

#[derive(Clone)]
struct Receipt;

enum Message {
    Add(u32),
    Get(Reply<u32>),
    Receipt(Receipt),
}

impl Volatile for Counter {
    type Message = Message;

    async fn handle(&mut self, message: Message, _: &mut Context<Message>) -> Result<(), Failure> {
        match message {
            Message::Add(amount) => self.count += amount,
            Message::Get(reply) => reply.send(self.count),
            Message::Receipt(Receipt) => self.receipts.add(),
        }
        Ok(())
    }
}

fn start(system: &VolatileSystem, receipts: &Receipts) -> Address<Message> {
    let capacity = NonZeroUsize::new(CAPACITY).expect("it is not zero");
    let counter = Counter { count: 0, receipts: receipts.clone() };
    system.spawn_with(Spawn::anonymous().capacity(capacity), counter).expect("the system is open")
}

async fn shut(system: VolatileSystem) {
    assert_eq!(system.shutdown(PATIENCE).await, loom_runtime::volatile::Shutdown::Clean);
}

pub(super) async fn tell(tells: u32) -> Cost {
    let system = VolatileSystem::new();
    let address = start(&system, &Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..tells {
        address.tell(Message::Add(1)).await.expect("the actor lives");
    }
    let handled = loop {
        match address.ask(Message::Get, PATIENCE).await {
            Err(loom_runtime::volatile::AskError::Overloaded) => tokio::task::yield_now().await,
            answer => break answer,
        }
    };
    let cost = watch.stop(tells);
    assert_eq!(handled, Ok(tells));
    shut(system).await;
    cost
}

pub(super) async fn ask(asks: u32) -> Cost {
    let system = VolatileSystem::new();
    let address = start(&system, &Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..asks {
        assert_eq!(address.ask(Message::Get, PATIENCE).await, Ok(0));
    }
    let cost = watch.stop(asks);
    shut(system).await;
    cost
}

pub(super) async fn spawn(spawns: u32) -> Cost {
    let system = VolatileSystem::new();
    let receipts = Receipts::default();
    let watch = Stopwatch::start();
    for _ in 0..spawns {
        let address = start(&system, &receipts);
        address.tell(Message::Receipt(Receipt)).await.expect("the actor lives");
    }
    receipts.reach(spawns as usize).await;
    let cost = watch.stop(spawns);
    shut(system).await;
    cost
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let system = VolatileSystem::new();
    for name in names() {
        let spawned = system.spawn_with(Spawn::named(name), Counter::default());
        spawned.expect("the name is free");
    }
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| system.lookup::<Message>(name).is_some());
    let cost = watch.stop(lookups);
    shut(system).await;
    cost
}

pub(super) async fn publish(publishes: u32) -> Cost {
    let system = VolatileSystem::new();
    let receipts = Receipts::default();
    let topic = Topic::new();
    for _ in 0..CROWD {
        topic.subscribe_as(start(&system, &receipts), Message::Receipt);
    }
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        assert_eq!(topic.publish(&Receipt).accepted, CROWD);
        if published.is_multiple_of(IN_FLIGHT) || published == publishes {
            receipts.reach(published as usize * CROWD).await;
        }
    }
    let cost = watch.stop(publishes);
    shut(system).await;
    cost
}

/// Gives what keeps the actors alive, once each has handled a message.
pub(super) async fn populate(actors: u32) -> Box<dyn std::any::Any> {
    let system = VolatileSystem::new();
    let receipts = Receipts::default();
    let addresses: Vec<_> = (0..actors).map(|_| start(&system, &receipts)).collect();
    for address in &addresses {
        address.tell(Message::Receipt(Receipt)).await.expect("the actor lives");
    }
    receipts.reach(addresses.len()).await;
    Box::new((system, addresses))
}
