//! ractor. Its mailboxes have no bounds.

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, OutputPort, RpcReplyPort, registry};

use super::receipts::{Member, Receipts};
use super::system::System;
use super::{PATIENCE, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

struct Counter;

pub(super) enum Message {
    Add(u32),
    Get(RpcReplyPort<u32>),
    Nudge,
}

impl Actor for Counter {
    type Msg = Message;
    type State = (u32, Member);
    type Arguments = Member;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        member: Member,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok((0, member))
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        (count, member): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(amount) => *count += amount,
            Message::Get(reply) => reply.send(*count)?,
            Message::Nudge => member.handle(),
        }
        Ok(())
    }
}

async fn start(name: Option<String>, member: Member) -> ActorRef<Message> {
    Actor::spawn(name, Counter, member).await.expect("the actor starts").0
}

/// ractor.
pub(super) struct Ractor;

impl System for Ractor {
    const NAME: &'static str = "ractor";

    /// The port forgets what was not taken up after ten messages.
    const IN_FLIGHT: u32 = 8;

    type Actor = ActorRef<Message>;
    type Topic = OutputPort<()>;

    fn new() -> Self {
        Self
    }

    async fn start(&self, member: Member) -> ActorRef<Message> {
        start(None, member).await
    }

    async fn tell(actor: &ActorRef<Message>) {
        actor.send_message(Message::Add(1)).expect("the actor lives");
    }

    async fn ask(actor: &ActorRef<Message>) -> u32 {
        match actor.call(Message::Get, Some(PATIENCE)).await.expect("the actor lives") {
            CallResult::Success(count) => count,
            CallResult::Timeout | CallResult::SenderError => panic!("no answer"),
        }
    }

    async fn nudge(actor: &ActorRef<Message>) {
        actor.send_message(Message::Nudge).expect("the actor lives");
    }

    async fn stop(actor: ActorRef<Message>) {
        actor.stop(None);
    }

    fn topic(actors: &[ActorRef<Message>]) -> OutputPort<()> {
        let port = OutputPort::default();
        for actor in actors {
            port.subscribe(actor.clone(), |()| Some(Message::Nudge));
        }
        port
    }

    fn publish(topic: &OutputPort<()>) {
        topic.send(());
    }
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let receipts = Receipts::default();
    let mut actors = Vec::new();
    for name in names() {
        actors.push(start(Some(name), receipts.member()).await);
    }
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        registry::where_is(name).map(ActorRef::<Message>::from).is_some()
    });
    let cost = watch.stop(lookups);
    for actor in actors {
        actor.stop_and_wait(None, Some(PATIENCE)).await.expect("the actor stops");
    }
    cost
}
