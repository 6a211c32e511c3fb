//! Journal records: what one turn did, written once and never changed.

mod codec;
mod step;
mod timer;

use serde::{Deserialize, Serialize};

use crate::{
    ActorId, Change, CommitId, Epoch, EventName, Head, Kernel, Lane, Message, MessageId, Outcome,
    Outgoing, Payload, RequestKey, Stamp, StepId, Then, Timestamp,
};

pub use codec::{RECORD_VERSION, RecordError};
pub use step::{Answer, Ask, Step};
pub use timer::{SKIP_GRACE, Timer, TimerKey, TimerRun};

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
    /// Among which of them it keeps its place.
    pub lane: Lane,
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
    /// A detached request was made.
    Started {
        /// The request.
        step: StepId,
        /// What its outcome is to run.
        then: Then,
    },
    /// A detached request has its outcome.
    Ended {
        /// The request.
        step: StepId,
    },
    /// The outcome of a detached request is not wanted any more.
    Stopped {
        /// The request.
        step: StepId,
    },
}

#[cfg(test)]
mod tests;
