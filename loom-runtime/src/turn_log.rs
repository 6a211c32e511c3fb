//! What a running handler has asked for, shared between its context and whoever runs it.

mod by_hand;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use loom_core::{
    ActorId, Ask, EventName, Incarnation, Kernel, MessageId, Op, Outcome, Payload, Seq, Step,
    StepId, Timestamp, fingerprint,
};

use self::by_hand::Answers;

/// What a handler has asked for.
///
/// The handler's requests are compared with those recorded in earlier runs, in order; what is
/// recorded is answered from the record, and the rest is collected.
#[derive(Debug)]
pub struct TurnLog {
    me: ActorId,
    incarnation: Incarnation,
    began: Seq,
    /// The incarnation in which it began.
    began_in: Incarnation,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    recorded: Vec<Step>,
    position: usize,
    ops: Vec<Op>,
    now: Timestamp,
    draws: u64,
    kept: VecDeque<(EventName, Payload)>,
    boundary: Option<Boundary>,
    passivates: bool,
    /// What a test answers, for a handler run by hand.
    answers: Option<Answers>,
}

/// Why a handler does not go on by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Boundary {
    /// What it asked for must be committed before its effect runs.
    Flush,
    /// It waits for an answer.
    Suspend,
    /// It asked for something else than in an earlier run.
    Diverge(String),
}

/// What became of a request.
pub(crate) enum Asked {
    /// It was answered in an earlier run.
    Answered(Outcome),
    /// It was made in an earlier run and has no answer yet.
    Awaited,
    /// It is new.
    New,
}

impl TurnLog {
    /// The log of a handler that begins, or is run again with what is recorded of it.
    pub(crate) fn new(me: &ActorId, kernel: &Kernel, now: Timestamp) -> Self {
        let open = kernel.invocation();
        let head = kernel.head();
        let kept = kernel.kept_events().map(|(name, event)| (name.clone(), event.clone()));
        let inner = Mutex::new(Inner {
            recorded: open.map_or_else(Vec::new, |open| open.steps.clone()),
            now: open.map_or(now, |open| open.at),
            kept: kept.collect(),
            ..Inner::empty()
        });
        let incarnation = head.incarnation;
        let (began, began_in) =
            open.map_or((head.seq.next(), incarnation), |open| (open.began, open.incarnation));
        Self { me: me.clone(), incarnation, began, began_in, inner }
    }

    pub(crate) fn me(&self) -> &ActorId {
        &self.me
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// A number that is different for each call, and the same in each run.
    pub(crate) fn draw(&self) -> u64 {
        let mut inner = self.lock();
        inner.draws += 1;
        let parts = [self.began.0, self.began_in.0, inner.draws].map(u64::to_le_bytes);
        fingerprint(&[self.me.as_str().as_bytes(), &parts[0], &parts[1], &parts[2]])
    }

    /// The name of the next request.
    pub(crate) fn next_name(&self) -> MessageId {
        let position = u32::try_from(self.lock().position).unwrap_or(u32::MAX);
        StepId { incarnation: self.incarnation, began: self.began, position }.name(&self.me)
    }

    /// Compares a request with what is recorded at its place.
    pub(crate) fn look_up(&self, ask: &Ask, fingerprint: u64) -> Asked {
        let mut inner = self.lock();
        let position = inner.position;
        let Some(step) = inner.recorded.get(position) else { return Asked::New };
        if step.ask != *ask || step.fingerprint != fingerprint {
            let details = if step.ask == *ask { " with other details" } else { "" };
            let reason = format!(
                "request {position} of {} is {ask}{details}; in an earlier run it was {}",
                self.me, step.ask
            );
            inner.boundary = Some(Boundary::Diverge(reason));
            return Asked::Awaited;
        }
        let Some(answer) = step.answer.clone() else { return Asked::Awaited };
        inner.now = inner.now.max(answer.at);
        inner.position += 1;
        Asked::Answered(answer.outcome)
    }

    /// Adds a request that is not recorded.
    pub(crate) fn push(&self, op: Op) {
        let mut inner = self.lock();
        inner.position += 1;
        inner.ops.push(op);
    }

    /// A request that nothing comes back from.
    pub(crate) fn tell(&self, op: Op) {
        if let Asked::New = self.look_up(&op.ask(), op.fingerprint()) {
            self.push(op);
        }
    }

    /// Takes an event that was kept, if the handler has come past all that is recorded.
    pub(crate) fn take_kept(&self, name: &EventName) -> Option<Payload> {
        let mut inner = self.lock();
        let at = inner.kept.iter().position(|(kept, _)| kept == name)?;
        inner.kept.remove(at).map(|(_, payload)| payload)
    }

    pub(crate) fn passivate(&self) {
        self.lock().passivates = true;
    }

    /// Whether the actor is to leave memory once it has nothing to do.
    pub(crate) fn passivates(&self) -> bool {
        self.lock().passivates
    }

    pub(crate) fn stop_at(&self, boundary: Boundary) {
        let mut inner = self.lock();
        if inner.boundary.is_none() {
            inner.boundary = Some(boundary);
        }
    }

    pub(crate) fn boundary(&self) -> Option<Boundary> {
        self.lock().boundary.clone()
    }

    /// Whether the handler asked for fewer things than it did in an earlier run.
    pub(crate) fn fell_short(&self) -> Option<String> {
        let inner = self.lock();
        let missing = inner.recorded.get(inner.position)?;
        let position = inner.position;
        Some(format!(
            "{} ended before request {position}, {}, of an earlier run",
            self.me, missing.ask
        ))
    }

    pub(crate) fn take_ops(&self) -> Vec<Op> {
        std::mem::take(&mut self.lock().ops)
    }

    /// Lets the handler go on from a boundary.
    pub(crate) fn go_on(&self) {
        self.lock().boundary = None;
    }

    // A handler that panics does so between calls, never within one.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn empty() -> Self {
        Self {
            recorded: Vec::new(),
            position: 0,
            ops: Vec::new(),
            now: Timestamp::EPOCH,
            draws: 0,
            kept: VecDeque::new(),
            boundary: None,
            passivates: false,
            answers: None,
        }
    }
}
