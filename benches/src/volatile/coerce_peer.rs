//! coerce. Its mailboxes have no bounds.

use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::system::ActorSystem;
use coerce::actor::{Actor, LocalActorRef};

use super::CROWD;
use super::receipts::{IN_FLIGHT, Receipts};
use crate::cost::{Cost, Stopwatch};

struct Counter {
    count: u32,
    receipts: Receipts,
}

struct Add(u32);
struct Get;
struct Receipt;

impl Actor for Counter {}

impl Message for Add {
    type Result = ();
}

impl Message for Get {
    type Result = u32;
}

impl Message for Receipt {
    type Result = ();
}

#[async_trait]
impl Handler<Add> for Counter {
    async fn handle(&mut self, Add(amount): Add, _: &mut ActorContext) {
        self.count += amount;
    }
}

#[async_trait]
impl Handler<Get> for Counter {
    async fn handle(&mut self, _: Get, _: &mut ActorContext) -> u32 {
        self.count
    }
}

#[async_trait]
impl Handler<Receipt> for Counter {
    async fn handle(&mut self, _: Receipt, _: &mut ActorContext) {
        self.receipts.add();
    }
}

async fn start(system: &ActorSystem, receipts: &Receipts) -> LocalActorRef<Counter> {
    let counter = Counter { count: 0, receipts: receipts.clone() };
    system.new_anon_actor(counter).await.expect("the actor starts")
}

async fn stop(actors: &[LocalActorRef<Counter>]) {
    for actor in actors {
        actor.stop().await.expect("the actor stops");
    }
}

pub(super) async fn tell(tells: u32) -> Cost {
    let system = ActorSystem::new();
    let actor = start(&system, &Receipts::default()).await;
    let watch = Stopwatch::start();
    for _ in 0..tells {
        actor.notify(Add(1)).expect("the actor lives");
    }
    let handled = actor.send(Get).await.expect("the actor answers");
    let cost = watch.stop(tells);
    assert_eq!(handled, tells);
    stop(&[actor]).await;
    cost
}

pub(super) async fn ask(asks: u32) -> Cost {
    let system = ActorSystem::new();
    let actor = start(&system, &Receipts::default()).await;
    let watch = Stopwatch::start();
    for _ in 0..asks {
        assert_eq!(actor.send(Get).await.expect("the actor answers"), 0);
    }
    let cost = watch.stop(asks);
    stop(&[actor]).await;
    cost
}

pub(super) async fn spawn(spawns: u32) -> Cost {
    let system = ActorSystem::new();
    let receipts = Receipts::default();
    let mut actors = Vec::new();
    let watch = Stopwatch::start();
    for _ in 0..spawns {
        let actor = start(&system, &receipts).await;
        actor.notify(Receipt).expect("the actor lives");
        actors.push(actor);
    }
    receipts.reach(actors.len()).await;
    let cost = watch.stop(spawns);
    stop(&actors).await;
    cost
}

pub(super) async fn publish(publishes: u32) -> Cost {
    let system = ActorSystem::new();
    let receipts = Receipts::default();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        crowd.push(start(&system, &receipts).await);
    }
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        for actor in &crowd {
            actor.notify(Receipt).expect("the actor lives");
        }
        if published.is_multiple_of(IN_FLIGHT) || published == publishes {
            receipts.reach(published as usize * CROWD).await;
        }
    }
    let cost = watch.stop(publishes);
    stop(&crowd).await;
    cost
}

/// Gives what keeps the actors alive, once each has handled a message.
pub(super) async fn populate(actors: u32) -> Box<dyn std::any::Any> {
    let system = ActorSystem::new();
    let receipts = Receipts::default();
    let mut living = Vec::new();
    for _ in 0..actors {
        let actor = start(&system, &receipts).await;
        actor.notify(Receipt).expect("the actor lives");
        living.push(actor);
    }
    receipts.reach(living.len()).await;
    Box::new((system, living))
}
