//! kameo.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn as _};
use kameo::mailbox;
use kameo::message::{Context, Message};

use super::receipts::{Member, Receipts};
use super::system::System;
use super::{CAPACITY, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

#[derive(Actor)]
pub(super) struct Counter {
    count: u32,
    member: Member,
}

struct Add(u32);
struct Get;
struct Nudge;

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

impl Message<Nudge> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Nudge, _: &mut Context<Self, ()>) {
        self.member.handle();
    }
}

fn start(member: Member) -> ActorRef<Counter> {
    Counter::spawn_with_mailbox(Counter { count: 0, member }, mailbox::bounded(CAPACITY))
}

/// kameo.
pub(super) struct Kameo;

impl System for Kameo {
    const NAME: &'static str = "kameo";

    type Actor = ActorRef<Counter>;
    type Topic = Vec<ActorRef<Counter>>;

    fn new() -> Self {
        Self
    }

    async fn start(&self, member: Member) -> ActorRef<Counter> {
        start(member)
    }

    async fn tell(actor: &ActorRef<Counter>) {
        actor.tell(Add(1)).await.expect("the actor lives");
    }

    async fn ask(actor: &ActorRef<Counter>) -> u32 {
        actor.ask(Get).await.expect("the actor answers")
    }

    async fn nudge(actor: &ActorRef<Counter>) {
        actor.tell(Nudge).await.expect("the actor lives");
    }

    async fn stop(actor: ActorRef<Counter>) {
        actor.stop_gracefully().await.expect("the actor lives");
    }

    fn topic(actors: &[ActorRef<Counter>]) -> Vec<ActorRef<Counter>> {
        actors.to_vec()
    }

    fn publish(topic: &Vec<ActorRef<Counter>>) {
        for actor in topic {
            actor.tell(Nudge).try_send().expect("there is room");
        }
    }
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let receipts = Receipts::default();
    let register = |name: String| {
        let actor = start(receipts.member());
        actor.register(name).expect("the name is free");
        actor
    };
    let actors: Vec<_> = names().into_iter().map(register).collect();
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        ActorRef::<Counter>::lookup(name).expect("the type is right").is_some()
    });
    let cost = watch.stop(lookups);
    for actor in &actors {
        actor.stop_gracefully().await.expect("the actor lives");
    }
    for actor in actors {
        actor.wait_for_shutdown().await;
    }
    cost
}
