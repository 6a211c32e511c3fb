//! From what a handler did to the events of a turn.

use bytes::Bytes;

use super::builder::Builder;
use super::{Draft, Op};
use crate::{
    ActorId, Answer, Body, DeadLetter, Delivery, Event, EventName, Failure, FailureCode,
    IdempotencyKey, Kernel, LateFire, Message, Outcome, Outgoing, Payload, RequestKey, StepId,
    Timer, TimerKey, TimerName, TimerRun, Timestamp, fingerprint,
};

/// What a handler did, from where it was begun or resumed to where it stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment<'a> {
    /// The message that began it. `None` when an open invocation was run on.
    pub input: Option<&'a Delivery>,
    /// What the handler asked for, in order, since what is recorded.
    pub ops: Vec<Op>,
    /// Where it stopped.
    pub end: End,
    /// The state it left, after the laws were upheld. `None` when it cannot be seen, because the
    /// handler still runs, and when it is to be as the handler found it.
    pub state: Option<Bytes>,
    /// Laws whose repair mended that state.
    pub repaired: Vec<&'static str>,
    /// The version of the code, if it differs from that of the stored state.
    pub migrated_to: Option<u32>,
}

/// Where a handler stopped.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// Just before an effect. It still runs.
    Flushed,
    /// At a request that has no answer yet.
    Suspended,
    /// At its end.
    Finished(Outcome),
}

/// The events that follow from what a handler did.
///
/// A handler that ends with anything but a value changes nothing: what it asked for since its
/// last committed part is dropped, and the state is what it was when the handler began.
pub fn step(kernel: &Kernel, me: &ActorId, segment: Segment<'_>, now: Timestamp) -> Draft {
    let mut turn = Builder::begin(kernel, me, segment.input, now);
    turn.progress(segment.input);
    let recorded = match (&segment.end, segment.input) {
        (End::Finished(_), _) => false,
        (_, Some(delivery)) => {
            turn.events.push(Event::Began { message: Box::new(delivery.message.clone()) });
            true
        }
        (_, None) => true,
    };
    let failed = matches!(segment.end, End::Finished(Outcome::Rejected(_) | Outcome::Failed(_)));
    if !failed {
        for op in segment.ops {
            turn.ask(op, recorded);
        }
    }
    if failed {
        turn.revert_state();
    } else if let Some(state) = segment.state {
        turn.change_state(&state, segment.migrated_to.unwrap_or(kernel.state_version()));
    }
    if !segment.repaired.is_empty() && !failed {
        let laws = segment.repaired.into_iter().map(str::to_owned).collect();
        turn.events.push(Event::Repaired { laws });
    }
    match segment.end {
        End::Flushed => turn.drive_by(now),
        End::Suspended => turn.clear_drive(),
        End::Finished(outcome) => turn.finish(outcome),
    }
    turn.draft(segment.input)
}

/// The events that record an answer to a request of the open invocation.
pub fn answer(
    kernel: &Kernel,
    me: &ActorId,
    delivery: &Delivery,
    position: u32,
    answer: Answer,
) -> Draft {
    let mut turn = Builder::begin(kernel, me, Some(delivery), answer.at);
    turn.answer(position, answer);
    turn.draft(Some(delivery))
}

/// The events that keep an event for later.
pub fn keep_event(
    kernel: &Kernel,
    me: &ActorId,
    delivery: &Delivery,
    name: &EventName,
    payload: &Payload,
    now: Timestamp,
) -> Draft {
    let mut turn = Builder::begin(kernel, me, Some(delivery), now);
    turn.events.push(Event::EventKept { name: name.clone(), payload: payload.clone() });
    turn.draft(Some(delivery))
}

/// The events that keep the outcome of a detached request, while an invocation is open, for its
/// handler to be run after that: it becomes the work of a timer that is due.
///
/// # Panics
///
/// Never: three numbers fit in the name of a timer.
pub fn postpone(kernel: &Kernel, me: &ActorId, delivery: &Delivery, now: Timestamp) -> Draft {
    let mut turn = Builder::begin(kernel, me, Some(delivery), now);
    turn.progress(Some(delivery));
    if let Body::Answer { step, outcome, .. } = &delivery.message.body
        && let Some(then) = kernel.started(*step)
    {
        let StepId { incarnation, began, position } = step;
        let name = TimerName::parse(&format!("outcome-{incarnation}-{began}-{position}"))
            .expect("three numbers fit in the name of a timer");
        let (method, args) = (then.method.clone(), then.args(outcome));
        let run = Some(TimerRun { method, args, every_ms: None, late: LateFire::Once });
        let timer = Timer { at: now, run };
        turn.events.push(Event::TimerSet { key: TimerKey::Named(name), timer });
    }
    turn.draft(Some(delivery))
}

