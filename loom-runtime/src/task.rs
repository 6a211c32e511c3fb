//! The task that handles the messages of one actor, one after another.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures::FutureExt;
use loom_core::{
    Admission, Answer, Body as Says, CommitId, Delivery, Draft, End, Failure, FailureCode, Kernel,
    KeyVerdict, Method, Op, Outcome, Payload, Record, Retry, Seal, Segment, Timestamp, answer,
    bury, judge_key, keep_event, skip_fire, stall, step,
};
use loom_ports::{Load, Tenure};
use tokio::sync::oneshot;
use tracing::{error, warn};

use crate::activation::{Activation, Body, SinceSnapshot, View};
use crate::actor::{Activated, HandlerRole, StateError, Upheld};
use crate::envelope::{Caller, Envelope, Origin, Reply};
use crate::host::Shared;
use crate::partition::{Partition, Release, Submitted};
use crate::turn_log::Boundary;
use crate::{CallError, Context, TurnLog, committer};

/// Handles messages until there are none, or the activation is given up.
pub(crate) async fn run(
    host: Arc<Shared>,
    partition: Arc<Partition>,
    activation: Arc<Activation>,
    body: Option<Box<Body>>,
) {
    let mut body = match body {
        Some(body) => body,
        None => match load(&host, &partition, &activation).await {
            Ok(body) => body,
            Err(why) => {
                warn!(actor = %activation.id, why, "activation failed");
                return host.give_up(&partition, &activation, Vec::new(), &why);
            }
        },
    };
    loop {
        let Some((envelope, taken)) = activation.next(body) else {
            return;
        };
        let mut task =
            Task { host: &host, partition: &partition, activation: &activation, body: taken };
        match task.take(envelope).await {
            Ok(()) => body = task.body,
            Err(Lost(envelope)) => {
                let unhandled = envelope.into_iter().chain(task.body.held.drain(..)).collect();
                task.tell_waiting_unknown();
                return host.give_up(&partition, &activation, unhandled, "its host lost it");
            }
        }
        activation.fewer_uncommitted(host.settings.uncommitted_max).await;
    }
}

/// Reads an actor into memory on behalf of its first message.
async fn load(
    host: &Shared,
    partition: &Partition,
    activation: &Activation,
) -> Result<Box<Body>, String> {
    let tenure = partition.tenure().ok_or_else(|| format!("partition {} moved", partition.id))?;
    let cause = activation.peek(|envelope| envelope.delivery.message.id.clone());
    let loaded = host.stores.journal.load(&tenure, &activation.id, cause.as_ref()).await;
    let loaded = match loaded.map_err(|error| error.to_string())? {
        Load::Loaded(loaded) => loaded,
        Load::Fenced(fenced) => return Err(format!("epoch {} began", fenced.epoch)),
    };
    let mut since_snapshot = SinceSnapshot::default();
    let mut records = Vec::with_capacity(loaded.records.len());
    for stored in &loaded.records {
        let record = Record::decode(&stored.bytes).map_err(|error| error.to_string())?;
        since_snapshot.wrote(record.snapshot.is_some(), record.head.seq, stored.bytes.len());
        records.push(record);
    }
    let kernel = Kernel::replay(loaded.head, &records).map_err(|error| error.to_string())?;
    if kernel.head() != loaded.head {
        return Err(format!("its journal ends at {:?}, not {:?}", kernel.head(), loaded.head));
    }
    activation.show(View::of(&kernel));
    Ok(Box::new(Body {
        entry: host.kinds.get(activation.id.kind()).cloned(),
        kernel,
        typed: None,
        held: std::collections::VecDeque::new(),
        waiting: Vec::new(),
        since_snapshot,
        noted_attempts: loaded.attempts,
    }))
}

/// The activation cannot go on. The message that it was handling, if nobody was told yet.
struct Lost(Option<Envelope>);

type Taken = Result<(), Lost>;

/// Where a run of a handler stopped.
enum Stopped {
    Ended(Outcome),
    Suspended,
    Panicked(String),
    Diverged(String),
}

/// What to run.
struct Call {
    method: Method,
    args: Payload,
}

struct Task<'a> {
    host: &'a Arc<Shared>,
    partition: &'a Arc<Partition>,
    activation: &'a Arc<Activation>,
    body: Box<Body>,
}

