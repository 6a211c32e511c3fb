//! Turns as text.

use std::fmt::Write;

use super::scene::Came;
use crate::kernel::*;
use crate::*;

pub(super) fn came(came: &Came) -> String {
    match came {
        Came::Turn { record, turn } => self::turn(record, turn),
        Came::Known(verdict) => format!("  {}\n", self::verdict(verdict)),
        Came::Nothing(Admission::Refuse(failure)) => format!("  refused: {failure}\n"),
        Came::Nothing(admission) => format!("  {admission:?}\n"),
    }
}

fn verdict(verdict: &KeyVerdict) -> String {
    match verdict {
        KeyVerdict::Done(outcome) => format!("known: {}", self::outcome(outcome)),
        KeyVerdict::InProgress(seq) => format!("known: in progress since {seq}"),
        KeyVerdict::Reused(failure) => failure.to_string(),
        verdict => format!("{verdict:?}"),
    }
}

fn turn(record: &Record, turn: &Turn) -> String {
    let mut text = String::new();
    let input = record.input.as_ref().map_or("-".to_owned(), |input| {
        format!("{} {:?} of {}", input.label, input.id, input.correlation.as_str())
    });
    writeln!(text, "  #{} {input}", record.head.seq).unwrap();
    for event in &record.events {
        writeln!(text, "    {}", self::event(event)).unwrap();
    }
    for change in &turn.timers {
        match change {
            TimerChange::Set(key, at) => writeln!(text, "    + {key} @{}", at.as_millis()),
            TimerChange::Clear(key, at) => writeln!(text, "    - {key} @{}", at.as_millis()),
        }
        .unwrap();
    }
    if let Some(HandledKey { key, handled, .. }) = &turn.handled {
        let reply = handled.reply.as_ref().map(|bytes| Outcome::decode(bytes).unwrap());
        let reply = reply.map_or("in progress".to_owned(), |reply| outcome(&reply));
        writeln!(text, "    mark {} since {}: {reply}", key.as_str(), handled.seq).unwrap();
    }
    text
}

fn event(event: &Event) -> String {
    match event {
        Event::Began { message } => format!("began {}", body(&message.body)),
        Event::Stepped(Step { ask, answer, .. }) => match answer {
            Some(answer) => format!("step {ask}: {}", outcome(&answer.outcome)),
            None => format!("step {ask}: awaited"),
        },
        Event::Answered { position, answer } => {
            format!("answered {position}: {} @{}", outcome(&answer.outcome), answer.at.as_millis())
        }
        Event::Stalled { reason, attempts } => format!("stalled {attempts} times: {reason}"),
        Event::Finished(ended) => format!("finished: {}", outcome(ended)),
        Event::Buried { reason, attempts } => format!("buried after {attempts}: {reason}"),
        Event::Changed(change) => match change {
            Change::Full(state) => format!("state {:?}", Payload(state.clone())),
            change => format!("{change:?}"),
        },
        Event::Migrated { from, to } => format!("migrated {from} to {to}"),
        Event::Repaired { laws } => format!("repaired {}", laws.join(", ")),
        Event::Sent(outgoing) => sent(outgoing),
        Event::TimerSet { key, timer } => {
            let every = timer.run.as_ref().and_then(|run| run.every_ms);
            let every = every.map_or(String::new(), |every| format!(" every {every}"));
            format!("set {key} @{}{every}", timer.at.as_millis())
        }
        Event::TimerCleared { key } => format!("cleared {key}"),
        Event::EventKept { name, payload } => format!("kept {name} {payload:?}"),
        Event::EventTaken { name } => format!("took {name}"),
        Event::ChildSpawned(child) => format!("child {child}"),
        Event::Started { step, then: Then { method, tag } } => {
            format!("started {} then {method} {tag:?}", self::step(*step))
        }
        Event::Ended { step } => format!("ended {}", self::step(*step)),
        Event::Stopped { step } => format!("stopped {}", self::step(*step)),
    }
}

fn sent(outgoing: &Outgoing) -> String {
    match outgoing {
        Outgoing::Message(Message { id, to, body, cause, .. }) => {
            let correlation = &cause.as_ref().unwrap().correlation;
            format!("sent {id} to {to} of {correlation}: {}", self::body(body))
        }
        Outgoing::Activity(ActivityRequest { id, name, args, reply_to, limits }) => {
            let once = limits.attempts_max.map_or("", |_| " once");
            format!("sent {id}: activity {name} {args:?}{once} for {}", step(reply_to.step))
        }
        Outgoing::DeadLetter(DeadLetter { message, attempts, .. }) => {
            let key = message.key.as_ref().unwrap().key.as_str();
            let (replay, time) = (key.starts_with("replay:"), key.rsplit(':').next().unwrap());
            let Message { id, body, .. } = message;
            assert!(replay);
            format!("dead {id} after {attempts}, replay @{time}: {}", self::body(body))
        }
        Outgoing::Projection(of) => format!("projection of {of}"),
    }
}

fn body(body: &Body) -> String {
    match body {
        Body::Invoke { method, args, reply_to } => {
            let reply_to = reply_to.as_ref().map_or(String::new(), |ReplyTo { actor, step }| {
                format!(" for {actor} {}", self::step(*step))
            });
            format!("{method} {args:?}{reply_to}")
        }
        Body::Event { name, payload } => format!("event {name} {payload:?}"),
        Body::Answer { step, outcome, then } => {
            let then = then.as_ref().map_or(String::new(), |then| format!(" runs {}", then.method));
            format!("answer {}: {}{then}", self::step(*step), self::outcome(outcome))
        }
        Body::Fire { timer, at, run } => {
            let run = run.as_ref().map_or(String::new(), |run| format!(" runs {}", run.method));
            format!("fire {timer} @{}{run}", at.as_millis())
        }
    }
}

fn step(StepId { began, position, incarnation }: StepId) -> String {
    match incarnation {
        Incarnation(0) => format!("{began}.{position}"),
        incarnation => format!("{incarnation}/{began}.{position}"),
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(value) => format!("returned {value:?}"),
        Outcome::Rejected(error) => format!("rejected {error:?}"),
        Outcome::Failed(failure) => format!("failed {failure}"),
    }
}
