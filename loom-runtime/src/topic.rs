//! Durable topics: an actor per topic that knows its subscribers.
//!
//! Publishing is one message to the topic; its turn sends to every subscriber in the same
//! commit, so that a message reaches each subscriber once or is a dead letter there.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use loom_core::{ActorId, InvalidId, Kind, Method, Outcome, Payload, TopicName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::actor::{HandlerRole, HandlerSpec};
use crate::{Actor, Context};

pub(crate) const PUBLISH: &str = "publish";
pub(crate) const SUBSCRIBE: &str = "subscribe";
pub(crate) const UNSUBSCRIBE: &str = "unsubscribe";

/// The most subscribers of one topic, so that publishing fits in one commit.
pub const SUBSCRIBERS_MAX: usize = 10_000;

/// The actor that is a topic.
pub(crate) fn actor_id(topic: &TopicName) -> Result<String, InvalidId> {
    ActorId::new(&Kind::parse(Topic::KIND)?, topic.as_str()).map(String::from)
}

/// Who is sent the messages of a topic, and which of its handlers runs.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(crate) struct Subscription {
    pub(crate) actor: ActorId,
    pub(crate) method: Method,
}

/// A durable topic.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Topic {
    subscriptions: BTreeSet<Subscription>,
    published: u64,
}

impl Topic {
    fn change(&mut self, method: &str, args: &Payload) -> Result<Payload, serde_json::Error> {
        let subscription: Subscription = args.parse()?;
        let changed = match method {
            SUBSCRIBE if self.subscriptions.len() >= SUBSCRIBERS_MAX => false,
            SUBSCRIBE => self.subscriptions.insert(subscription),
            _ => self.subscriptions.remove(&subscription),
        };
        Payload::of(&changed)
    }

    fn publish(&mut self, cx: &mut Context<'_>, message: &Payload) -> Result<Payload, String> {
        let message: &RawValue = serde_json::from_slice(&message.0).map_err(|e| e.to_string())?;
        for Subscription { actor, method } in &self.subscriptions {
            cx.send(actor.as_str(), method.as_str(), message).map_err(|e| e.to_string())?;
        }
        self.published += 1;
        Payload::of(&self.subscriptions.len()).map_err(|e| e.to_string())
    }
}

impl Actor for Topic {
    const KIND: &'static str = "topic";

    fn handlers() -> &'static [HandlerSpec] {
        const EXCLUSIVE: HandlerRole = HandlerRole::Exclusive;
        &[
            HandlerSpec { name: PUBLISH, role: EXCLUSIVE },
            HandlerSpec { name: SUBSCRIBE, role: EXCLUSIVE },
            HandlerSpec { name: UNSUBSCRIBE, role: EXCLUSIVE },
            HandlerSpec { name: "subscribers", role: HandlerRole::Query },
        ]
    }

    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let ended = match method {
                PUBLISH => self.publish(cx, args),
                _ => self.change(method, args).map_err(|error| error.to_string()),
            };
            ended.map_or_else(
                |error| crate::dispatch::bad_arguments(method, error),
                Outcome::Returned,
            )
        })
    }

    fn query(&self, _method: &str, _args: &Payload) -> Outcome {
        crate::dispatch::returned(&self.subscriptions)
    }
}
