//! What a handler can ask for.

mod detached;

use std::fmt::Display;
use std::future::poll_fn;
use std::num::NonZeroU64;
use std::task::Poll;
use std::time::Duration;

use loom_core::{
    ActivityName, ActorId, Ask, EventName, FailureCode, InvalidId, Kind, LateFire, MessageId,
    Method, Op, Outcome, Payload, Timer, TimerName, TimerRun, Timestamp, TopicName,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call_error::value;
use crate::turn_log::{Asked, Boundary};
use crate::{CallError, TurnLog, topic};

pub use detached::{Ended, EndedWith};

/// What a handler can ask for.
///
/// Requests that nothing comes back from (`send`, `after`, …) are collected, and commit with
/// the handler's state. Requests that are awaited end the turn: what was asked for until then
/// commits, the handler is dropped, and once there is an answer it is run again from its
/// beginning, with the recorded answers. A handler must therefore ask for the same things each
/// time it is run on the same state with the same answers. Time and chance come from
/// [`now`](Self::now) and [`random`](Self::random); everything outside comes from
/// [`effect`](Self::effect) or an [`activity`](Self::activity).
///
/// In a unit test, a context is made by hand, from [`TurnLog::by_hand`].
#[derive(Debug)]
pub struct Context<'a> {
    log: &'a TurnLog,
}

