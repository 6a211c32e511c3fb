//! kameo.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message};

use super::receipts::{IN_FLIGHT, Receipts};
use super::{CAPACITY, CROWD, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

#[derive(Actor)]
struct Counter {
    count: u32,
    receipts: Receipts,
}

struct Add(u32);
struct Get;
struct Receipt;

impl Message<Add> for Counter {
    type Reply = ();

    async fn handle(&mut self, Add(amount): Add, _: &mut Context<Self, ()>) {
        self.count += amount;
    }
}

impl Message<Get> for Counter {
    type Reply = u32;

    async fn handle(&mut self, _: Get, _: &mut Context<Self, u32>) -> u32 {
        self.count
    }
}

impl Message<Receipt> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Receipt, _: &mut Context<Self, ()>) {
        self.receipts.add();
    }
}

fn start(receipts: &Receipts) -> ActorRef<Counter> {
    let counter = Counter { count: 0, receipts: receipts.clone() };
    Counter::spawn_with_mailbox(counter, mailbox::bounded(CAPACITY))
}

async fn stop(actors: &[ActorRef<Counter>]) {
    for actor in actors {
        actor.stop_gracefully().await.expect("the actor lives");
    }
    for actor in actors {
        actor.wait_for_shutdown().await;
    }
}

pub(super) async fn tell(tells: u32) -> Cost {
    let actor = start(&Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..tells {
        actor.tell(Add(1)).await.expect("the actor lives");
    }
    let handled = actor.ask(Get).await.expect("the actor answers");
    let cost = watch.stop(tells);
    assert_eq!(handled, tells);
    stop(&[actor]).await;
    cost
}

pub(super) async fn ask(asks: u32) -> Cost {
    let actor = start(&Receipts::default());
    let watch = Stopwatch::start();
    for _ in 0..asks {
        assert_eq!(actor.ask(Get).await.expect("the actor answers"), 0);
    }
    let cost = watch.stop(asks);
    stop(&[actor]).await;
    cost
}

pub(super) async fn spawn(spawns: u32) -> Cost {
    let receipts = Receipts::default();
    let mut actors = Vec::new();
    let watch = Stopwatch::start();
    for _ in 0..spawns {
        let actor = start(&receipts);
        actor.tell(Receipt).await.expect("the actor lives");
        actors.push(actor);
    }
    receipts.reach(actors.len()).await;
    let cost = watch.stop(spawns);
    stop(&actors).await;
    cost
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let receipts = Receipts::default();
    let register = |name: String| {
        let actor = start(&receipts);
        actor.register(name).expect("the name is free");
        actor
    };
    let actors: Vec<_> = names().into_iter().map(register).collect();
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        ActorRef::<Counter>::lookup(name).expect("the type is right").is_some()
    });
    let cost = watch.stop(lookups);
    stop(&actors).await;
    cost
}

pub(super) async fn publish(publishes: u32) -> Cost {
    let receipts = Receipts::default();
    let crowd: Vec<_> = (0..CROWD).map(|_| start(&receipts)).collect();
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        for actor in &crowd {
            actor.tell(Receipt).try_send().expect("there is room");
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
    let receipts = Receipts::default();
    let actors: Vec<_> = (0..actors).map(|_| start(&receipts)).collect();
    for actor in &actors {
        actor.tell(Receipt).await.expect("the actor lives");
    }
    receipts.reach(actors.len()).await;
    Box::new(actors)
}
