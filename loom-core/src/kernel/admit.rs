//! What to do with a message.

use crate::{
    Answer, Ask, Body, Delivery, Failure, FailureCode, Handled, Kernel, Lane, Outcome, Payload,
    RequestKey, Seq, Stamp, Step, StepId, TimerKey, Timestamp,
};

use super::EVENTS_KEPT_MAX;

/// What to do with a message.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Admission {
    /// Run its handler.
    Run,
    /// It answers a request of the open invocation: record the answer, and run the handler on
    /// unless it still waits for another.
    Answer {
        /// The request.
        position: u32,
        /// The answer.
        answer: Answer,
    },
    /// Run the open invocation's handler on.
    Drive,
    /// Keep the event until a handler waits for it.
    Keep,
    /// The timer is too late to run its handler: record only that it fired.
    SkipFire,
    /// It is the outcome of a detached request, and an invocation is open: record it, and run its
    /// handler after that.
    Postpone,
    /// The message was handled before. Acknowledge it.
    Duplicate,
    /// The message no longer means anything. Acknowledge it.
    Stale,
    /// Hold the message until the open invocation ends.
    Busy,
    /// It cannot be taken.
    Refuse(Failure),
}

/// What to do with a keyed request.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyVerdict {
    /// It was never seen.
    New,
    /// It was handled, with this outcome.
    Done(Outcome),
    /// It is being handled by the invocation that began there.
    InProgress(Seq),
    /// The key belongs to another request.
    Reused(Failure),
    /// The stored outcome cannot be read.
    Corrupt,
}

/// Judges a keyed request by what the store knows of its key.
pub fn judge_key(key: &RequestKey, seen: Option<&Handled>) -> KeyVerdict {
    let Some(seen) = seen else { return KeyVerdict::New };
    if seen.fingerprint != key.fingerprint {
        let detail = format!("{:?} was first used for another request", key.key);
        return KeyVerdict::Reused(Failure::new(FailureCode::KeyReused, detail));
    }
    match &seen.reply {
        None => KeyVerdict::InProgress(seen.seq),
        Some(bytes) => Outcome::decode(bytes).map_or(KeyVerdict::Corrupt, KeyVerdict::Done),
    }
}

impl Kernel {
    /// Decides what to do with a message. Keyed requests are judged by [`judge_key`] first.
    pub fn admit(&self, delivery: &Delivery, now: Timestamp) -> Admission {
        let message = &delivery.message;
        if delivery.stamp.is_some_and(|stamp| self.has_handled(stamp, message.lane())) {
            return Admission::Duplicate;
        }
        match &message.body {
            Body::Invoke { .. } => self.admit_request(),
            Body::Event { name, payload } => self.admit_event(name, payload, now),
            // Of a dead letter that is tried again: its request, or its timer, went on without it.
            Body::Answer { then: Some(_), .. } if message.key.is_some() => self.admit_request(),
            Body::Answer { step, .. } if self.started.contains_key(step) => {
                if self.invocation.is_some() { Admission::Postpone } else { Admission::Run }
            }
            Body::Answer { step, outcome, .. } => self.admit_answer(*step, outcome.clone(), now),
            Body::Fire { timer: TimerKey::Named(_), run: Some(_), .. } if message.key.is_some() => {
                self.admit_request()
            }
            Body::Fire { timer, at, .. } => self.admit_fire(timer, *at, now),
        }
    }

    fn admit_request(&self) -> Admission {
        if self.invocation.is_some() { Admission::Busy } else { Admission::Run }
    }

    fn has_handled(&self, stamp: Stamp, lane: Lane) -> bool {
        let mark = self.marks.get(&(stamp.partition, lane));
        mark.is_some_and(|mark| *mark >= (stamp.epoch, stamp.n))
    }

    fn admit_event(&self, name: &crate::EventName, payload: &Payload, now: Timestamp) -> Admission {
        let waits = |step: &Step| matches!(&step.ask, Ask::Wait(awaited) if awaited == name);
        if let Some(position) = self.first_awaited(waits) {
            let outcome = Outcome::Returned(payload.clone());
            return Admission::Answer { position, answer: Answer { outcome, at: now } };
        }
        if self.kept.len() >= EVENTS_KEPT_MAX {
            let detail = format!("{EVENTS_KEPT_MAX} events are kept already, none waited for");
            return Admission::Refuse(Failure::new(FailureCode::EventsFull, detail));
        }
        Admission::Keep
    }

    fn admit_answer(&self, step: StepId, outcome: Outcome, now: Timestamp) -> Admission {
        if !self.awaits(step) {
            return Admission::Stale;
        }
        Admission::Answer { position: step.position, answer: Answer { outcome, at: now } }
    }

    fn admit_fire(&self, key: &TimerKey, at: Timestamp, now: Timestamp) -> Admission {
        let Some(timer) = self.timers.get(key).filter(|timer| timer.at == at) else {
            return Admission::Stale;
        };
        match key {
            TimerKey::Named(_) if self.invocation.is_some() => Admission::Busy,
            TimerKey::Named(_) => match timer.fire(now) {
                (true, _) => Admission::Run,
                (false, _) => Admission::SkipFire,
            },
            TimerKey::Step(step) => self.admit_answer(*step, self.timed_out(*step), now),
            // It is set for the open invocation alone, and cleared with it.
            TimerKey::Drive(_) => Admission::Drive,
        }
    }

    /// The end of a sleep is its value; any other request is out of time.
    fn timed_out(&self, step: StepId) -> Outcome {
        let asked = self.invocation.as_ref().and_then(|open| {
            usize::try_from(step.position).ok().and_then(|position| open.steps.get(position))
        });
        match asked.map(|step| &step.ask) {
            Some(Ask::Sleep) | None => Outcome::Returned(Payload::NULL),
            Some(ask) => {
                let detail = format!("no answer to {ask} in time");
                Outcome::Failed(Failure::new(FailureCode::TimedOut, detail))
            }
        }
    }

    pub(super) fn awaits(&self, step: StepId) -> bool {
        self.invocation.as_ref().is_some_and(|open| open.awaited().any(|awaited| awaited == step))
    }

    fn first_awaited(&self, matches: impl Fn(&Step) -> bool) -> Option<u32> {
        let open = self.invocation.as_ref()?;
        (0..)
            .zip(&open.steps)
            .find(|(_, step)| step.answer.is_none() && matches(step))
            .map(|(position, _)| position)
    }
}
