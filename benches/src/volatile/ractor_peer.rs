//! ractor. Its mailboxes have no bounds.

use ractor::rpc::CallResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, OutputPort, RpcReplyPort, registry};

use super::receipts::{IN_FLIGHT, Receipts};
use super::{CROWD, PATIENCE, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};

struct Counter;

enum Message {
    Add(u32),
    Get(RpcReplyPort<u32>),
    Receipt,
}

impl Actor for Counter {
    type Msg = Message;
    type State = (u32, Receipts);
    type Arguments = Receipts;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        receipts: Receipts,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok((0, receipts))
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        (count, receipts): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add(amount) => *count += amount,
            Message::Get(reply) => reply.send(*count)?,
            Message::Receipt => receipts.add(),
        }
        Ok(())
    }
}

async fn start(name: Option<String>, receipts: &Receipts) -> ActorRef<Message> {
    let started = Actor::spawn(name, Counter, receipts.clone()).await;
    started.expect("the actor starts").0
}

async fn get(actor: &ActorRef<Message>) -> u32 {
    match actor.call(Message::Get, Some(PATIENCE)).await.expect("the actor lives") {
        CallResult::Success(count) => count,
        CallResult::Timeout | CallResult::SenderError => panic!("no answer"),
    }
}

async fn stop(actors: &[ActorRef<Message>]) {
    for actor in actors {
        actor.stop_and_wait(None, Some(PATIENCE)).await.expect("the actor stops");
    }
}

pub(super) async fn tell(tells: u32) -> Cost {
    let actor = start(None, &Receipts::default()).await;
    let watch = Stopwatch::start();
    for _ in 0..tells {
        actor.send_message(Message::Add(1)).expect("the actor lives");
    }
    let handled = get(&actor).await;
    let cost = watch.stop(tells);
    assert_eq!(handled, tells);
    stop(&[actor]).await;
    cost
}

pub(super) async fn ask(asks: u32) -> Cost {
    let actor = start(None, &Receipts::default()).await;
    let watch = Stopwatch::start();
    for _ in 0..asks {
        assert_eq!(get(&actor).await, 0);
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
        let actor = start(None, &receipts).await;
        actor.send_message(Message::Receipt).expect("the actor lives");
        actors.push(actor);
    }
    receipts.reach(actors.len()).await;
    let cost = watch.stop(spawns);
    stop(&actors).await;
    cost
}

pub(super) async fn lookup(lookups: u32) -> Cost {
    let receipts = Receipts::default();
    let mut actors = Vec::new();
    for name in names() {
        actors.push(start(Some(name), &receipts).await);
    }
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        registry::where_is(name).map(ActorRef::<Message>::from).is_some()
    });
    let cost = watch.stop(lookups);
    stop(&actors).await;
    cost
}

pub(super) async fn publish(publishes: u32) -> Cost {
    let receipts = Receipts::default();
    let port = OutputPort::default();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let actor = start(None, &receipts).await;
        port.subscribe(actor.clone(), |()| Some(Message::Receipt));
        crowd.push(actor);
    }
    let watch = Stopwatch::start();
    for published in 1..=publishes {
        port.send(());
        // The port forgets what was not taken up after ten messages.
        if published.is_multiple_of(PORT_MESSAGES) || published == publishes {
            receipts.reach(published as usize * CROWD).await;
        }
    }
    let cost = watch.stop(publishes);
    stop(&crowd).await;
    cost
}

const PORT_MESSAGES: u32 = if IN_FLIGHT < 8 { IN_FLIGHT } else { 8 };

/// Gives what keeps the actors alive, once each has handled a message.
pub(super) async fn populate(actors: u32) -> Box<dyn std::any::Any> {
    let receipts = Receipts::default();
    let mut living = Vec::new();
    for _ in 0..actors {
        let actor = start(None, &receipts).await;
        actor.send_message(Message::Receipt).expect("the actor lives");
        living.push(actor);
    }
    receipts.reach(living.len()).await;
    Box::new(living)
}
