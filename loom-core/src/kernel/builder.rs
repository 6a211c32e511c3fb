//! Puts the events of one turn together.

use bytes::Bytes;

use super::{Draft, Op, Start};
use crate::{
    ActivityLimits, ActivityName, ActivityRequest, ActorId, Answer, Body, Cause, Change, Delivery,
    Event, Head, Kernel, Message, MessageId, Outcome, Outgoing, Payload, Receipt, ReplyTo, Seq,
    Step, StepId, Timer, TimerKey, Timestamp,
};

/// A turn being put together.
pub(super) struct Builder<'a> {
    kernel: &'a Kernel,
    me: &'a ActorId,
    head: Head,
    /// Identity of the invocation: where it began, or this turn.
    began: Seq,
    position: u32,
    reply_to: Option<ReplyTo>,
    correlation: MessageId,
    now: Timestamp,
    pub(super) events: Vec<Event>,
}

impl<'a> Builder<'a> {
    pub(super) fn begin(
        kernel: &'a Kernel,
        me: &'a ActorId,
        input: Option<&Delivery>,
        now: Timestamp,
    ) -> Self {
        let head = kernel.head().next();
        let open = kernel.invocation();
        let message = open.map(|open| &open.message).or(input.map(|delivery| &delivery.message));
        let position = open.map_or(0, |open| open.steps.len());
        Self {
            kernel,
            me,
            head,
            began: open.map_or(head.seq, |open| open.began),
            position: u32::try_from(position).unwrap_or(u32::MAX),
            reply_to: message.and_then(reply_to),
            correlation: message.map_or_else(
                || {
                    let (incarnation, began) = (head.incarnation, head.seq);
                    StepId { began, position: 0, incarnation }.name(me)
                },
                correlation,
            ),
            now,
            events: Vec::new(),
        }
    }

    /// The turn of a message that is handled beside the open invocation, if there is one.
    pub(super) fn beside(
        kernel: &'a Kernel,
        me: &'a ActorId,
        input: &Delivery,
        now: Timestamp,
    ) -> Self {
        let head = kernel.head().next();
        Self {
            kernel,
            me,
            head,
            began: head.seq,
            position: 0,
            reply_to: reply_to(&input.message),
            correlation: correlation(&input.message),
            now,
            events: Vec::new(),
        }
    }

    /// Turns one request into events, with its step if the invocation outlives this turn.
    pub(super) fn ask(&mut self, op: Op, recorded: bool) {
        let step = self.step(self.position);
        self.position += 1;
        let (ask, fingerprint) = (op.ask(), op.fingerprint());
        let mut answer = Some(Outcome::Returned(Payload::NULL));
        match op {
            Op::Send { to, method, args } => {
                self.send(step, to, Body::Invoke { method, args, reply_to: None });
            }
            Op::Signal { to, name, payload } => self.send(step, to, Body::Event { name, payload }),
            Op::Spawn { child, method, args } => {
                self.events.push(Event::ChildSpawned(child.clone()));
                self.send(step, child, Body::Invoke { method, args, reply_to: None });
            }
            Op::SetTimer { name, timer } => {
                self.events.push(Event::TimerSet { key: TimerKey::Named(name), timer });
            }
            Op::ClearTimer { name } => self.clear_timer(TimerKey::Named(name)),
            Op::Effect { outcome, .. } => answer = Some(outcome),
            Op::Activity { name, args } => {
                self.run_activity(step, name, args, ActivityLimits::default());
                answer = None;
            }
            Op::Start { what, then } => {
                self.events.push(Event::Started { step, then });
                match what {
                    Start::Activity { name, args, limits } => {
                        self.run_activity(step, name, args, limits);
                    }
                    Start::Call { to, method, args } => {
                        let reply_to = Some(ReplyTo { actor: self.me.clone(), step });
                        self.send(step, to, Body::Invoke { method, args, reply_to });
                    }
                }
            }
            Op::Stop { tag } => self.stop(&tag),
            Op::Call { to, method, args, until } => {
                let reply_to = Some(ReplyTo { actor: self.me.clone(), step });
                self.send(step, to, Body::Invoke { method, args, reply_to });
                self.limit(step, until, recorded);
                answer = None;
            }
            Op::Sleep { until } => {
                self.limit(step, Some(until), recorded);
                answer = None;
            }
            Op::Wait { until, .. } => {
                self.limit(step, until, recorded);
                answer = None;
            }
            Op::Take { name, payload } => {
                self.events.push(Event::EventTaken { name });
                answer = Some(Outcome::Returned(payload));
            }
        }
        if recorded {
            let answer = answer.map(|outcome| Answer { outcome, at: self.now });
            let incarnation = step.incarnation;
            self.events.push(Event::Stepped(Step { incarnation, ask, fingerprint, answer }));
        }
    }

