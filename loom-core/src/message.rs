//! What travels: messages between actors, and requests to the world.

mod detached;
mod failure;

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use crate::{
    ActivityName, ActorId, EventName, IdempotencyKey, Lane, MessageId, Method, Seq, Stamp, StepId,
    TimerKey, TimerRun, Timestamp,
};

pub use detached::{ActivityLimits, Then};
pub use failure::{Failure, FailureCode};

/// A JSON value as text: arguments, replies, states.
///
/// Text rather than a tree, because most of it is only passed on.
#[derive(Clone, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Payload(pub Bytes);

impl Payload {
    /// `null`.
    pub const NULL: Self = Self(Bytes::from_static(b"null"));

    /// Writes `value` as JSON.
    ///
    /// # Errors
    ///
    /// Fails for what JSON cannot express, such as a map whose keys are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(|json| Self(json.into()))
    }

    /// Reads the JSON as a `T`.
    ///
    /// # Errors
    ///
    /// Says where the JSON does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// A message to one actor.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Message {
    /// The same in every delivery.
    pub id: MessageId,
    /// The receiver.
    pub to: ActorId,
    /// What it says.
    pub body: Body,
    /// Given by senders outside Loom that may send the request again.
    pub key: Option<RequestKey>,
    /// What led to it.
    pub cause: Option<Cause>,
    /// When it was sent.
    pub sent_at: Timestamp,
}

impl Message {
    /// Among which messages it keeps its place.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self.body {
            Body::Invoke { .. } | Body::Fire { .. } => Lane::Requests,
            Body::Event { .. } | Body::Answer { .. } => Lane::News,
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Body {
    /// Run a handler.
    Invoke {
        /// Which one.
        method: Method,
        /// With what.
        args: Payload,
        /// Which actor waits for the outcome, if one does.
        reply_to: Option<ReplyTo>,
    },
    /// Something happened that a handler may be waiting for.
    Event {
        /// What happened.
        name: EventName,
        /// Its details.
        payload: Payload,
    },
    /// The outcome of what a handler asked for.
    Answer {
        /// The request.
        step: StepId,
        /// How it ended.
        outcome: Outcome,
        /// What it runs, once that is known: a detached request is gone before its handler ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        then: Option<Box<Then>>,
    },
    /// A timer is due.
    Fire {
        /// Which timer.
        timer: TimerKey,
        /// When it was to fire. Tells this setting of the timer from earlier ones.
        at: Timestamp,
        /// What it runs, once that is known: the timer may be gone before its handler ends.
        run: Option<TimerRun>,
    },
}

/// An actor that waits for an outcome.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ReplyTo {
    /// Who waits.
    pub actor: ActorId,
    /// For which of its requests.
    pub step: StepId,
}

/// The record that sent a message, and the message that started it all.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cause {
    /// The sender.
    pub actor: ActorId,
    /// The record of the sender's journal.
    pub seq: Seq,
    /// The first message of the chain, shared by all that follows from it.
    pub correlation: MessageId,
}

/// An idempotency key with what it was first used for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RequestKey {
    /// The sender's key.
    pub key: IdempotencyKey,
    /// Hash of the request. The key with another request is a mistake of the sender.
    pub fingerprint: u64,
}

impl RequestKey {
    /// The key of a request to run `method` with `args`.
    #[must_use]
    pub fn new(key: IdempotencyKey, method: &Method, args: &Payload) -> Self {
        Self { key, fingerprint: fingerprint(&[method.as_str().as_bytes(), &args.0]) }
    }
}

/// Hash of a sequence of parts (XXH3-64), with the parts kept apart.
#[must_use]
pub fn fingerprint(parts: &[&[u8]]) -> u64 {
    let mut hash = XxHash3_64::new();
    for part in parts {
        hash.write_len(part.len());
        std::hash::Hasher::write(&mut hash, part);
    }
    std::hash::Hasher::finish(&hash)
}

trait WriteLen {
    fn write_len(&mut self, len: usize);
}

impl WriteLen for XxHash3_64 {
    // Fixed width and byte order: fingerprints are stored.
    fn write_len(&mut self, len: usize) {
        std::hash::Hasher::write(self, &(len as u64).to_le_bytes());
    }
}

/// A message on its way, with its place among what its source partition sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// What is delivered.
    pub message: Message,
    /// `None` for messages from outside, and for timers.
    pub stamp: Option<Stamp>,
}

/// How a request ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Outcome {
    /// The handler's value.
    Returned(Payload),
    /// The handler's own error, as a value.
    Rejected(Payload),
    /// The request could not be carried out.
    Failed(Failure),
}

/// What a turn sends, once it is committed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Outgoing {
    /// To an actor.
    Message(Message),
    /// To the host: run an activity, and answer with its outcome.
    Activity(ActivityRequest),
    /// To the dead letters.
    DeadLetter(DeadLetter),
    /// To the state store: this actor's state has changed.
    Projection(ActorId),
}

/// A request to run a named effect.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ActivityRequest {
    /// The same in every attempt: what the effect is to use as its idempotency key.
    pub id: MessageId,
    /// Which activity.
    pub name: ActivityName,
    /// With what.
    pub args: Payload,
    /// Who waits for the outcome.
    pub reply_to: ReplyTo,
    /// How far to go for an outcome, where that differs from what the activity says of itself.
    #[serde(default, skip_serializing_if = "ActivityLimits::is_none")]
    pub limits: ActivityLimits,
}

/// A message set aside after its attempts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeadLetter {
    /// As it was, with its id and lineage.
    pub message: Message,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests;
