//! What handlers ask for.

use crate::{
    ActivityLimits, ActivityName, ActorId, Ask, EventName, Method, Outcome, Payload, Then, Timer,
    TimerName, Timestamp, fingerprint,
};

/// What a handler asked for, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Send to a method of an actor.
    Send {
        /// The receiver.
        to: ActorId,
        /// Its handler.
        method: Method,
        /// The arguments.
        args: Payload,
    },
    /// Tell an actor that an event happened.
    Signal {
        /// The receiver.
        to: ActorId,
        /// What happened.
        name: EventName,
        /// Its details.
        payload: Payload,
    },
    /// Create a child with its first message.
    Spawn {
        /// The child.
        child: ActorId,
        /// Its handler.
        method: Method,
        /// The arguments.
        args: Payload,
    },
    /// Set a timer.
    SetTimer {
        /// Which one.
        name: TimerName,
        /// When and what.
        timer: Timer,
    },
    /// Cancel a timer.
    ClearTimer {
        /// Which one.
        name: TimerName,
    },
    /// An effect was run.
    Effect {
        /// Its name.
        name: String,
        /// How it ended.
        outcome: Outcome,
    },
    /// Run an activity outside the turn.
    Activity {
        /// Which one.
        name: ActivityName,
        /// With what.
        args: Payload,
    },
    /// Have something done whose outcome comes as a message of its own.
    Start {
        /// What.
        what: Start,
        /// What its outcome runs.
        then: Then,
    },
    /// Want no outcome any more of what was started under this tag.
    Stop {
        /// The tag.
        tag: Payload,
    },
    /// Call another actor.
    Call {
        /// The receiver.
        to: ActorId,
        /// Its handler.
        method: Method,
        /// The arguments.
        args: Payload,
        /// When to give up.
        until: Option<Timestamp>,
    },
    /// Wait for the time to pass.
    Sleep {
        /// Until when.
        until: Timestamp,
    },
    /// Wait for an event.
    Wait {
        /// Which one.
        name: EventName,
        /// When to give up.
        until: Option<Timestamp>,
    },
    /// Take an event that was kept.
    Take {
        /// Which one.
        name: EventName,
        /// Its details.
        payload: Payload,
    },
}

/// What a detached request asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// Run an activity outside the turn.
    Activity {
        /// Which one.
        name: ActivityName,
        /// With what.
        args: Payload,
        /// How far to go for an outcome.
        limits: ActivityLimits,
    },
    /// Call another actor.
    Call {
        /// The receiver.
        to: ActorId,
        /// Its handler.
        method: Method,
        /// The arguments.
        args: Payload,
    },
}

impl Op {
    /// What was asked for, by name.
    #[must_use]
    pub fn ask(&self) -> Ask {
        match self {
            Self::Send { to, method, .. } => Ask::Send(to.clone(), method.clone()),
            Self::Signal { to, name, .. } => Ask::Signal(to.clone(), name.clone()),
            Self::Spawn { child, .. } => Ask::Spawn(child.clone()),
            Self::SetTimer { name, .. } => Ask::SetTimer(name.clone()),
            Self::ClearTimer { name } => Ask::ClearTimer(name.clone()),
            Self::Effect { name, .. } => Ask::Effect(name.clone()),
            Self::Activity { name, .. } => Ask::Activity(name.to_string()),
            Self::Start { what: Start::Activity { name, .. }, then } => {
                Ask::StartActivity(name.to_string(), then.method.clone())
            }
            Self::Start { what: Start::Call { to, method, .. }, then } => {
                Ask::StartCall(to.clone(), method.clone(), then.method.clone())
            }
            Self::Stop { .. } => Ask::Stop,
            Self::Call { to, method, .. } => Ask::Call(to.clone(), method.clone()),
            Self::Sleep { .. } => Ask::Sleep,
            Self::Wait { name, .. } | Self::Take { name, .. } => Ask::Wait(name.clone()),
        }
    }

    /// Hash of what the handler passed. Times are left out: they follow from when it ran.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::Spawn { method, args, .. } => fingerprint(&[method.as_str().as_bytes(), &args.0]),
            Self::Send { args, .. } | Self::Activity { args, .. } | Self::Call { args, .. } => {
                fingerprint(&[&args.0])
            }
            Self::Start {
                what: Start::Activity { args, .. } | Start::Call { args, .. },
                then: Then { tag, .. },
            } => fingerprint(&[&args.0, &tag.0]),
            Self::Stop { tag } => fingerprint(&[&tag.0]),
            Self::Signal { payload, .. } => fingerprint(&[&payload.0]),
            Self::SetTimer { timer: Timer { run: Some(run), .. }, .. } => {
                fingerprint(&[run.method.as_str().as_bytes(), &run.args.0])
            }
            _ => 0,
        }
    }
}
