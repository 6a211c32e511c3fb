//! Journal records as people read them: JSON for programs, a few lines for terminals.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::num::NonZeroU64;

use loom_core::{
    ActorId, Ask, Body, Change, Event, Failure, Message, Outcome, Outgoing, Payload, Record,
    StepId, Timer,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// A record.
#[derive(Serialize)]
pub(crate) struct RecordView<'a> {
    seq: u64,
    incarnation: u64,
    at: String,
    epoch: u64,
    commit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Input<'a>>,
    events: Vec<EventView<'a>>,
    state_hash: String,
    snapshot: bool,
}

/// The message that a record handled.
#[derive(Serialize)]
struct Input<'a> {
    id: &'a str,
    label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    correlation: &'a str,
}

/// An event of a record.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventView<'a> {
    Began(MessageView<'a>),
    Stepped {
        ask: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        answer: Option<OutcomeView<'a>>,
    },
    Answered {
        position: u32,
        answer: OutcomeView<'a>,
    },
    Stalled {
        reason: &'a str,
        attempts: u32,
    },
    Finished(OutcomeView<'a>),
    Buried {
        reason: &'a str,
        attempts: u32,
    },
    Changed(ChangeView),
    Migrated {
        from: u32,
        to: u32,
    },
    Repaired {
        laws: &'a [String],
    },
    Sent(MessageView<'a>),
    ActivityRequested {
        id: &'a str,
        name: &'a str,
        args: Box<RawValue>,
    },
    DeadLetterSent {
        message: &'a str,
        reason: &'a str,
        attempts: u32,
    },
    ProjectionSent {
        actor: &'a ActorId,
    },
    TimerSet {
        timer: String,
        at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        every_ms: Option<u64>,
    },
    TimerCleared {
        timer: String,
    },
    EventKept {
        name: &'a str,
        payload: Box<RawValue>,
    },
    EventTaken {
        name: &'a str,
    },
    ChildSpawned {
        child: &'a ActorId,
    },
    Started {
        request: String,
        then: &'a str,
        tag: Box<RawValue>,
    },
    Ended {
        request: String,
    },
    Stopped {
        request: String,
    },
    Other,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeView<'a> {
    Returned(Box<RawValue>),
    Rejected(Box<RawValue>),
    Failed(&'a Failure),
}

#[derive(Serialize)]
struct MessageView<'a> {
    id: &'a str,
    to: &'a ActorId,
    #[serde(flatten)]
    says: Says<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Says<'a> {
    Invoke { method: &'a str, args: Box<RawValue> },
    Event { signal: &'a str, payload: Box<RawValue> },
    Answer { answers: String, outcome: OutcomeView<'a> },
    Fire { timer: String },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ChangeView {
    Nothing,
    State(Box<RawValue>),
    Patch { at: u64, removed: u64, inserted: String },
}

impl<'a> From<&'a Record> for RecordView<'a> {
    fn from(record: &'a Record) -> Self {
        let input = record.input.as_ref().map(|input| Input {
            id: input.id.as_str(),
            label: &input.label,
            key: input.key.as_ref().map(|key| key.key.as_str()),
            correlation: input.correlation.as_str(),
        });
        Self {
            seq: record.head.seq.0,
            incarnation: record.head.incarnation.0,
            at: record.at.to_string(),
            epoch: record.epoch.0,
            commit: record.commit.to_string(),
            input,
            events: record.events.iter().map(EventView::of).collect(),
            state_hash: format!("{:016x}", record.state_hash),
            snapshot: record.snapshot.is_some(),
        }
    }
}

impl<'a> EventView<'a> {
    fn of(event: &'a Event) -> Self {
        match event {
            Event::Began { message } => Self::Began(message_view(message)),
            Event::Stepped(step) => Self::Stepped {
                ask: ask(&step.ask),
                answer: step.answer.as_ref().map(|answer| outcome(&answer.outcome)),
            },
            Event::Answered { position, answer } => {
                Self::Answered { position: *position, answer: outcome(&answer.outcome) }
            }
            Event::Stalled { reason, attempts } => Self::Stalled { reason, attempts: *attempts },
            Event::Finished(ended) => Self::Finished(outcome(ended)),
            Event::Buried { reason, attempts } => Self::Buried { reason, attempts: *attempts },
            Event::Changed(change) => Self::Changed(change_view(change)),
            Event::Migrated { from, to } => Self::Migrated { from: *from, to: *to },
            Event::Repaired { laws } => Self::Repaired { laws },
            Event::Sent(outgoing) => Self::sent(outgoing),
            Event::TimerSet { key, timer } => Self::timer_set(key.to_string(), timer),
            Event::TimerCleared { key } => Self::TimerCleared { timer: key.to_string() },
            Event::EventKept { name, payload } => {
                Self::EventKept { name: name.as_str(), payload: json(payload) }
            }
            Event::EventTaken { name } => Self::EventTaken { name: name.as_str() },
            Event::ChildSpawned(child) => Self::ChildSpawned { child },
            Event::Started { step, then } => Self::Started {
                request: place(*step),
                then: then.method.as_str(),
                tag: json(&then.tag),
            },
            Event::Ended { step } => Self::Ended { request: place(*step) },
            Event::Stopped { step } => Self::Stopped { request: place(*step) },
            _ => Self::Other,
        }
    }

    fn sent(outgoing: &'a Outgoing) -> Self {
        match outgoing {
            Outgoing::Message(message) => Self::Sent(message_view(message)),
            Outgoing::Activity(request) => Self::ActivityRequested {
                id: request.id.as_str(),
                name: request.name.as_str(),
                args: json(&request.args),
            },
            Outgoing::DeadLetter(letter) => Self::DeadLetterSent {
                message: letter.message.id.as_str(),
                reason: &letter.reason,
                attempts: letter.attempts,
            },
            Outgoing::Projection(actor) => Self::ProjectionSent { actor },
        }
    }

    fn timer_set(timer: String, set: &'a Timer) -> Self {
        let run = set.run.as_ref();
        Self::TimerSet {
            timer,
            at: set.at.to_string(),
            method: run.map(|run| run.method.as_str()),
            every_ms: run.and_then(|run| run.every_ms).map(NonZeroU64::get),
        }
    }
}

fn message_view(message: &Message) -> MessageView<'_> {
    let says = match &message.body {
        Body::Invoke { method, args, .. } => {
            Says::Invoke { method: method.as_str(), args: json(args) }
        }
        Body::Event { name, payload } => {
            Says::Event { signal: name.as_str(), payload: json(payload) }
        }
        Body::Answer { step, outcome: ended, .. } => {
            Says::Answer { answers: place(*step), outcome: outcome(ended) }
        }
        Body::Fire { timer, .. } => Says::Fire { timer: timer.to_string() },
    };
    MessageView { id: message.id.as_str(), to: &message.to, says }
}

fn place(StepId { began, position, .. }: StepId) -> String {
    format!("{began}.{position}")
}

fn outcome(outcome: &Outcome) -> OutcomeView<'_> {
    match outcome {
        Outcome::Returned(value) => OutcomeView::Returned(json(value)),
        Outcome::Rejected(error) => OutcomeView::Rejected(json(error)),
        Outcome::Failed(failure) => OutcomeView::Failed(failure),
    }
}

fn change_view(change: &Change) -> ChangeView {
    match change {
        Change::Same => ChangeView::Nothing,
        Change::Full(state) => ChangeView::State(json(&Payload(state.clone()))),
        Change::Splice { at, removed, inserted } => ChangeView::Patch {
            at: *at,
            removed: *removed,
            inserted: String::from_utf8_lossy(inserted).into_owned(),
        },
    }
}

fn ask(ask: &Ask) -> String {
    ask.to_string()
}

/// A payload as the JSON that it is; what is none, as the text that it is.
pub(crate) fn json(payload: &Payload) -> Box<RawValue> {
    payload.parse().unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&payload.0);
        to_raw_value(&text).unwrap_or_default()
    })
}

/// For terminals: a line for the record, and one for each event.
impl Display for RecordView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, at, input, events, snapshot, .. } = self;
        write!(f, "{seq:>6}  {at}")?;
        if let Some(Input { label, id, key, .. }) = input {
            write!(f, "  {label}  (message {id}")?;
            key.map_or(Ok(()), |key| write!(f, ", key {key}"))?;
            f.write_str(")")?;
        }
        if *snapshot {
            f.write_str("  [snapshot]")?;
        }
        for event in events {
            // Values are printed as they were written, also numbers that no number can hold.
            let fields = serde_json::to_string(event).map_err(|_| fmt::Error)?;
            let fields: BTreeMap<String, Box<RawValue>> =
                serde_json::from_str(&fields).map_err(|_| fmt::Error)?;
            let name = fields.get("event").map_or("", |name| name.get().trim_matches('"'));
            write!(f, "\n        {}", name.replace('_', " "))?;
            for (field, value) in fields.iter().filter(|(field, _)| *field != "event") {
                write!(f, "  {field}={value}")?;
            }
        }
        Ok(())
    }
}
