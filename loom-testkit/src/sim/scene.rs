//! What a scenario can do: call actors as somebody outside would, and look at what came of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use loom_core::{ActorId, IdempotencyKey, Method, Outcome, Payload};
use loom_ports::Stores;
use loom_runtime::{ActorRef, CallError, HandlerRole, Host};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::chance::Chance;
use super::cluster::Hosts;
use super::world::World;

/// A simulated cluster, as seen from outside. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Scene(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hosts: Arc<Hosts>,
    chance: Mutex<Chance>,
    last_key: AtomicU64,
    rounds_max: u64,
    rounds_asked: AtomicU64,
}

impl Scene {
    pub(super) fn new(hosts: &Arc<Hosts>, rounds_max: u64) -> Self {
        let chance = Mutex::new(hosts.world.chance("scenario"));
        Self(Arc::new(Inner {
            hosts: Arc::clone(hosts),
            chance,
            last_key: AtomicU64::new(0),
            rounds_max,
            rounds_asked: AtomicU64::new(0),
        }))
    }

    /// The world that this is part of.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.0.hosts.world
    }

    /// A number less than `end`, chosen by the seed.
    #[must_use]
    pub fn below(&self, end: u64) -> u64 {
        self.0.chance.lock().unwrap_or_else(PoisonError::into_inner).below(end)
    }

    /// `rounds`, or fewer while a failing run is made smaller. A scenario that asks for how long
    /// it is to go on has shorter traces.
    #[must_use]
    pub fn rounds(&self, rounds: u64) -> u64 {
        self.0.rounds_asked.fetch_max(rounds, Ordering::Relaxed);
        rounds.min(self.0.rounds_max)
    }

    pub(super) fn rounds_asked(&self) -> u64 {
        self.0.rounds_asked.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    pub async fn sleep(&self, time: Duration) {
        self.world().sleep(time).await;
    }

    /// Has a caller of its own do something beside the others, and gives what it returns.
    ///
    /// # Panics
    ///
    /// Never: nothing outside the hosts is ever killed.
    pub fn beside<T: Send + 'static>(
        &self,
        caller: impl Future<Output = T> + Send + 'static,
    ) -> BoxFuture<'static, T> {
        let (tell, told) = oneshot::channel();
        self.world().spawn(async move {
            let _ = tell.send(caller.await);
        });
        Box::pin(async move { told.await.expect("nothing outside the hosts is ever killed") })
    }

    /// Calls an actor until the outcome is known: as often as need be, under one idempotency key,
    /// at one host after another.
    ///
    /// # Errors
    ///
    /// What the handler rejected, or why the request can never be carried out.
    pub async fn call<T: DeserializeOwned>(
        &self,
        actor: &str,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        let key = format!("call-{}", self.0.last_key.fetch_add(1, Ordering::Relaxed));
        self.call_keyed(&key, actor, method, args).await
    }

    /// As [`call`](Self::call), under a key of the caller's choice.
    ///
    /// # Errors
    ///
    /// What the handler rejected, or why the request can never be carried out.
    pub async fn call_keyed<T: DeserializeOwned>(
        &self,
        key: &str,
        actor: &str,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        const LIMIT: Duration = Duration::from_secs(20);
        let key = IdempotencyKey::parse(key)?;
        let id = ActorId::parse(actor)?;
        let (method, args) = (Method::parse(method)?, payload(args)?);
        let reply = self
            .until_known(&id, |actor| {
                let (method, args, key) = (method.clone(), args.clone(), key.clone());
                async move { actor.request_payload(method, args).key(key).within(LIMIT).call().await }
            })
            .await?;
        if !self.may_be_query(&id, &method) {
            self.0.hosts.audit.replied(&id, &method, &key, &reply.outcome);
        }
        match reply.outcome {
            Outcome::Returned(value) => value.parse().map_err(json("the reply")),
            Outcome::Rejected(error) => Err(CallError::Rejected(error)),
            Outcome::Failed(failure) => Err(CallError::Failed(failure)),
        }
    }

    fn may_be_query(&self, id: &ActorId, method: &Method) -> bool {
        let Some(host) = self.host() else { return true };
        let handlers = host.handlers(id.kind()).unwrap_or_default();
        let found = handlers.iter().find(|handler| handler.name == method.as_str());
        found.is_none_or(|handler| handler.role == HandlerRole::Query)
    }

    /// Sends a message to an actor, as often as need be for it to be accepted.
    ///
    /// # Errors
    ///
    /// Why it can never be accepted.
    pub async fn send(
        &self,
        actor: &str,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<(), CallError> {
        let key = format!("send-{}", self.0.last_key.fetch_add(1, Ordering::Relaxed));
        let key = IdempotencyKey::parse(&key)?;
        let id = ActorId::parse(actor)?;
        let (method, args) = (Method::parse(method)?, payload(args)?);
        self.until_known(&id, move |actor| {
            let (method, args, key) = (method.clone(), args.clone(), key.clone());
            async move { actor.request_payload(method, args).key(key).send().await.map(drop) }
        })
        .await
    }

    /// Tells an actor that an event happened, until it knows. It may learn of it more than once.
    ///
    /// # Errors
    ///
    /// Why it can never learn of it.
    pub async fn signal(
        &self,
        actor: &str,
        event: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<(), CallError> {
        let id = ActorId::parse(actor)?;
        let payload: serde_json::Value =
            self::payload(payload)?.parse().map_err(json("the event"))?;
        let event = event.to_owned();
        self.until_known(&id, move |actor| {
            let (event, payload) = (event.clone(), payload.clone());
            async move { actor.signal(&event, &payload).await }
        })
        .await
    }

    /// The state of an actor, as last committed. `None` before its first turn.
    ///
    /// # Panics
    ///
    /// Panics if `actor` cannot be one, or its state is none of type `S`.
    pub async fn state<S: DeserializeOwned>(&self, actor: &str) -> Option<S> {
        let id = ActorId::parse(actor).expect("an actor id");
        let state = self.until_known(&id, |actor| async move { actor.state().await }).await;
        let state = state.expect("an actor can be read");
        state.map(|state| state.parse().expect("the state is of that type"))
    }

    /// Does something with one host after another until one knows the outcome.
    async fn until_known<T: Send + 'static, Fut>(
        &self,
        id: &ActorId,
        request: impl Fn(ActorRef) -> Fut,
    ) -> Result<T, CallError>
    where
        Fut: Future<Output = Result<T, CallError>> + Send + 'static,
    {
        const LIMIT: Duration = Duration::from_mins(30);
        let until = self.world().now().saturating_add(LIMIT);
        let mut tries = 0_u32;
        let count = self.0.hosts.count() as u64;
        let mut at = usize::try_from(self.below(count)).unwrap_or(0);
        while self.world().now() < until {
            tries += 1;
            match self.at_host(at, id, &request).await {
                Some(Ok(value)) => return Ok(value),
                Some(Err(
                    error @ (CallError::Rejected(_)
                    | CallError::Failed(_)
                    | CallError::Invalid(_)
                    | CallError::Json { .. }),
                )) => return Err(error),
                Some(Err(
                    CallError::Overloaded(_)
                    | CallError::Unavailable(_)
                    | CallError::Unknown { .. },
                ))
                | None => {}
            }
            at = (at + 1) % self.0.hosts.count();
            self.sleep(Duration::from_millis(self.below(u64::from(tries.min(100)) * 10))).await;
        }
        let what = format!("{id} did not answer {tries} requests in {LIMIT:?}");
        let promise = self.0.hosts.audit.broken_by_waiting(self.world().now());
        self.world().violate(promise, what);
        std::future::pending().await
    }

    /// Does something at one host, as part of its process. `None` if that is not there, or died,
    /// or its answer was lost.
    async fn at_host<T: Send + 'static, Fut>(
        &self,
        index: usize,
        id: &ActorId,
        request: impl Fn(ActorRef) -> Fut,
    ) -> Option<Result<T, CallError>>
    where
        Fut: Future<Output = Result<T, CallError>> + Send + 'static,
    {
        const GIVE_UP_AFTER: Duration = Duration::from_secs(40);
        let (process, host) = self.0.hosts.running(index)?;
        let (tell, told) = oneshot::channel();
        let asking = request(host.actor_ref(id.clone()));
        drop(host);
        let task = async move {
            let _ = tell.send(asking.await);
        };
        self.world().executor.spawn(process, Box::pin(task));
        tokio::select! {
            biased;
            answer = told => {
                let is_lost = self.world().is_hostile() && self.below(20) == 0;
                answer.ok().filter(|_| !is_lost)
            }
            () = self.world().sleep(GIVE_UP_AFTER) => None,
        }
    }

    /// The stores as they are, with no network in between.
    #[must_use]
    pub fn stores(&self) -> Stores {
        self.0.hosts.stores()
    }

    /// Whether a host did something on the strength of a turn that a failover had forgotten, and
    /// something came of it: a message was handled that nobody has sent now, or one was lost.
    #[must_use]
    pub fn is_haunted(&self) -> bool {
        self.0.hosts.audit.is_haunted()
    }

    /// A host that runs, to look at.
    #[must_use]
    pub fn host(&self) -> Option<Host> {
        (0..self.0.hosts.count())
            .find_map(|index| self.0.hosts.running(index))
            .map(|(_, host)| host)
    }

    /// Has one host after another stop and start with a version of the code, and none start with
    /// an older one from now on. What new code has stored, old code cannot always read: see
    /// [`Sim::versions`](super::Sim::versions).
    pub async fn roll_out(&self, version: u32) {
        self.0.hosts.roll_out(version).await;
    }

    /// Ends all faults, and waits until everything that was accepted is handled.
    ///
    /// What is still pending after half an hour is a violation.
    pub async fn settle(&self) {
        const LIMIT: Duration = Duration::from_mins(30);
        const LOOK_EVERY: Duration = Duration::from_secs(1);
        const NAMED_MAX: usize = 5;
        self.0.hosts.heal().await;
        // Until then, requests of before may still arrive, and timers of a minute be due.
        self.sleep(Duration::from_mins(1)).await;
        let until = self.world().now().saturating_add(LIMIT);
        loop {
            let now = self.world().now();
            let pending = self.0.hosts.audit.pending(now);
            if pending.is_empty() {
                return self.0.hosts.judge_divergence();
            }
            if now >= until {
                let named = pending[..pending.len().min(NAMED_MAX)].join("; ");
                let what = format!("{} things are pending: {named}", pending.len());
                let promise = self.0.hosts.audit.broken_by_waiting(now);
                return self.world().violate(promise, what);
            }
            self.sleep(LOOK_EVERY).await;
        }
    }
}

fn payload(value: &(impl Serialize + ?Sized)) -> Result<Payload, CallError> {
    Payload::of(value).map_err(json("the arguments"))
}

fn json(what: &'static str) -> impl Fn(serde_json::Error) -> CallError {
    move |error| CallError::Json { what, reason: error.to_string() }
}