/// The events of a timer that is too late to run its handler.
pub fn skip_fire(kernel: &Kernel, me: &ActorId, delivery: &Delivery, now: Timestamp) -> Draft {
    let mut turn = Builder::begin(kernel, me, Some(delivery), now);
    turn.progress(Some(delivery));
    turn.draft(Some(delivery))
}

/// The events that give a message up: it goes to the dead letters, and whoever waits is told.
///
/// Without a `delivery` it is the open invocation's message, and the invocation ends. A
/// `delivery` that comes while one is open leaves it open.
pub fn bury(
    kernel: &Kernel,
    me: &ActorId,
    delivery: Option<&Delivery>,
    reason: &str,
    attempts: u32,
    now: Timestamp,
) -> Draft {
    let open = kernel.invocation();
    let Some(message) = delivery.map(|delivery| &delivery.message).or(open.map(|o| &o.message))
    else {
        return Draft::new(None, Vec::new());
    };
    let mut turn = match delivery {
        Some(delivery) => Builder::beside(kernel, me, delivery, now),
        None => Builder::begin(kernel, me, None, now),
    };
    turn.progress(delivery);
    let detail = format!("{} after {attempts} attempts: {reason}", message.id);
    let outcome = Outcome::Failed(Failure::new(FailureCode::Dead, detail));
    let (message, reason) = (dead_letter_message(kernel, message, now), reason.to_owned());
    let letter = DeadLetter { message, reason: reason.clone(), attempts, at: now };
    turn.events.push(Event::Buried { reason, attempts });
    turn.events.push(Event::Sent(Box::new(Outgoing::DeadLetter(letter))));
    if let (Some(delivery), Some(_)) = (delivery, open) {
        turn.reply(&outcome);
        if let Body::Answer { step, .. } = &delivery.message.body
            && kernel.awaits(*step)
        {
            turn.answer(step.position, Answer { outcome, at: now });
        }
    } else {
        turn.revert_state();
        turn.finish(outcome);
    }
    turn.draft(delivery)
}

/// A message as it is to be tried again.
fn dead_letter_message(kernel: &Kernel, message: &Message, now: Timestamp) -> Message {
    let mut message = message.clone();
    message.key = Some(replay_key(&message, now));
    kernel.say_what_it_runs(&mut message);
    message
}

impl Kernel {
    /// Has a fire, or the outcome of a detached request, say what it runs: the timer and the
    /// request may be gone before the handler ends.
    pub fn say_what_it_runs(&self, message: &mut Message) {
        match &mut message.body {
            Body::Fire { timer, run: run @ None, .. } => {
                *run = self.timer(timer).and_then(|timer| timer.run.clone());
            }
            Body::Answer { step, then: then @ None, .. } => {
                *then = self.started(*step).cloned().map(Box::new);
            }
            _ => {}
        }
    }
}

/// The key under which a dead letter is replayed: its own key, if it had one, is spent.
fn replay_key(message: &Message, now: Timestamp) -> RequestKey {
    let fingerprint = fingerprint(&[message.id.as_str().as_bytes()]);
    let key = format!("replay:{fingerprint:016x}:{}", now.as_millis());
    let key = IdempotencyKey::parse(&key).expect("a hash and a number fit in a key");
    RequestKey { key, fingerprint }
}

/// The events of an invocation that could not go on. It is tried again at `retry_at`.
pub fn stall(
    kernel: &Kernel,
    me: &ActorId,
    reason: &str,
    attempts: u32,
    retry_at: Timestamp,
    now: Timestamp,
) -> Draft {
    let mut turn = Builder::begin(kernel, me, None, now);
    turn.events.push(Event::Stalled { reason: reason.to_owned(), attempts });
    turn.drive_at(retry_at);
    turn.draft(None)
}
