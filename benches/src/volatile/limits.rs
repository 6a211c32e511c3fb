//! What tokio's own parts cost, with nothing of an actor around them.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tokio::sync::{mpsc, oneshot};

use super::receipts::Member;
use super::system::System;
use super::{CAPACITY, from_two_threads, names};
use crate::cost::{Cost, Stopwatch};
use crate::line::Role;

pub(super) enum Message {
    Add(u32),
    Get(oneshot::Sender<u32>),
    Nudge,
}

/// A task at the end of a channel.
pub(super) struct Tokio;

impl System for Tokio {
    const NAME: &'static str = "tokio task, mpsc, oneshot";
    const ROLE: Role = Role::Limit;

    type Actor = mpsc::Sender<Message>;
    type Topic = Vec<mpsc::Sender<Message>>;

    fn new() -> Self {
        Self
    }

    async fn start(&self, member: Member) -> mpsc::Sender<Message> {
        let (sender, mut receiver) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            let mut count = 0;
            while let Some(message) = receiver.recv().await {
                match message {
                    Message::Add(amount) => count += amount,
                    Message::Get(reply) => reply.send(count).expect("somebody waits"),
                    Message::Nudge => member.handle(),
                }
            }
        });
        sender
    }

    async fn tell(actor: &mpsc::Sender<Message>) {
        actor.send(Message::Add(1)).await.expect("the task lives");
    }

    async fn ask(actor: &mpsc::Sender<Message>) -> u32 {
        let (reply, answer) = oneshot::channel();
        actor.send(Message::Get(reply)).await.expect("the task lives");
        answer.await.expect("the task answers")
    }

    async fn nudge(actor: &mpsc::Sender<Message>) {
        actor.send(Message::Nudge).await.expect("the task lives");
    }

    async fn stop(actor: mpsc::Sender<Message>) {
        drop(actor);
    }

    fn topic(actors: &[mpsc::Sender<Message>]) -> Vec<mpsc::Sender<Message>> {
        actors.to_vec()
    }

    fn publish(topic: &Vec<mpsc::Sender<Message>>) {
        for sender in topic {
            sender.try_send(Message::Nudge).expect("there is room");
        }
    }
}

pub(super) fn lookup(lookups: u32) -> Cost {
    let entries = names().into_iter().map(|name| (name, Arc::new(0_u32)));
    let map: RwLock<HashMap<String, Arc<u32>>> = RwLock::new(entries.collect());
    let watch = Stopwatch::start();
    from_two_threads(lookups, |name| {
        let found = map.read().expect("nobody panics").get(name).map(Arc::clone);
        found.is_some()
    });
    watch.stop(lookups)
}