    fn run_activity(
        &mut self,
        step: StepId,
        name: ActivityName,
        args: Payload,
        limits: ActivityLimits,
    ) {
        let id = step.name(self.me);
        let reply_to = ReplyTo { actor: self.me.clone(), step };
        let request = ActivityRequest { id, name, args, reply_to, limits };
        self.events.push(Event::Sent(Box::new(Outgoing::Activity(request))));
    }

    /// Ends every detached request of this tag, of this turn or an earlier one.
    fn stop(&mut self, tag: &Payload) {
        let earlier = self.kernel.started.iter().map(|(step, then)| (*step, then));
        let of_turn = self.events.iter().filter_map(|event| match event {
            Event::Started { step, then } => Some((*step, then)),
            _ => None,
        });
        let tagged = earlier.chain(of_turn).filter(|(_, then)| then.tag == *tag);
        let stopped: Vec<_> = tagged
            .map(|(step, _)| step)
            .filter(|step| !self.events.iter().any(|event| ends(event, *step)))
            .collect();
        self.events.extend(stopped.into_iter().map(|step| Event::Stopped { step }));
    }

    /// The place of what is asked for in this turn.
    fn step(&self, position: u32) -> StepId {
        StepId { incarnation: self.head.incarnation, began: self.began, position }
    }

    fn send(&mut self, step: StepId, to: ActorId, body: Body) {
        let id = step.name(self.me);
        self.send_as(id, to, body);
    }

    fn send_as(&mut self, id: MessageId, to: ActorId, body: Body) {
        let cause = Some(Cause {
            actor: self.me.clone(),
            seq: self.head.seq,
            correlation: self.correlation.clone(),
        });
        let message = Message { id, to, body, key: None, cause, sent_at: self.now };
        self.events.push(Event::Sent(Box::new(Outgoing::Message(message))));
    }

    fn limit(&mut self, step: StepId, until: Option<Timestamp>, recorded: bool) {
        // A request that its handler gave up in the same turn waits for nothing.
        if let Some(at) = until.filter(|_| recorded) {
            let timer = Timer { at, run: None };
            self.events.push(Event::TimerSet { key: TimerKey::Step(step), timer });
        }
    }

    pub(super) fn drive_at(&mut self, at: Timestamp) {
        let key = TimerKey::Drive(self.began);
        self.events.push(Event::TimerSet { key, timer: Timer { at, run: None } });
    }

    /// Has the invocation driven on at this time at the latest. A timer that is due by then does
    /// that, even if it fired: it is there until the invocation waits or ends.
    pub(super) fn drive_by(&mut self, at: Timestamp) {
        let timer = self.kernel.timer(&TimerKey::Drive(self.began));
        if timer.is_none_or(|timer| timer.at > at) {
            self.drive_at(at);
        }
    }

    pub(super) fn clear_drive(&mut self) {
        self.clear_timer(TimerKey::Drive(self.began));
    }

    pub(super) fn clear_timer(&mut self, key: TimerKey) {
        let set_in_turn =
            |event: &Event| matches!(event, Event::TimerSet { key: set, .. } if *set == key);
        if self.kernel.timer(&key).is_some() || self.events.iter().any(set_in_turn) {
            self.events.push(Event::TimerCleared { key });
        }
    }

