//! xtra. Its mailboxes are heaps, in which messages of one sender overtake each other.

use futures::FutureExt as _;
use xtra::{Actor, Address, Context, Handler, Mailbox};

use super::CAPACITY;
use super::receipts::Member;
use super::system::System;

pub(super) struct Counter {
    count: u32,
    member: Member,
}

struct Add(u32);
struct Get;
struct Nudge;

impl Actor for Counter {
    type Stop = ();

    async fn stopped(self) {}
}

impl Handler<Add> for Counter {
    type Return = ();

    async fn handle(&mut self, Add(amount): Add, _: &mut Context<Self>) {
        self.count += amount;
    }
}

impl Handler<Get> for Counter {
    type Return = u32;

    async fn handle(&mut self, _: Get, _: &mut Context<Self>) -> u32 {
        self.count
    }
}

impl Handler<Nudge> for Counter {
    type Return = ();

    async fn handle(&mut self, _: Nudge, _: &mut Context<Self>) {
        self.member.handle();
    }
}

/// xtra.
pub(super) struct Xtra;

impl System for Xtra {
    const NAME: &'static str = "xtra";

    type Actor = Address<Counter>;
    type Topic = Vec<Address<Counter>>;

    fn new() -> Self {
        Self
    }

    async fn start(&self, member: Member) -> Address<Counter> {
        xtra::spawn_tokio(Counter { count: 0, member }, Mailbox::bounded(CAPACITY))
    }

    async fn tell(actor: &Address<Counter>) {
        drop(actor.send(Add(1)).detach().await.expect("the actor lives"));
    }

    async fn ask(actor: &Address<Counter>) -> u32 {
        actor.send(Get).await.expect("the actor answers")
    }

    async fn nudge(actor: &Address<Counter>) {
        drop(actor.send(Nudge).detach().await.expect("the actor lives"));
    }

    /// An actor ends with its last address.
    async fn stop(actor: Address<Counter>) {
        drop(actor);
    }

    fn topic(actors: &[Address<Counter>]) -> Vec<Address<Counter>> {
        actors.to_vec()
    }

    fn publish(topic: &Vec<Address<Counter>>) {
        for actor in topic {
            let sent = actor.send(Nudge).detach().now_or_never();
            drop(sent.expect("there is room").expect("the actor lives"));
        }
    }
}
