//! Activities: named effects that a host runs outside turns, with retries.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use loom_core::{
    ActivityLimits, ActivityName, ActivityRequest, Body, Breaker, BreakerAdmission, BreakerOutcome,
    BreakerPolicy, Delivery, Failure, FailureCode, Message, MessageId, Outcome, Payload, RateLimit,
    Retry, RetryPolicy, Taken, Timestamp, TokenBucket,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tracing::warn;

use crate::envelope::Origin;
use crate::host::Shared;

/// How an activity is run.
#[derive(Clone, Debug)]
pub struct ActivityOptions {
    /// How often it is tried, and how long it is waited in between.
    pub retry: RetryPolicy,
    /// How long one attempt may take. It is dropped then.
    pub timeout: Duration,
    /// When to stop trying for a while because every attempt fails.
    pub breaker: Option<BreakerPolicy>,
    /// How often attempts may start.
    pub rate: Option<RateLimit>,
}

impl Default for ActivityOptions {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(30),
            breaker: None,
            rate: None,
        }
    }
}

/// One attempt at an activity.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The same in every attempt, and different for every request: what to hand to whoever can
    /// know duplicates by it.
    pub key: MessageId,
    /// Counts the attempts of this process, from 1.
    pub number: u32,
}

/// How an attempt ends without a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ActivityError {
    /// It may go better another time.
    Retry(String),
    /// It is refused, and would be again. The caller is told this value.
    Reject(Payload),
}

impl ActivityError {
    /// It may go better another time.
    pub fn retry(reason: impl std::fmt::Display) -> Self {
        Self::Retry(reason.to_string())
    }

    /// It is refused, and would be again.
    pub fn reject(error: &impl Serialize) -> Self {
        Payload::of(error).map_or_else(|error| Self::Retry(error.to_string()), Self::Reject)
    }
}

type Run =
    dyn Fn(Attempt, Payload) -> BoxFuture<'static, Result<Payload, ActivityError>> + Send + Sync;

/// A registered activity.
pub(crate) struct ActivityEntry {
    run: Box<Run>,
    options: ActivityOptions,
    breaker: Option<Mutex<Breaker>>,
    rate: Option<Mutex<TokenBucket>>,
}

impl std::fmt::Debug for ActivityEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivityEntry").field("options", &self.options).finish_non_exhaustive()
    }
}

pub(crate) type Activities = BTreeMap<ActivityName, Arc<ActivityEntry>>;

impl ActivityEntry {
    pub(crate) fn new<A, T, F, Fut>(options: ActivityOptions, run: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize,
        F: Fn(Attempt, A) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ActivityError>> + Send + 'static,
    {
        let run = Arc::new(run);
        Self {
            run: Box::new(move |attempt, args: Payload| {
                let run = Arc::clone(&run);
                async move {
                    let args = args.parse().map_err(|error| {
                        ActivityError::reject(&format!("the arguments do not fit: {error}"))
                    })?;
                    let value = run(attempt, args).await?;
                    Payload::of(&value).map_err(|error| ActivityError::reject(&error.to_string()))
                }
                .boxed()
            }),
            breaker: options.breaker.clone().map(|policy| Mutex::new(Breaker::new(policy))),
            rate: options.rate.map(|limit| Mutex::new(TokenBucket::full(limit, Timestamp::EPOCH))),
            options,
        }
    }
}

/// The activities that run on a host, to be stopped by their ids.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeMap<MessageId, oneshot::Sender<()>>>);

impl Running {
    /// Has an activity dropped, if it runs here.
    pub(crate) fn stop(&self, id: &MessageId) {
        if let Some(running) = self.lock().remove(id) {
            let _ = running.send(());
        }
    }

    fn begin(&self, id: &MessageId) -> oneshot::Receiver<()> {
        let (running, stopped) = oneshot::channel();
        self.lock().insert(id.clone(), running);
        stopped
    }

