//! Activities: named effects that a host runs outside turns, with retries.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use loom_core::{
    ActivityName, ActivityRequest, Body, Breaker, BreakerAdmission, BreakerOutcome, BreakerPolicy,
    Delivery, Failure, FailureCode, Message, MessageId, Outcome, Payload, RateLimit, Retry,
    RetryPolicy, Taken, Timestamp, TokenBucket,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
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

impl Shared {
    /// Runs an activity until it has an outcome, and answers whoever waits for it.
    pub(crate) fn run_activity(self: &Arc<Self>, request: ActivityRequest, origin: Origin) {
        let host = Arc::clone(self);
        self.spawn(async move {
            let outcome = host.attempt_activity(&request).await;
            host.answer_activity(request, outcome, origin).await;
        });
    }

    async fn attempt_activity(&self, request: &ActivityRequest) -> Outcome {
        let fail =
            |detail: String| Outcome::Failed(Failure::new(FailureCode::ActivityFailed, detail));
        let Some(entry) = self.activities.get(&request.name) else {
            return fail(format!("no activity {:?} is registered", request.name));
        };
        let mut number = 0;
        loop {
            number += 1;
            self.wait_for_rate(entry).await;
            let permit = self.wait_for_breaker(entry).await;
            let attempt = Attempt { key: request.id.clone(), number };
            let ended = self.attempt(entry, attempt, request.args.clone()).await;
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
            match entry.options.retry.decide(number, self.seed()) {
                Retry::After(delay) => self.pause(delay).await,
                Retry::GiveUp => {
                    return fail(format!("{} failed {number} times: {reason}", request.name));
                }
            }
        }
    }

    async fn attempt(
        &self,
        entry: &ActivityEntry,
        attempt: Attempt,
        args: Payload,
    ) -> Result<Payload, ActivityError> {
        let until = self.clock.now().saturating_add(entry.options.timeout);
        let run = AssertUnwindSafe((entry.run)(attempt, args)).catch_unwind();
        tokio::select! {
            biased;
            ended = run => ended.unwrap_or_else(|_| Err(ActivityError::retry("it panicked"))),
            () = self.clock.sleep_until(until) => {
                Err(ActivityError::retry(format_args!("no end within {:?}", entry.options.timeout)))
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
            body: Body::Answer { step: request.reply_to.step, outcome },
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