    /// A named timer that fired is set for its next time, or done. A detached request that has
    /// its outcome is done.
    pub(super) fn progress(&mut self, input: Option<&Delivery>) {
        let (key, at) = match input.map(|delivery| &delivery.message.body) {
            Some(Body::Fire { timer: key @ TimerKey::Named(_), at, .. }) => (key, at),
            Some(Body::Answer { step, .. }) if self.kernel.started.contains_key(step) => {
                return self.events.push(Event::Ended { step: *step });
            }
            _ => return,
        };
        let Some(timer) = self.kernel.timer(key).filter(|timer| timer.at == *at) else {
            return;
        };
        let key = key.clone();
        self.events.push(match timer.fire(self.now) {
            (_, Some(at)) => Event::TimerSet { key, timer: Timer { at, run: timer.run.clone() } },
            (_, None) => Event::TimerCleared { key },
        });
    }

    pub(super) fn change_state(&mut self, state: &Bytes, version: u32) {
        let from = self.kernel.state_version();
        if version != from {
            self.events.push(Event::Migrated { from, to: version });
        }
        match Change::between(self.kernel.state(), state) {
            Change::Same => {}
            change => self.events.push(Event::Changed(change)),
        }
    }

    /// The state becomes what it was when the open invocation began.
    pub(super) fn revert_state(&mut self) {
        if let Some(open) = self.kernel.invocation() {
            self.change_state(&open.base, open.base_version);
        }
    }

    /// The answer to a request of the open invocation, and what follows from there being one.
    ///
    /// Once nothing is awaited any more, a timer drives the invocation on in case this host dies.
    pub(super) fn answer(&mut self, position: u32, answer: Answer) {
        let at = answer.at;
        self.events.push(Event::Answered { position, answer });
        if let Some(open) = self.kernel.invocation() {
            let mut awaited = open.awaited();
            if let Some(step) = awaited.find(|step| step.position == position) {
                self.clear_timer(TimerKey::Step(step));
            }
            if open.awaited().all(|step| step.position == position) {
                let key = TimerKey::Drive(open.began);
                self.events.push(Event::TimerSet { key, timer: Timer { at, run: None } });
            }
        }
    }

    /// Tells the actor that waits for the outcome, if one does.
    pub(super) fn reply(&mut self, outcome: &Outcome) {
        if let Some(ReplyTo { actor, step }) = self.reply_to.take() {
            let id = self.step(u32::MAX).name(self.me);
            self.send_as(id, actor, Body::Answer { step, outcome: outcome.clone(), then: None });
        }
    }

    pub(super) fn finish(&mut self, outcome: Outcome) {
        self.reply(&outcome);
        let kernel = self.kernel;
        for key in kernel.invocation_timers() {
            self.events.push(Event::TimerCleared { key: key.clone() });
        }
        self.events.push(Event::Finished(outcome));
    }

    pub(super) fn draft(self, input: Option<&Delivery>) -> Draft {
        Draft::new(input.map(receipt), self.events)
    }
}

fn ends(event: &Event, request: StepId) -> bool {
    matches!(event, Event::Ended { step } | Event::Stopped { step } if *step == request)
}

fn reply_to(message: &Message) -> Option<ReplyTo> {
    match &message.body {
        Body::Invoke { reply_to, .. } => reply_to.clone(),
        _ => None,
    }
}

fn correlation(message: &Message) -> MessageId {
    message.cause.as_ref().map_or(&message.id, |cause| &cause.correlation).clone()
}

fn receipt(delivery: &Delivery) -> Receipt {
    let message = &delivery.message;
    let label = match &message.body {
        Body::Invoke { method, .. } => method.to_string(),
        Body::Event { name, .. } => format!("event {name}"),
        Body::Answer { step, .. } => format!("answer {}.{}", step.began, step.position),
        Body::Fire { timer, .. } => format!("timer {timer}"),
    };
    Receipt {
        id: message.id.clone(),
        label,
        stamp: delivery.stamp,
        lane: message.lane(),
        key: message.key.clone(),
        correlation: correlation(message),
    }
}