    fn end(&self, id: &MessageId) {
        self.lock().remove(id);
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<MessageId, oneshot::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Runs an activity until it has an outcome, and answers whoever waits for it.
    pub(crate) fn run_activity(self: &Arc<Self>, request: ActivityRequest, origin: Origin) {
        let host = Arc::clone(self);
        let stopped = self.running.begin(&request.id);
        self.spawn(async move {
            let stopped = async {
                // Without a word, it is only run by another task.
                if stopped.await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                biased;
                outcome = host.attempt_activity(&request) => {
                    host.running.end(&request.id);
                    host.answer_activity(request, outcome, origin).await;
                }
                () = stopped => host.handled(origin),
            }
        });
    }

    async fn attempt_activity(&self, request: &ActivityRequest) -> Outcome {
        let fail = |code, detail: String| Outcome::Failed(Failure::new(code, detail));
        let Some(entry) = self.activities.get(&request.name) else {
            let detail = format!("no activity {:?} is registered", request.name);
            return fail(FailureCode::ActivityFailed, detail);
        };
        let ActivityLimits { attempts_max, timeout_ms } = request.limits;
        let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.get()));
        let timeout = timeout.unwrap_or(entry.options.timeout);
        let mut number = 0;
        loop {
            number += 1;
            self.wait_for_rate(entry).await;
            let permit = self.wait_for_breaker(entry).await;
            let attempt = Attempt { key: request.id.clone(), number };
            let (ended, code) = self.attempt(entry, attempt, request.args.clone(), timeout).await;
            if let (Some(breaker), Some(permit)) = (&entry.breaker, permit) {
                let outcome = match ended {
                    Err(ActivityError::Retry(_)) => BreakerOutcome::Failed,
                    _ => BreakerOutcome::Succeeded,
                };
                let mut breaker = breaker.lock().unwrap_or_else(PoisonError::into_inner);
                breaker.record(permit, outcome, self.clock.now());
            }
            let reason = match ended {
                Ok(value) => return Outcome::Returned(value),
                Err(ActivityError::Reject(error)) => return Outcome::Rejected(error),
                Err(ActivityError::Retry(reason)) => reason,
            };
            warn!(activity = %request.name, id = %request.id, number, reason, "attempt failed");
            let is_last = attempts_max.is_some_and(|max| number >= max.get());
            match entry.options.retry.decide(number, self.seed()) {
                Retry::After(delay) if !is_last => self.pause(delay).await,
                _ => {
                    let detail = format!("{} failed {number} times: {reason}", request.name);
                    return fail(code, detail);
                }
            }
        }
    }

    /// One attempt, and what sort of failure it is if it was the last one and failed.
    async fn attempt(
        &self,
        entry: &ActivityEntry,
        attempt: Attempt,
        args: Payload,
        timeout: Duration,
    ) -> (Result<Payload, ActivityError>, FailureCode) {
        let until = self.clock.now().saturating_add(timeout);
        let run = AssertUnwindSafe((entry.run)(attempt, args)).catch_unwind();
        let panicked = |_| Err(ActivityError::retry("it panicked"));
        tokio::select! {
            biased;
            ended = run => (ended.unwrap_or_else(panicked), FailureCode::ActivityFailed),
            () = self.clock.sleep_until(until) => {
                let late = ActivityError::retry(format_args!("no end within {timeout:?}"));
                (Err(late), FailureCode::TimedOut)
            }
        }
    }

    async fn wait_for_rate(&self, entry: &ActivityEntry) {
        let Some(rate) = &entry.rate else { return };
        loop {
            let now = self.clock.now();
            let taken = rate.lock().unwrap_or_else(PoisonError::into_inner).take(1, now);
            match taken {
                // A bucket holds one token at the least, so one can always be had in the end.
                Taken::Yes | Taken::Never => return,
                Taken::Wait(delay) => self.pause(delay).await,
            }
        }
    }

    async fn wait_for_breaker(&self, entry: &ActivityEntry) -> Option<loom_core::Permit> {
        const PROBE_PAUSE: Duration = Duration::from_millis(10);
        const LOOK_EVERY: Duration = Duration::from_secs(1);
        let breaker = entry.breaker.as_ref()?;
        loop {
            let now = self.clock.now();
            let admission = breaker.lock().unwrap_or_else(PoisonError::into_inner).admit(now);
            match admission {
                BreakerAdmission::Allowed(permit) => return Some(permit),
                BreakerAdmission::Refused { until } => {
                    // All probes may be out, and may come back at any time.
                    self.pause(until.since(now).clamp(PROBE_PAUSE, LOOK_EVERY)).await;
                }
            }
        }
    }

    async fn answer_activity(
        self: &Arc<Self>,
        request: ActivityRequest,
        outcome: Outcome,
        mut origin: Origin,
    ) {
        const PAUSE: Duration = Duration::from_millis(50);
        let message = Message {
            id: request.id,
            to: request.reply_to.actor,
            body: Body::Answer { step: request.reply_to.step, outcome, then: None },
            key: None,
            cause: None,
            sent_at: self.clock.now(),
        };
        let mut delivery = Delivery { message, stamp: None };
        loop {
            // An actor that forgot what it asked for may ask for something else in its place.
            if !self.is_in_tenure(&origin) {
                return;
            }
            match self.deliver(delivery, origin) {
                Ok(()) => return,
                // The next owner of the partition finds the request and runs it again.
                Err(refused) if refused.is_elsewhere() || self.is_stopped() => return,
                Err(refused) => (delivery, origin) = refused.into_parts(),
            }
            self.pause(PAUSE).await;
        }
    }
}
