//! Loom.

use std::num::NonZeroUsize;

use loom_runtime::volatile::{
    Address, AskError, Context, Failure, Reply, Spawn, Topic, Volatile, VolatileSystem,
};

use super::receipts::{Member, Receipts};
use super::system::System;
use super::{CAPACITY, PATIENCE, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};
use crate::line::Role;

struct Counter {
    count: u32,
    member: Member,
}

#[derive(Clone)]
pub(super) struct Nudge;

pub(super) enum Message {
    Add(u32),
    Get(Reply<u32>),
    Nudge(Nudge),
}

impl Volatile for Counter {
    type Message = Message;

    async fn handle(&mut self, message: Message, _: &mut Context<Message>) -> Result<(), Failure> {
        match message {
            Message::Add(amount) => self.count += amount,
            Message::Get(reply) => reply.send(self.count),
            Message::Nudge(Nudge) => self.member.handle(),
        }
        Ok(())
    }
}

/// Loom's volatile actors.
pub(super) struct Loom(VolatileSystem);

impl System for Loom {
    const NAME: &'static str = "loom";
    const ROLE: Role = Role::Ours;

    type Actor = Address<Message>;
    type Topic = Topic<Nudge>;

    fn new() -> Self {
        Self(VolatileSystem::new())
    }

    async fn start(&self, member: Member) -> Address<Message> {
        let capacity = NonZeroUsize::new(CAPACITY).expect("it is not zero");
        let spawn = Spawn::anonymous().capacity(capacity);
        self.0.spawn_with(spawn, Counter { count: 0, member }).expect("the system is open")
    }

    async fn tell(actor: &Address<Message>) {
        actor.tell(Message::Add(1)).await.expect("the actor lives");
    }

    async fn ask(actor: &Address<Message>) -> u32 {
        loop {
            match actor.ask(Message::Get, PATIENCE).await {
                Err(AskError::Overloaded) => tokio::task::yield_now().await,
                answer => return answer.expect("the actor answers"),
            }
        }
    }

    async fn nudge(actor: &Address<Message>) {
        actor.tell(Message::Nudge(Nudge)).await.expect("the actor lives");
    }

    async fn stop(actor: Address<Message>) {
        actor.stop();
    }

    fn topic(actors: &[Address<Message>]) -> Topic<Nudge> {
        let topic = Topic::new();
        for actor in actors {
            topic.subscribe_as(actor.clone(), Message::Nudge);
        }
        topic
    }

    fn publish(topic: &Topic<Nudge>) {
        assert_eq!(topic.publish(&Nudge).accepted, topic.subscriptions());
    }
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let (system, receipts) = (VolatileSystem::new(), Receipts::default());
    for name in names() {
        let counter = Counter { count: 0, member: receipts.member() };
        system.spawn_with(Spawn::named(name), counter).expect("the name is free");
    }
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| system.lookup::<Message>(name).is_some());
    let cost = watch.stop(lookups);
    assert_eq!(system.shutdown(PATIENCE).await, loom_runtime::volatile::Shutdown::Clean);
    cost
}