impl Task<'_> {
    async fn take(&mut self, envelope: Envelope) -> Taken {
        let now = self.host.clock.now();
        if envelope.delivery.message.key.is_some() {
            match self.judge(&envelope, now).await {
                Ok(KeyVerdict::New) => {}
                Ok(verdict) => {
                    self.answer_duplicate(envelope, verdict);
                    return Ok(());
                }
                Err(why) => {
                    self.host.refuse(envelope, CallError::Unavailable(why));
                    return Ok(());
                }
            }
        }
        let delivery = &envelope.delivery;
        match self.body.kernel.admit(delivery, now) {
            Admission::Run => self.start(envelope).await,
            Admission::Answer { position, answer } => self.resume(envelope, position, answer).await,
            Admission::Drive => {
                self.host.handled(envelope.origin);
                self.drive().await
            }
            Admission::Keep => {
                let Says::Event { name, payload } = &delivery.message.body else { return Ok(()) };
                let me = &self.activation.id;
                let draft = keep_event(&self.body.kernel, me, delivery, name, payload, now);
                let reply = Reply { outcome: Outcome::Returned(Payload::NULL), duplicate: false };
                self.submit(draft, Some(envelope), Some(reply), None).map(|_| ())
            }
            Admission::SkipFire => {
                let draft = skip_fire(&self.body.kernel, &self.activation.id, delivery, now);
                self.submit(draft, Some(envelope), None, None).map(|_| ())
            }
            Admission::Busy => {
                self.body.held.push_back(envelope);
                Ok(())
            }
            Admission::Duplicate | Admission::Stale => {
                // Its first handling may not be committed yet.
                self.activation.fewer_uncommitted(1).await;
                match envelope.origin {
                    Origin::Caller(caller) => drop(caller.send(Ok(Reply {
                        outcome: Outcome::Returned(Payload::NULL),
                        duplicate: true,
                    }))),
                    origin => self.host.handled(origin),
                }
                Ok(())
            }
            Admission::Refuse(failure) => self.fail(envelope, failure),
        }
    }

    /// Asks the store about a key, once every turn that may have used it is settled.
    async fn judge(&self, envelope: &Envelope, now: Timestamp) -> Result<KeyVerdict, String> {
        let Some(key) = &envelope.delivery.message.key else { return Ok(KeyVerdict::New) };
        if self.activation.has_uncommitted_key(&key.key) {
            self.activation.fewer_uncommitted(1).await;
        }
        let journal = &self.host.stores.journal;
        let seen = journal.handled(&self.activation.id, &key.key, now).await;
        Ok(judge_key(key, seen.map_err(|error| error.to_string())?.as_ref()))
    }

    fn answer_duplicate(&mut self, envelope: Envelope, verdict: KeyVerdict) {
        let Envelope { delivery, origin, .. } = envelope;
        let Origin::Caller(caller) = origin else { return self.host.handled(origin) };
        let answer = match verdict {
            KeyVerdict::InProgress(began) => {
                let open = self.body.kernel.invocation().map(|open| open.began);
                if open == Some(began) {
                    return self.body.waiting.push(caller);
                }
                Err(CallError::Unknown { call_id: delivery.message.id })
            }
            KeyVerdict::Done(outcome) => Ok(Reply { outcome, duplicate: true }),
            KeyVerdict::Reused(failure) => Err(CallError::Failed(failure)),
            KeyVerdict::New | KeyVerdict::Corrupt => {
                Err(CallError::Unavailable("the recorded outcome cannot be read".into()))
            }
        };
        let _ = caller.send(answer);
    }

    /// Runs the handler of a message that was never handled.
    async fn start(&mut self, mut envelope: Envelope) -> Taken {
        let noted = std::mem::take(&mut self.body.noted_attempts).saturating_sub(1);
        envelope.attempts = envelope.attempts.max(noted);
        if let Retry::GiveUp = self.host.retry(envelope.attempts) {
            return self.bury(envelope, "the host died while it was handled");
        }
        if let Says::Fire { timer, run, .. } = &mut envelope.delivery.message.body {
            *run = self.body.kernel.timer(timer).and_then(|timer| timer.run.clone());
        }
        let call = match self.call_of(&envelope.delivery) {
            Ok(call) => call,
            Err(failure) => return self.fail(envelope, failure),
        };
        loop {
            let (stopped, state, rest) = match self.handle(&call, Some(envelope)).await {
                Ok(ran) => ran,
                Err(StartError::Lost(lost)) => return Err(lost),
                Err(StartError::State(why, envelope)) => {
                    if let Some(envelope) = envelope {
                        self.host.refuse(*envelope, CallError::Unavailable(why));
                    }
                    return Ok(());
                }
            };
            let Some(kept) = rest.envelope else {
                return self.go_on(stopped, state, rest.ops).await;
            };
            envelope = kept;
            let reason = match stopped {
                Stopped::Panicked(reason) | Stopped::Diverged(reason) => reason,
                stopped => return self.finish(envelope, stopped, state, rest.ops),
            };
            envelope.attempts += 1;
            warn!(actor = %self.activation.id, reason, attempts = envelope.attempts, "handler panicked");
            match self.host.retry(envelope.attempts) {
                Retry::GiveUp => return self.bury(envelope, &reason),
                Retry::After(delay) => self.host.pause(delay).await,
            }
        }
    }

    /// Commits what a handler did that was run from its message to where it stopped.
    fn finish(
        &mut self,
        envelope: Envelope,
        stopped: Stopped,
        state: Option<Bytes>,
        ops: Vec<Op>,
    ) -> Taken {
        let end = match stopped {
            Stopped::Ended(Outcome::Failed(failure)) => return self.fail(envelope, failure),
            Stopped::Ended(outcome) => End::Finished(outcome),
            _ => End::Suspended,
        };
        self.commit_segment(Some(envelope), ops, end, state)
    }

    /// Commits what a handler did that was run on from its last commit to where it stopped.
    async fn go_on(&mut self, stopped: Stopped, state: Option<Bytes>, ops: Vec<Op>) -> Taken {
        let (me, now) = (&self.activation.id, self.host.clock.now());
        let attempts = self.body.kernel.invocation().map_or(0, |open| open.attempts) + 1;
        let (reason, gives_up) = match stopped {
            Stopped::Ended(outcome) => {
                return self.commit_segment(None, ops, End::Finished(outcome), state);
            }
            Stopped::Suspended => return self.commit_segment(None, ops, End::Suspended, state),
            Stopped::Panicked(reason) => {
                let gives_up = matches!(self.host.retry(attempts), Retry::GiveUp);
                (reason, gives_up)
            }
            // Code that fits will come again, so it is never given up.
            Stopped::Diverged(reason) => (format!("not deterministic: {reason}"), false),
        };
        warn!(actor = %me, reason, attempts, "invocation stalled");
        self.body.typed = None;
        let kernel = &self.body.kernel;
        if gives_up {
            let draft = bury(kernel, me, None, &reason, attempts, now);
            let reply = dead(me, &reason);
            return self.submit(draft, None, Some(reply), None).map(|_| ());
        }
        let retry_at = now.saturating_add(self.host.stall_delay(attempts));
        let draft = stall(kernel, me, &reason, attempts, retry_at, now);
        self.submit(draft, None, None, None).map(|_| ())
    }

    /// Records an answer, and runs the open invocation on if it waits for nothing else.
    async fn resume(&mut self, envelope: Envelope, position: u32, given: Answer) -> Taken {
        let me = &self.activation.id;
        let draft = answer(&self.body.kernel, me, &envelope.delivery, position, given);
        let reply = Reply { outcome: Outcome::Returned(Payload::NULL), duplicate: false };
        self.submit(draft, Some(envelope), Some(reply), None)?;
        match self.body.kernel.outstanding().drive {
            Some(_) => self.drive().await,
            None => Ok(()),
        }
    }

    /// Runs the open invocation on.
    async fn drive(&mut self) -> Taken {
        let Some(open) = self.body.kernel.invocation() else { return Ok(()) };
        let delivery = Delivery { message: open.message.clone(), stamp: None };
        self.body.typed = None;
        let ran = match self.call_of(&delivery) {
            Ok(call) => self.handle(&call, None).await,
            Err(failure) => {
                return self.go_on(Stopped::Diverged(failure.detail), None, vec![]).await;
            }
        };
        match ran {
            Ok((stopped, state, rest)) => self.go_on(stopped, state, rest.ops).await,
            Err(StartError::Lost(lost)) => Err(lost),
            Err(StartError::State(why, _)) => {
                self.go_on(Stopped::Diverged(why), None, vec![]).await
            }
        }
    }

    /// Which handler a message asks for, and whether it may.
    fn call_of(&self, delivery: &Delivery) -> Result<Call, Failure> {
        let me = &self.activation.id;
        let Some(entry) = &self.body.entry else {
            let detail = format!("no code for kind {:?} is registered", me.kind());
            return Err(Failure::new(FailureCode::UnknownKind, detail));
        };
        let (method, args, by_timer) = match &delivery.message.body {
            Says::Invoke { method, args, .. } => (method.clone(), args.clone(), false),
            Says::Fire { run: Some(run), .. } => (run.method.clone(), run.args.clone(), true),
            _ => return Err(entry.unknown_method("")),
        };
        match entry.role(method.as_str()) {
            None => Err(entry.unknown_method(method.as_str())),
            Some(HandlerRole::Timer) if !by_timer => {
                let detail = format!("{method:?} of {:?} runs for timers only", me.kind());
                Err(Failure::new(FailureCode::UnknownMethod, detail))
            }
            Some(_) => Ok(Call { method, args }),
        }
    }

    /// Runs a handler from its beginning until it ends or waits.
    async fn handle(&mut self, call: &Call, input: Option<Envelope>) -> Result<Ran, StartError> {
        let started = self.host.clock.now();
        let log = TurnLog::new(&self.activation.id, &self.body.kernel, started);
        let mut typed = match self.typed() {
            Ok(typed) => typed,
            Err(error) => return Err(StartError::State(error.to_string(), input.map(Box::new))),
        };
        let mut rest = Rest { envelope: input, ops: Vec::new() };
        let stopped = {
            let mut cx = Context::new(&log);
            let handler = typed.handle(&mut cx, call.method.as_str(), &call.args);
            let mut handler = pin!(AssertUnwindSafe(handler).catch_unwind());
            loop {
                let polled = poll_fn(|task| match handler.as_mut().poll(task) {
                    Poll::Ready(ended) => Poll::Ready(Ok(ended)),
                    Poll::Pending => match log.boundary() {
                        Some(boundary) => Poll::Ready(Err(boundary)),
                        None => Poll::Pending,
                    },
                });
                match polled.await {
                    Ok(Ok(outcome)) => break Stopped::Ended(outcome),
                    Ok(Err(panic)) => break Stopped::Panicked(panic_text(&*panic)),
                    Err(Boundary::Suspend) => break Stopped::Suspended,
                    Err(Boundary::Diverge(reason)) => break Stopped::Diverged(reason),
                    Err(Boundary::Flush) => {
                        self.flush(&mut rest, log.take_ops()).await.map_err(StartError::Lost)?;
                        log.go_on();
                    }
                }
            }
        };
        let diverged = match log.boundary() {
            Some(Boundary::Diverge(reason)) => Some(reason),
            _ => log.fell_short().filter(|_| matches!(stopped, Stopped::Ended(_))),
        };
        let stopped = diverged.map_or(stopped, Stopped::Diverged);
        rest.ops = log.take_ops();
        let state = match &stopped {
            Stopped::Ended(Outcome::Returned(_)) | Stopped::Suspended => typed.to_json().ok(),
            _ => None,
        };
        if let Stopped::Ended(Outcome::Returned(_)) = stopped {
            self.body.typed = Some(typed);
        }
        Ok((stopped, state, rest))
    }

    /// The state with its type, as the handler is to find it.
    fn typed(&mut self) -> Result<Box<dyn Activated>, StateError> {
        let Body { entry, kernel, typed, .. } = &mut *self.body;
        if let Some(typed) = typed.take().filter(|_| kernel.invocation().is_none()) {
            return Ok(typed);
        }
        let (base, version) = match kernel.invocation() {
            Some(open) => (&open.base, open.base_version),
            None => (kernel.state(), kernel.state_version()),
        };
        let entry = entry.as_ref().expect("a call is only made of an actor whose kind is known");
        entry.activate(base, version)
    }

    /// Commits what a handler asked for so far, and waits for it to be durable.
    async fn flush(&mut self, rest: &mut Rest, ops: Vec<Op>) -> Taken {
        let first = rest.envelope.is_some();
        let kernel = &self.body.kernel;
        if !first && ops.is_empty() {
            return Ok(());
        }
        let draft = step(
            kernel,
            &self.activation.id,
            Segment {
                input: rest.envelope.as_ref().map(|envelope| &envelope.delivery),
                ops,
                end: End::Flushed,
                state: None,
                repaired: vec![],
                migrated_to: None,
            },
            self.host.clock.now(),
        );
        let mut envelope = rest.envelope.take();
        self.wait_for_outcome(&mut envelope);
        let (committed, durable) = oneshot::channel();
        self.submit(draft, envelope, None, Some(committed))?;
        durable.await.map_err(|_| Lost(None))
    }

    /// A caller that must wait for more than this turn is told by the turn that ends it all.
    fn wait_for_outcome(&mut self, envelope: &mut Option<Envelope>) {
        if let Some(Envelope { origin, .. }) = envelope
            && matches!(origin, Origin::Caller(_))
            && let Origin::Caller(caller) = std::mem::replace(origin, Origin::Host)
        {
            self.body.waiting.push(caller);
        }
    }

    fn commit_segment(
        &mut self,
        mut envelope: Option<Envelope>,
        ops: Vec<Op>,
        end: End,
        state: Option<Bytes>,
    ) -> Taken {
        let upheld = match self.uphold(&end, state) {
            Ok(upheld) => upheld,
            Err(failure) => {
                self.body.typed = None;
                let end = End::Finished(Outcome::Failed(failure));
                return self.commit_upheld(envelope, vec![], end, (None, vec![]));
            }
        };
        if let End::Suspended = end {
            self.body.typed = None;
            self.wait_for_outcome(&mut envelope);
        }
        self.commit_upheld(envelope, ops, end, upheld)
    }

    /// Checks the laws on the state that a handler left.
    fn uphold(
        &mut self,
        end: &End,
        state: Option<Bytes>,
    ) -> Result<(Option<Bytes>, Vec<&'static str>), Failure> {
        let Some(entry) = &self.body.entry else { return Ok((None, vec![])) };
        let Some(state) = state else {
            return match end {
                End::Finished(Outcome::Returned(_)) => {
                    let detail = "the state cannot be written as JSON";
                    Err(Failure::new(FailureCode::BadArguments, detail))
                }
                _ => Ok((None, vec![])),
            };
        };
        if state == *self.body.kernel.state() {
            return Ok((Some(state), vec![]));
        }
        match entry.enforce(&state) {
            Ok(Upheld::AsItWas) => Ok((Some(state), vec![])),
            Ok(Upheld::Repaired { state, laws }) => {
                self.body.typed = None;
                Ok((Some(state), laws))
            }
            Ok(Upheld::Rejected(failure)) => Err(failure),
            Err(error) => Err(Failure::new(FailureCode::LawBroken, error.to_string())),
        }
    }

    fn commit_upheld(
        &mut self,
        envelope: Option<Envelope>,
        ops: Vec<Op>,
        end: End,
        (state, repaired): (Option<Bytes>, Vec<&'static str>),
    ) -> Taken {
        let kernel = &self.body.kernel;
        let version = self.body.entry.as_ref().map(|entry| entry.version);
        let migrated_to =
            version.filter(|version| state.is_some() && *version != kernel.state_version());
        if let End::Finished(outcome) = &end
            && !matches!(outcome, Outcome::Returned(_))
        {
            self.body.typed = None;
        }
        let reply = match &end {
            End::Finished(outcome) => Some(Reply { outcome: outcome.clone(), duplicate: false }),
            _ => None,
        };
        let input = envelope.as_ref().map(|envelope| &envelope.delivery);
        let segment = Segment { input, ops, end, state, repaired, migrated_to };
        let draft = step(kernel, &self.activation.id, segment, self.host.clock.now());
        if draft.is_empty() {
            return Ok(());
        }
        self.submit(draft, envelope, reply, None).map(|_| ())
    }

    /// A request that cannot be carried out. Nothing needs to be recorded for a caller who is
    /// told; whoever else sent it gets an answer, or a dead letter.
    fn fail(&mut self, envelope: Envelope, failure: Failure) -> Taken {
        self.body.typed = None;
        let Says::Invoke { reply_to, .. } = &envelope.delivery.message.body else {
            return self.fail_accepted(envelope, failure);
        };
        if reply_to.is_some() {
            let end = End::Finished(Outcome::Failed(failure));
            return self.commit_upheld(Some(envelope), vec![], end, (None, vec![]));
        }
        self.fail_accepted(envelope, failure)
    }

    fn fail_accepted(&mut self, envelope: Envelope, failure: Failure) -> Taken {
        if envelope.origin.is_accepted() {
            return self.bury(envelope, &failure.to_string());
        }
        self.host.refuse(envelope, CallError::Failed(failure));
        Ok(())
    }

    fn bury(&mut self, envelope: Envelope, reason: &str) -> Taken {
        let me = &self.activation.id;
        error!(actor = %me, message = %envelope.delivery.message.id, reason, "dead letter");
        let (attempts, now) = (envelope.attempts.max(1), self.host.clock.now());
        let draft = bury(&self.body.kernel, me, Some(&envelope.delivery), reason, attempts, now);
        let reply = dead(me, reason);
        self.body.typed = None;
        self.submit(draft, Some(envelope), Some(reply), None).map(|_| ())
    }

    /// Advances the actor by a turn, which leaves nothing out before it is committed.
    fn submit(
        &mut self,
        draft: Draft,
        envelope: Option<Envelope>,
        reply: Option<Reply>,
        committed: Option<oneshot::Sender<()>>,
    ) -> Result<(), Lost> {
        let Some(tenure) = self.partition.tenure().filter(|_| !self.activation.is_closed()) else {
            return Err(Lost(envelope));
        };
        let body = &mut *self.body;
        let seal = body.since_snapshot.seal(self.host, &tenure);
        let (at, snapshot) = (seal.at, seal.snapshot);
        let (turn, outgoing) = match draft.seal(&mut body.kernel, &self.activation.id, seal) {
            Ok(sealed) => sealed,
            Err(error) => {
                error!(actor = %self.activation.id, %error, "turn does not follow from its actor");
                return Err(Lost(envelope));
            }
        };
        body.since_snapshot.wrote(snapshot, body.kernel.head().seq, turn.record.len());
        let ends = reply.is_some() && body.kernel.invocation().is_none();
        let waiting: Vec<Caller> = if ends { std::mem::take(&mut body.waiting) } else { vec![] };
        let key = turn.handled.as_ref().map(|mark| mark.key.clone());
        self.activation.count_uncommitted(key);
        let release = Release {
            activation: Arc::clone(self.activation),
            view: View::of(&body.kernel),
            at,
            origin: envelope.map(|envelope| envelope.origin),
            reply,
            waiting,
            committed,
        };
        if self.partition.submit(Submitted { turn, outgoing, release }) {
            let (host, partition) = (Arc::clone(self.host), Arc::clone(self.partition));
            self.host.spawn(committer::run(host, partition));
        }
        Ok(())
    }

    fn tell_waiting_unknown(&mut self) {
        for caller in self.body.waiting.drain(..) {
            let _ = caller.send(Err(CallError::Unknown { call_id: self.host.message_id() }));
        }
    }
}

