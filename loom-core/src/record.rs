//! Journal records: what one turn did, written once and never changed.
//!
//! A record is stored as one version byte and a `MessagePack` map with named fields
//! (<https://msgpack.org>), so that a reader needs no schema, and a newer version can add fields.

use std::num::NonZeroU64;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    ActorId, Change, CommitId, Epoch, EventName, Head, Kernel, LateFire, Message, MessageId, OneShot,
    Method, Outcome, Outgoing, Payload, RequestKey, Seq, Stamp, TimerName, Timestamp,
};

/// Written first in every record. Readers refuse a greater one.
pub const RECORD_VERSION: u8 = 1;

/// What one turn did.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Record {
    /// Its place in the journal.
    pub head: Head,
    /// The commit that wrote it.
    pub commit: CommitId,
    /// The tenure under which it was written.
    pub epoch: Epoch,
    /// When the turn was taken.
    pub at: Timestamp,
    /// The message that the turn handled. `None` for a later part of an invocation.
    pub input: Option<Receipt>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Hash of the state after the turn, so that a replay can be proved equal.
    pub state_hash: u64,
    /// The actor as of this record, so that a replay may begin here.
    pub snapshot: Option<Box<Kernel>>,
}

/// The mark that a message was handled. Part of the turn that handled it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Receipt {
    /// Which message.
    pub id: MessageId,
    /// What it asked for: a method, an event, or a timer.
    pub label: String,
    /// Its place among what its source partition sent.
    pub stamp: Option<Stamp>,
    /// The key its sender gave it.
    pub key: Option<RequestKey>,
    /// The first message of the chain.
    pub correlation: MessageId,
}

/// Something that happened to an actor.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Event {
    /// An invocation began that will take more than one turn.
    Began {
        /// Its input.
        message: Box<Message>,
    },
    /// The open invocation asked for something.
    Stepped(Step),
    /// What the open invocation asked for was answered.
    Answered {
        /// The request, by its place in the invocation.
        position: u32,
        /// How it ended.
        answer: Answer,
    },
    /// The open invocation could not go on, and will be tried again.
    Stalled {
        /// Why.
        reason: String,
        /// Failed attempts since it last made progress.
        attempts: u32,
    },
    /// The handler ended: of the open invocation, or of a message handled in this one turn.
    Finished(Outcome),
    /// The message was given up and went to the dead letters.
    Buried {
        /// Why.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The state changed.
    Changed(Change),
    /// The state was migrated to a newer version of the code.
    Migrated {
        /// Version of the stored state.
        from: u32,
        /// Version of the code.
        to: u32,
    },
    /// Laws were broken by the handler and their repairs mended the state.
    Repaired {
        /// The laws, by name.
        laws: Vec<String>,
    },
    /// Something was put in the outbox.
    Sent(Box<Outgoing>),
    /// A timer was set, replacing any of the same key.
    TimerSet {
        /// Which timer.
        key: TimerKey,
        /// When and what.
        timer: Timer,
    },
    /// A timer fired, was cancelled, or is no longer needed.
    TimerCleared {
        /// Which timer.
        key: TimerKey,
    },
    /// An event arrived that nothing waits for yet.
    EventKept {
        /// What happened.
        name: EventName,
        /// Its details.
        payload: Payload,
    },
    /// The oldest kept event of that name was given to a handler.
    EventTaken {
        /// What happened.
        name: EventName,
    },
    /// The actor created another.
    ChildSpawned(ActorId),
}

/// A request of an invocation, as recorded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Step {
    /// What was asked for.
    pub ask: Ask,
    /// Hash of the details. A replay that asks for something else has diverged.
    pub fingerprint: u64,
    /// The outcome, once there is one. Requests that nothing comes back from have it at once.
    pub answer: Option<Answer>,
}

/// An outcome, and when it was known.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// How the request ended.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
}