/// A request that cannot be made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContextError {
    /// It names something that cannot exist.
    #[error(transparent)]
    Invalid(#[from] InvalidId),
    /// A value cannot be written as JSON.
    #[error("{what} cannot be written as JSON: {reason}")]
    Json {
        /// Which value.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

impl From<ContextError> for CallError {
    fn from(error: ContextError) -> Self {
        match error {
            ContextError::Invalid(error) => Self::Invalid(error),
            ContextError::Json { what, reason } => Self::Json { what, reason },
        }
    }
}

/// For handlers whose own error is text.
impl From<ContextError> for String {
    fn from(error: ContextError) -> Self {
        error.to_string()
    }
}

impl<'a> Context<'a> {
    /// The context of a handler whose requests go to `log`.
    #[must_use]
    pub fn new(log: &'a TurnLog) -> Self {
        Self { log }
    }

    /// This actor.
    #[must_use]
    pub fn actor_id(&self) -> &'a ActorId {
        self.log.me()
    }

    /// This actor's key.
    #[must_use]
    pub fn key(&self) -> &'a str {
        self.log.me().key()
    }

    /// The time at which the handler began, or was last answered. The same in each run.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.log.now()
    }

    /// A number without meaning, different for each call, and the same in each run. Not secret.
    #[must_use]
    pub fn random(&self) -> u64 {
        self.log.draw()
    }

    /// Has this actor leave memory as soon as it has nothing to do, and not only when it had
    /// nothing to do for long: for one that will hardly be needed again soon. Nothing is lost, and
    /// its next message brings it back.
    pub fn passivate(&mut self) {
        self.log.passivate();
    }

    /// Runs `method` of another actor some time after this turn commits. At least once; the
    /// receiver knows duplicates.
    ///
    /// # Errors
    ///
    /// Refuses names that cannot exist and arguments that JSON cannot express.
    pub fn send<T: Serialize + ?Sized>(
        &mut self,
        to: impl AsRef<str>,
        method: &str,
        args: &T,
    ) -> Result<(), ContextError> {
        let (to, method) = (ActorId::parse(to.as_ref())?, Method::parse(method)?);
        self.log.tell(Op::Send { to, method, args: json("the arguments", args)? });
        Ok(())
    }

    /// Tells another actor that an event happened, for a handler that waits for it, or will.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn signal<T: Serialize + ?Sized>(
        &mut self,
        to: impl AsRef<str>,
        event: &str,
        payload: &T,
    ) -> Result<(), ContextError> {
        let (to, name) = (ActorId::parse(to.as_ref())?, EventName::parse(event)?);
        self.log.tell(Op::Signal { to, name, payload: json("the event", payload)? });
        Ok(())
    }

    /// Creates a child of this actor, `kind/{this key}/{name}`, with its first message. The child
    /// is recorded as this actor's.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn spawn<T: Serialize + ?Sized>(
        &mut self,
        kind: &str,
        name: impl Display,
        method: &str,
        args: &T,
    ) -> Result<ActorId, ContextError> {
        let child = ActorId::new(&Kind::parse(kind)?, &format!("{}/{name}", self.key()))?;
        let method = Method::parse(method)?;
        let args = json("the arguments", args)?;
        self.log.tell(Op::Spawn { child: child.clone(), method, args });
        Ok(child)
    }

    /// Publishes to a durable topic: each of its subscribers is sent the message.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn publish<T: Serialize + ?Sized>(
        &mut self,
        to: &str,
        message: &T,
    ) -> Result<(), ContextError> {
        self.send(topic::actor_id(&TopicName::parse(to)?)?, topic::PUBLISH, message)
    }

    /// Has `method` of this actor run for each message of a durable topic, from now on.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn subscribe(&mut self, to: &str, method: &str) -> Result<(), ContextError> {
        let subscription =
            topic::Subscription { actor: self.actor_id().clone(), method: Method::parse(method)? };
        self.send(topic::actor_id(&TopicName::parse(to)?)?, topic::SUBSCRIBE, &subscription)
    }

    /// Ends a subscription of this actor.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn unsubscribe(&mut self, to: &str, method: &str) -> Result<(), ContextError> {
        let subscription =
            topic::Subscription { actor: self.actor_id().clone(), method: Method::parse(method)? };
        self.send(topic::actor_id(&TopicName::parse(to)?)?, topic::UNSUBSCRIBE, &subscription)
    }

    /// Runs `method` of this actor once, after `delay`. Replaces the timer of the same name.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn after<T: Serialize + ?Sized>(
        &mut self,
        timer: &str,
        delay: Duration,
        method: &str,
        args: &T,
    ) -> Result<(), ContextError> {
        let at = self.now().saturating_add(delay);
        self.set_timer(timer, at, None, LateFire::Once, method, args)
    }

    /// Runs `method` of this actor once, at `at`. `late` says what to do when every host was
    /// down then. Replaces the timer of the same name.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn at<T: Serialize + ?Sized>(
        &mut self,
        timer: &str,
        at: Timestamp,
        late: LateFire,
        method: &str,
        args: &T,
    ) -> Result<(), ContextError> {
        self.set_timer(timer, at, None, late, method, args)
    }

    /// Runs `method` of this actor every `period`, first after one period, until cancelled.
    /// `late` says what to do about the times at which every host was down. Replaces the timer
    /// of the same name.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn every<T: Serialize + ?Sized>(
        &mut self,
        timer: &str,
        period: Duration,
        late: LateFire,
        method: &str,
        args: &T,
    ) -> Result<(), ContextError> {
        let millis = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        let every_ms = NonZeroU64::new(millis).unwrap_or(NonZeroU64::MIN);
        let at = self.now().saturating_add(Duration::from_millis(every_ms.get()));
        self.set_timer(timer, at, Some(every_ms), late, method, args)
    }

    /// Cancels a timer. Changes nothing if there is none of the name.
    ///
    /// # Errors
    ///
    /// Refuses a name that cannot exist.
    pub fn cancel(&mut self, timer: &str) -> Result<(), ContextError> {
        self.log.tell(Op::ClearTimer { name: TimerName::parse(timer)? });
        Ok(())
    }

    fn set_timer<T: Serialize + ?Sized>(
        &mut self,
        name: &str,
        at: Timestamp,
        every_ms: Option<NonZeroU64>,
        late: LateFire,
        method: &str,
        args: &T,
    ) -> Result<(), ContextError> {
        let name = TimerName::parse(name)?;
        let method = Method::parse(method)?;
        let run = Some(TimerRun { method, args: json("the arguments", args)?, every_ms, late });
        self.log.tell(Op::SetTimer { name, timer: Timer { at, run } });
        Ok(())
    }

    /// Runs an effect and records its value; in later runs of the handler, returns that value.
    ///
    /// What the handler asked for before is committed first. The effect runs at least once: a
    /// host that dies before the value is committed leaves it to the next to run it again, with the
    /// same key. Hand the key to whatever can use it to know a duplicate.
    ///
    /// # Errors
    ///
    /// Fails when the value cannot be written as JSON, or the recorded one cannot be read.
    pub async fn effect<T, Fut>(
        &mut self,
        name: &str,
        run: impl FnOnce(MessageId) -> Fut,
    ) -> Result<T, CallError>
    where
        T: Serialize + DeserializeOwned,
        Fut: Future<Output = T>,
    {
        match self.log.look_up(&Ask::Effect(name.to_owned()), 0) {
            Asked::Answered(outcome) => return value(outcome),
            Asked::Awaited => return never().await,
            Asked::New => {}
        }
        if self.log.is_by_hand() {
            if let Some(outcome) = self.log.answer_by_hand(&format!("effect {name}")) {
                self.log.push(Op::Effect { name: name.to_owned(), outcome: outcome.clone() });
                return value(outcome);
            }
        } else {
            self.log.stop_at(Boundary::Flush);
            self.past_boundary().await;
        }
        let effect_value = run(self.log.next_name()).await;
        let outcome = Outcome::Returned(json("the effect's value", &effect_value)?);
        self.log.push(Op::Effect { name: name.to_owned(), outcome });
        Ok(effect_value)
    }

    /// Calls another actor and waits for its reply, however long it takes.
    ///
    /// # Errors
    ///
    /// What the callee rejected, or why it could not be called.
    pub async fn call<T: DeserializeOwned>(
        &mut self,
        to: impl AsRef<str>,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        self.call_until(to.as_ref(), method, args, None).await
    }

    /// As [`call`](Self::call), but gives up waiting after `limit`. The callee may still run.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); `Failed` with `TimedOut` after `limit`.
    pub async fn call_within<T: DeserializeOwned>(
        &mut self,
        limit: Duration,
        to: impl AsRef<str>,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        let until = self.now().saturating_add(limit);
        self.call_until(to.as_ref(), method, args, Some(until)).await
    }

    async fn call_until<T: DeserializeOwned>(
        &mut self,
        to: &str,
        method: &str,
        args: &(impl Serialize + ?Sized),
        until: Option<Timestamp>,
    ) -> Result<T, CallError> {
        let (to, method) = (ActorId::parse(to)?, Method::parse(method)?);
        let args = json("the arguments", args)?;
        value(self.ask(Op::Call { to, method, args, until }).await)
    }

    /// Runs a registered activity outside the turn, with its retries, and waits for its value.
    ///
    /// # Errors
    ///
    /// What the activity rejected, or why it could not be run.
    pub async fn activity<T: DeserializeOwned>(
        &mut self,
        name: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        let name = ActivityName::parse(name)?;
        let args = json("the arguments", args)?;
        value(self.ask(Op::Activity { name, args }).await)
    }

    /// Waits for `time` to pass, which may be years.
    pub async fn sleep(&mut self, time: Duration) {
        let until = self.now().saturating_add(time);
        self.ask(Op::Sleep { until }).await;
    }

    /// Waits for an event, however long it takes. An event that came earlier and was not waited
    /// for is taken at once, the oldest first.
    ///
    /// # Errors
    ///
    /// Fails for a name that cannot exist, or when the event is no `T`.
    pub async fn wait_for<T: DeserializeOwned>(&mut self, event: &str) -> Result<T, CallError> {
        value(self.wait(EventName::parse(event)?, None).await)
    }

    /// As [`wait_for`](Self::wait_for), but gives up with `None` after `limit`.
    ///
    /// # Errors
    ///
    /// As [`wait_for`](Self::wait_for).
    pub async fn wait_for_within<T: DeserializeOwned>(
        &mut self,
        limit: Duration,
        event: &str,
    ) -> Result<Option<T>, CallError> {
        let until = self.now().saturating_add(limit);
        match self.wait(EventName::parse(event)?, Some(until)).await {
            Outcome::Failed(failure) if failure.code == FailureCode::TimedOut => Ok(None),
            outcome => value(outcome).map(Some),
        }
    }

    async fn wait(&mut self, name: EventName, until: Option<Timestamp>) -> Outcome {
        let wait = Op::Wait { name: name.clone(), until };
        match self.log.look_up(&wait.ask(), wait.fingerprint()) {
            Asked::Answered(outcome) => outcome,
            Asked::Awaited => self.suspend().await,
            Asked::New => match self.log.take_kept(&name) {
                Some(payload) => {
                    self.log.push(Op::Take { name, payload: payload.clone() });
                    Outcome::Returned(payload)
                }
                None => self.ask_new(wait).await,
            },
        }
    }

    async fn ask(&mut self, op: Op) -> Outcome {
        match self.log.look_up(&op.ask(), op.fingerprint()) {
            Asked::Answered(outcome) => outcome,
            Asked::Awaited => self.suspend().await,
            Asked::New => self.ask_new(op).await,
        }
    }

    async fn ask_new(&mut self, op: Op) -> Outcome {
        if self.log.is_by_hand() {
            return self.log.end_by_hand(op);
        }
        self.log.push(op);
        self.suspend().await
    }

    async fn suspend(&mut self) -> Outcome {
        self.log.stop_at(Boundary::Suspend);
        never().await
    }

    async fn past_boundary(&self) {
        poll_fn(|_| match self.log.boundary() {
            Some(_) => Poll::Pending,
            None => Poll::Ready(()),
        })
        .await;
    }
}

/// Whoever runs the handler drops it here.
async fn never<T>() -> T {
    std::future::pending().await
}

fn json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<Payload, ContextError> {
    Payload::of(value).map_err(|error| ContextError::Json { what, reason: error.to_string() })
}