type Ran = (Stopped, Option<Bytes>, Rest);

/// What a run of a handler leaves to be committed.
struct Rest {
    /// The message, if no part of its handling was committed.
    envelope: Option<Envelope>,
    ops: Vec<Op>,
}

enum StartError {
    Lost(Lost),
    /// The stored state does not fit the code.
    State(String, Option<Box<Envelope>>),
}

impl View {
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let (head, version) = (kernel.head(), kernel.state_version());
        Self { head, state: kernel.state().clone(), version }
    }
}

impl SinceSnapshot {
    fn wrote(&mut self, snapshot: bool, seq: loom_core::Seq, bytes: usize) {
        let bytes = bytes as u64;
        if snapshot {
            *self = Self { records: 0, bytes: 0, snapshot_bytes: bytes, snapshot: Some(seq) };
        } else {
            self.records += 1;
            self.bytes += bytes;
        }
    }

    fn seal(&self, host: &Shared, tenure: &Tenure) -> Seal {
        let at = host.clock.now();
        let snapshot =
            host.settings.snapshots.due(self.records + 1, self.bytes, self.snapshot_bytes);
        Seal {
            commit: CommitId(host.ids.next()),
            epoch: tenure.epoch,
            at,
            key_expires: at.saturating_add(host.settings.key_window),
            snapshot,
            trim_before: self.snapshot.filter(|_| snapshot),
        }
    }
}

fn dead(actor: &loom_core::ActorId, reason: &str) -> Reply {
    let detail = format!("{actor} could not handle it: {reason}");
    let outcome = Outcome::Failed(Failure::new(FailureCode::Dead, detail));
    Reply { outcome, duplicate: false }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