/// What an invocation can ask for, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Ask {
    /// Run this effect within the handler.
    Effect(String),
    /// Run this activity outside the turn.
    Activity(String),
    /// Call this method of an actor and wait for the outcome.
    Call(ActorId, Method),
    /// Send to this method of an actor.
    Send(ActorId, Method),
    /// Tell an actor that an event happened.
    Signal(ActorId, EventName),
    /// Wait for the time to pass.
    Sleep,
    /// Wait for an event.
    Wait(EventName),
    /// Set a timer.
    SetTimer(TimerName),
    /// Cancel a timer.
    ClearTimer(TimerName),
    /// Create a child.
    Spawn(ActorId),
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Effect(name) => write!(f, "effect {name}"),
            Self::Activity(name) => write!(f, "activity {name}"),
            Self::Call(to, method) => write!(f, "call {to} {method}"),
            Self::Send(to, method) => write!(f, "send {to} {method}"),
            Self::Signal(to, name) => write!(f, "signal {to} {name}"),
            Self::Sleep => f.write_str("sleep"),
            Self::Wait(name) => write!(f, "wait for {name}"),
            Self::SetTimer(name) => write!(f, "set timer {name}"),
            Self::ClearTimer(name) => write!(f, "clear timer {name}"),
            Self::Spawn(child) => write!(f, "spawn {child}"),
        }
    }
}

/// Which timer of an actor.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum TimerKey {
    /// Set by a handler.
    Named(TimerName),
    /// Ends a sleep, or a wait that has a limit.
    Step(crate::StepId),
    /// Drives on an invocation that waits for nothing, in case its host died or it stalled.
    Drive(Seq),
}

impl std::fmt::Display for TimerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Step(step) => write!(f, "step {}.{}", step.began, step.position),
            Self::Drive(began) => write!(f, "drive {began}"),
        }
    }
}

/// A pending timer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Timer {
    /// When it is due.
    pub at: Timestamp,
    /// What to run. `None` for timers of invocations.
    pub run: Option<TimerRun>,
}

/// What a named timer runs.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TimerRun {
    /// The handler.
    pub method: Method,
    /// Its arguments.
    pub args: Payload,
    /// Milliseconds from one fire to the next. `None` fires once.
    pub every_ms: Option<NonZeroU64>,
    /// What to do about fires that were missed.
    pub late: LateFire,
}

/// How late a fire may be for which [`LateFire::Skip`] still runs its handler.
pub const SKIP_GRACE: Duration = Duration::from_secs(1);

impl Timer {
    /// What one fire, handled `now`, comes to: whether the handler runs, and when the timer is
    /// due next.
    ///
    /// Each missed fire that the policy keeps is a fire, and a turn, of its own.
    #[must_use]
    pub fn fire(&self, now: Timestamp) -> (bool, Option<Timestamp>) {
        // Once due, a timer stays due, whatever the clock is set to.
        let now = now.max(self.at);
        let Some(run) = &self.run else { return (true, None) };
        let Some(every_ms) = run.every_ms else {
            return (run.late.due_once(self.at, now, SKIP_GRACE) == OneShot::Fire, None);
        };
        let fires = run.late.due(self.at, every_ms, now, SKIP_GRACE);
        (fires.count > 0, Some(fires.occurrences().nth(1).unwrap_or(fires.next_due)))
    }
}

/// A stored record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nothing was stored.
    #[error("the record is empty")]
    Empty,
    /// It was written by a newer version of Loom.
    #[error("the record has version {0}, and this program reads up to {RECORD_VERSION}")]
    Newer(u8),
    /// Its bytes are not what was written.
    #[error("the record cannot be decoded: {0}")]
    Corrupt(#[from] rmp_serde::decode::Error),
}

impl Record {
    /// The bytes to store.
    ///
    /// # Panics
    ///
    /// Never: every field of a record has a `MessagePack` form.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        encode(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    ///
    /// Refuses what a newer version wrote, and bytes that are not a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode(bytes)
    }
}

impl Outgoing {
    /// The bytes to store.
    ///
    /// # Panics
    ///
    /// Never: every field has a `MessagePack` form.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        encode(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    ///
    /// Refuses what a newer version wrote, and bytes that are no outgoing message.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode(bytes)
    }
}

/// Encodes the outcome of a keyed request, as it is kept for duplicates.
impl Outcome {
    /// The bytes to store.
    ///
    /// # Panics
    ///
    /// Never: every field has a `MessagePack` form.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        encode(self)
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    ///
    /// Refuses what a newer version wrote, and bytes that are no outcome.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode(bytes)
    }
}

fn encode<T: Serialize>(value: &T) -> Bytes {
    let mut bytes = vec![RECORD_VERSION];
    rmp_serde::encode::write_named(&mut bytes, value)
        .expect("writing to a vector cannot fail, and every field has a `MessagePack` form");
    bytes.into()
}

fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    match bytes.split_first() {
        None => Err(RecordError::Empty),
        Some((&version, _)) if version > RECORD_VERSION => Err(RecordError::Newer(version)),
        Some((_, rest)) => Ok(rmp_serde::from_slice(rest)?),
    }
}
