//! actix, where the sender and its actors share one thread. `do_send` ignores the bounds of the
//! mailbox.

use actix::{Actor, ActorContext as _, Addr, Context, Handler, Message};
use tokio::runtime::Runtime;

use super::receipts::Member;
use super::system::System;
use crate::line::Role;

pub(super) struct Counter {
    count: u32,
    member: Member,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Add(u32);

#[derive(Message)]
#[rtype(result = "u32")]
struct Get;

#[derive(Message)]
#[rtype(result = "()")]
struct Nudge;

#[derive(Message)]
#[rtype(result = "()")]
struct Stop;

impl Actor for Counter {
    type Context = Context<Self>;
}

impl Handler<Add> for Counter {
    type Result = ();

    fn handle(&mut self, Add(amount): Add, _: &mut Context<Self>) {
        self.count += amount;
    }
}

impl Handler<Get> for Counter {
    type Result = u32;

    fn handle(&mut self, _: Get, _: &mut Context<Self>) -> u32 {
        self.count
    }
}

impl Handler<Nudge> for Counter {
    type Result = ();

    fn handle(&mut self, _: Nudge, _: &mut Context<Self>) {
        self.member.handle();
    }
}

impl Handler<Stop> for Counter {
    type Result = ();

    fn handle(&mut self, _: Stop, context: &mut Context<Self>) {
        context.stop();
    }
}

/// actix.
pub(super) struct Actix;

impl System for Actix {
    const NAME: &'static str = "actix (one thread)";
    const ROLE: Role = Role::OneThreadPeer;

    type Actor = Addr<Counter>;
    type Topic = Vec<Addr<Counter>>;

    fn new() -> Self {
        Self
    }

    async fn start(&self, member: Member) -> Addr<Counter> {
        Counter { count: 0, member }.start()
    }

    async fn tell(actor: &Addr<Counter>) {
        actor.do_send(Add(1));
    }

    async fn ask(actor: &Addr<Counter>) -> u32 {
        actor.send(Get).await.expect("the actor answers")
    }

    async fn nudge(actor: &Addr<Counter>) {
        actor.do_send(Nudge);
    }

    async fn stop(actor: Addr<Counter>) {
        actor.do_send(Stop);
    }

    fn topic(actors: &[Addr<Counter>]) -> Vec<Addr<Counter>> {
        actors.to_vec()
    }

    fn publish(topic: &Vec<Addr<Counter>>) {
        for actor in topic {
            actor.do_send(Nudge);
        }
    }

    fn run<T: Send + 'static>(_: &Runtime, work: impl Future<Output = T> + Send + 'static) -> T {
        actix::System::new().block_on(work)
    }
}
