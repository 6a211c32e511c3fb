//! Runs handlers, and decides what comes of where they stop.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures::FutureExt;
use loom_core::{
    Answer, Body as Says, Delivery, End, Failure, FailureCode, Method, Op, Outcome, Payload, Retry,
    Segment, answer, bury, stall, step,
};
use tokio::sync::oneshot;
use tracing::warn;

use super::commit::dead;
use super::{Lost, Taken, Task};
use crate::activation::Body;
use crate::actor::{Activated, HandlerRole, StateError};
use crate::envelope::{Envelope, Origin, Reply};
use crate::turn_log::Boundary;
use crate::{CallError, Context, TurnLog};

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
    role: HandlerRole,
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

impl Task<'_> {
    /// Runs the handler of a message that was never handled.
    pub(super) async fn start(&mut self, mut envelope: Envelope) -> Taken {
        let deaths = std::mem::take(&mut self.body.noted_attempts).saturating_sub(1);
        if deaths >= self.host.settings.deaths_max {
            envelope.attempts = deaths;
            return self.bury(envelope, "every host died while it was handled");
        }
        // What was a dead letter still says what it ran.
        self.body.kernel.say_what_it_runs(&mut envelope.delivery.message);
        let call = match self.call_of(&envelope.delivery) {
            Ok(call) => call,
            Err(failure) => return self.fail(envelope, failure),
        };
        if call.role == HandlerRole::Query {
            return self.query(envelope, &call);
        }
        self.run(envelope, &call).await
    }

    /// Runs another handler for a message whose own handler left more than the store takes.
    pub(super) async fn start_outgrown(
        &mut self,
        envelope: Envelope,
        method: Method,
        what: &str,
    ) -> Taken {
        let args = Payload::of(what).expect("a text has a JSON form");
        self.run(envelope, &Call { method, args, role: HandlerRole::Exclusive }).await
    }

    async fn run(&mut self, mut envelope: Envelope, call: &Call) -> Taken {
        loop {
            let (stopped, state, rest) = match self.handle(call, Some(envelope)).await {
                Ok(ran) => ran,
                Err(StartError::Lost(lost)) => return Err(lost),
                Err(StartError::State(why, envelope)) => {
                    self.host.pause(super::FAILED_PAUSE).await;
                    return self.cannot_read(envelope, why);
                }
            };
            let Some(kept) = rest.envelope else {
                return self.go_on(stopped, state, rest.ops);
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

    /// Answers a query that came as a message.
    fn query(&mut self, envelope: Envelope, call: &Call) -> Taken {
        let Body { entry, kernel, .. } = &*self.body;
        let entry = entry.as_ref().expect("a call is only made of an actor whose kind is known");
        let (state, version) = (kernel.state(), kernel.state_version());
        match entry.query(state, version, call.method.as_str(), &call.args) {
            Ok(Outcome::Failed(failure)) => self.fail(envelope, failure),
            Ok(outcome) => {
                let end = End::Finished(outcome);
                self.commit_upheld(Some(envelope), vec![], end, (None, vec![]))
            }
            Err(error) => self.cannot_read(Some(Box::new(envelope)), error.to_string()),
        }
    }

    /// The stored state does not fit the code. A caller is told; anything else goes back, with
    /// all that is behind it, for code that fits.
    fn cannot_read(&mut self, envelope: Option<Box<Envelope>>, why: String) -> Taken {
        match envelope {
            Some(envelope) if matches!(envelope.origin, Origin::Caller(_)) => {
                self.host.refuse(*envelope, CallError::Unavailable(why));
                Ok(())
            }
            envelope => {
                warn!(actor = %self.activation.id, why, "state cannot be read");
                Err(Lost::Gone(envelope))
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
    fn go_on(&mut self, stopped: Stopped, state: Option<Bytes>, ops: Vec<Op>) -> Taken {
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
            return self.submit(draft, None, Some(reply), None);
        }
        let retry_at = now.saturating_add(self.host.stall_delay(attempts));
        let draft = stall(kernel, me, &reason, attempts, retry_at, now);
        self.submit(draft, None, None, None)
    }

    /// Records an answer, and runs the open invocation on if it waits for nothing else.
    pub(super) async fn resume(
        &mut self,
        envelope: Envelope,
        position: u32,
        given: Answer,
    ) -> Taken {
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
    pub(super) async fn drive(&mut self) -> Taken {
        let Some(open) = self.body.kernel.invocation() else { return Ok(()) };
        let delivery = Delivery { message: open.message.clone(), stamp: None };
        self.body.typed = None;
        let ran = match self.call_of(&delivery) {
            Ok(call) => self.handle(&call, None).await,
            Err(failure) => {
                return self.go_on(Stopped::Diverged(failure.detail), None, vec![]);
            }
        };
        match ran {
            Ok((stopped, state, rest)) => self.go_on(stopped, state, rest.ops),
            Err(StartError::Lost(lost)) => Err(lost),
            Err(StartError::State(why, _)) => self.go_on(Stopped::Diverged(why), None, vec![]),
        }
    }

    /// Which handler a message asks for, and whether it may.
    fn call_of(&self, delivery: &Delivery) -> Result<Call, Failure> {
        let me = &self.activation.id;
        let Some(entry) = &self.body.entry else {
            let detail = format!("no code for kind {:?} is registered", me.kind());
            return Err(Failure::new(FailureCode::UnknownKind, detail));
        };
        let (method, args, by_itself) = match &delivery.message.body {
            Says::Invoke { method, args, .. } => (method.clone(), args.clone(), false),
            Says::Fire { run: Some(run), .. } => (run.method.clone(), run.args.clone(), true),
            Says::Answer { outcome, then: Some(then), .. } => {
                (then.method.clone(), then.args(outcome), true)
            }
            _ => return Err(entry.unknown_method("")),
        };
        match entry.role(method.as_str()) {
            None => Err(entry.unknown_method(method.as_str())),
            Some(HandlerRole::Timer) if !by_itself => {
                let detail = format!("{method:?} of {:?} runs for timers only", me.kind());
                Err(Failure::new(FailureCode::UnknownMethod, detail))
            }
            Some(role) => Ok(Call { method, args, role }),
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
                let polled = tokio::select! {
                    biased;
                    polled = polled => polled,
                    // Nothing that it does can be committed any more.
                    () = self.activation.given_up() => {
                        let envelope = rest.envelope.take().map(Box::new);
                        return Err(StartError::Lost(Lost::Gone(envelope)));
                    }
                };
                match polled {
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
        self.body.passivates = log.passivates();
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
        durable.await.map_err(|_| Lost::Gone(None))
    }

    /// A caller that must wait for more than this turn is told by the turn that ends it all.
    pub(super) fn wait_for_outcome(&mut self, envelope: &mut Option<Envelope>) {
        if let Some(Envelope { origin, .. }) = envelope
            && matches!(origin, Origin::Caller(_))
            && let Origin::Caller(caller) = std::mem::replace(origin, Origin::Host)
        {
            self.body.waiting.push(caller);
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
