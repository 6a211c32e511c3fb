//! coerce. Its mailboxes have no bounds.

use async_trait::async_trait;
use coerce::actor::context::ActorContext;
use coerce::actor::message::{Handler, Message};
use coerce::actor::system::ActorSystem;
use coerce::actor::{Actor, LocalActorRef};

use super::receipts::Member;
use super::system::System;

pub(super) struct Counter {
    count: u32,
    member: Member,
}

struct Add(u32);
struct Get;
struct Nudge;

impl Actor for Counter {}

impl Message for Add {
    type Result = ();
}

impl Message for Get {
    type Result = u32;
}

impl Message for Nudge {
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
impl Handler<Nudge> for Counter {
    async fn handle(&mut self, _: Nudge, _: &mut ActorContext) {
        self.member.handle();
    }
}

/// coerce.
pub(super) struct Coerce(ActorSystem);

impl System for Coerce {
    const NAME: &'static str = "coerce";

    type Actor = LocalActorRef<Counter>;
    type Topic = Vec<LocalActorRef<Counter>>;

    fn new() -> Self {
        Self(ActorSystem::new())
    }

    async fn start(&self, member: Member) -> LocalActorRef<Counter> {
        let counter = Counter { count: 0, member };
        self.0.new_anon_actor(counter).await.expect("the actor starts")
    }

    async fn tell(actor: &LocalActorRef<Counter>) {
        actor.notify(Add(1)).expect("the actor lives");
    }

    async fn ask(actor: &LocalActorRef<Counter>) -> u32 {
        actor.send(Get).await.expect("the actor answers")
    }

    async fn nudge(actor: &LocalActorRef<Counter>) {
        actor.notify(Nudge).expect("the actor lives");
    }

    async fn stop(actor: LocalActorRef<Counter>) {
        actor.notify_stop().expect("the actor lives");
    }

    fn topic(actors: &[LocalActorRef<Counter>]) -> Vec<LocalActorRef<Counter>> {
        actors.to_vec()
    }

    fn publish(topic: &Vec<LocalActorRef<Counter>>) {
        for actor in topic {
            actor.notify(Nudge).expect("the actor lives");
        }
    }
}
