//! Reaching an actor from outside actors.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use loom_core::{
    ActorId, Body, Delivery, EventName, IdempotencyKey, Message, MessageId, Method, Outcome,
    Payload, RequestKey, fingerprint,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::CallError;
use crate::actor::HandlerRole;
use crate::call_error::value;
use crate::envelope::{Answer, Origin, Reply};
use crate::forward::handle_once;
use crate::host::Shared;
use crate::watched::Wanted;

/// An actor, as seen from outside actors. Cheap to make and to clone; the actor need not exist.
#[derive(Clone, Debug)]
pub struct ActorRef {
    host: Arc<Shared>,
    id: ActorId,
}

impl ActorRef {
    pub(crate) fn new(host: Arc<Shared>, id: ActorId) -> Self {
        Self { host, id }
    }

    /// Which actor.
    #[must_use]
    pub fn id(&self) -> &ActorId {
        &self.id
    }

    /// Runs a handler and waits for its value. Queries run beside other handlers, on the last
    /// committed state.
    ///
    /// # Errors
    ///
    /// What the handler rejected, or why it did not run.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<T, CallError> {
        value(self.request(method, args)?.call().await?.outcome)
    }

    /// Accepts a message for the actor, durably, and returns before it is handled.
    ///
    /// # Errors
    ///
    /// Says why it was not accepted.
    pub async fn send(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<MessageId, CallError> {
        self.request(method, args)?.send().await
    }

    /// Tells the actor that an event happened, for a handler that waits for it, or will.
    ///
    /// # Errors
    ///
    /// Says why it was not taken.
    pub async fn signal(
        &self,
        event: &str,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<(), CallError> {
        let name = EventName::parse(event)?;
        let payload = encode(payload)?;
        self.host.check_size(payload.0.len())?;
        let message = self.message(Body::Event { name, payload }, None);
        let reply = answered(self.host.call(message)?).await?;
        value::<()>(reply.outcome)
    }

    /// A request that can be given a key or a time limit before it is sent.
    ///
    /// # Errors
    ///
    /// Refuses a method that cannot exist, and arguments that JSON cannot express.
    pub fn request(
        &self,
        method: &str,
        args: &(impl Serialize + ?Sized),
    ) -> Result<Request, CallError> {
        Ok(self.request_payload(Method::parse(method)?, encode(args)?))
    }

    /// As [`request`](Self::request), with arguments that are JSON already.
    pub fn request_payload(&self, method: Method, args: Payload) -> Request {
        Request { actor: self.clone(), method, args, key: None, limit: None }
    }

    /// The state as last committed: a JSON value. `None` before the first turn.
    ///
    /// # Errors
    ///
    /// Says why the actor could not be read.
    pub async fn state(&self) -> Result<Option<Payload>, CallError> {
        Ok(present(self.host.view(&self.id).await?.state))
    }

    /// Waits until the committed state is one for which `test` has a value. Of an actor that
    /// another host has, the state is looked at now and then.
    ///
    /// # Errors
    ///
    /// Says why the actor could not be read.
    pub async fn until<T>(&self, test: impl Fn(&Payload) -> Option<T>) -> Result<T, CallError> {
        self.until_wanted(|_| true, test).await
    }

    /// As [`until`](Self::until), but looks only at states that are `wanted`.
    pub(crate) async fn until_wanted<T>(
        &self,
        wanted: Wanted,
        test: impl Fn(&Payload) -> Option<T>,
    ) -> Result<T, CallError> {
        const LOOK_EVERY: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
        let [mut pause, pause_max] = LOOK_EVERY;
        let mut watcher = self.host.watched.watch(&self.id, wanted);
        let mut state = self.state().await?;
        loop {
            if let Some(value) = state.as_ref().and_then(&test) {
                return Ok(value);
            }
            // What was committed need not be in memory any more.
            state = tokio::select! {
                biased;
                state = watcher.committed() => present(state),
                () = self.host.pause(pause) => {
                    pause = (pause * 2).min(pause_max);
                    self.state().await?
                }
            };
        }
    }

    fn message(&self, body: Body, key: Option<RequestKey>) -> Message {
        // The same request has the same id in each attempt, so that one that kills its host is
        // known again.
        let id = match &key {
            Some(key) => keyed_message_id(&self.id, key),
            None => self.host.message_id(),
        };
        Message { id, to: self.id.clone(), body, key, cause: None, sent_at: self.host.clock.now() }
    }
}

/// The state of an actor; none before its first turn.
fn present(state: Bytes) -> Option<Payload> {
    (!state.is_empty()).then_some(Payload(state))
}

/// A request to an actor that was not sent yet.
#[must_use = "a request does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct Request {
    actor: ActorRef,
    method: Method,
    args: Payload,
    key: Option<IdempotencyKey>,
    limit: Option<Duration>,
}

impl Request {
    /// The same request under the same key is handled once within the host's key window;
    /// duplicates get the same outcome.
    pub fn key(mut self, key: IdempotencyKey) -> Self {
        self.key = Some(key);
        self
    }

    /// How long to wait for the outcome. The request is not withdrawn.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Runs the handler and waits for the outcome.
    ///
    /// # Errors
    ///
    /// Says why there is no outcome. After the time limit: `Unknown`.
    pub async fn call(self) -> Result<Reply, CallError> {
        if self.is_query() {
            return self.query().await;
        }
        let (clock, limit) = (Arc::clone(&self.actor.host.clock), self.limit);
        let pending = self.submit()?;
        let Some(limit) = limit else { return pending.outcome().await };
        let call_id = pending.call_id.clone();
        let until = clock.now().saturating_add(limit);
        tokio::select! {
            biased;
            answer = pending.outcome() => answer,
            () = clock.sleep_until(until) => Err(CallError::Unknown { call_id }),
        }
    }

    /// Puts the request in the actor's mailbox at once, behind those submitted before. If another
    /// host has the actor, requests that are on their way at the same time may pass each other.
    ///
    /// # Errors
    ///
    /// `Overloaded` when the mailbox is full, and why else it was not taken.
    pub fn submit(self) -> Result<Pending, CallError> {
        let message = self.message()?;
        let call_id = message.id.clone();
        Ok(Pending { call_id, answer: self.actor.host.call(message)? })
    }

    /// Accepts the request durably, and returns before it is handled. Needs no room in the
    /// mailbox. The id names it in journals and dead letters.
    ///
    /// # Errors
    ///
    /// Says why it was not accepted. After `Unknown`, send it again with the same key.
    pub async fn send(self) -> Result<MessageId, CallError> {
        let mut message = self.message()?;
        handle_once(&mut message)?;
        let id = message.id.clone();
        self.actor.host.enqueue(message).await?;
        Ok(id)
    }

    fn message(&self) -> Result<Message, CallError> {
        self.actor.host.check_size(self.args.0.len())?;
        let (method, args) = (self.method.clone(), self.args.clone());
        let key = self.key.clone().map(|key| RequestKey::new(key, &method, &args));
        Ok(self.actor.message(Body::Invoke { method, args, reply_to: None }, key))
    }

    fn is_query(&self) -> bool {
        let entry = self.actor.host.kinds.get(self.actor.id.kind());
        entry.and_then(|entry| entry.role(self.method.as_str())) == Some(HandlerRole::Query)
    }

    async fn query(&self) -> Result<Reply, CallError> {
        let host = &self.actor.host;
        let view = host.view(&self.actor.id).await?;
        let entry = host.kinds.get(self.actor.id.kind());
        let entry = entry.expect("a query is a method of a kind that is known");
        let outcome = entry
            .query(&view.state, view.version, self.method.as_str(), &self.args)
            .map_err(|error| CallError::Unavailable(error.to_string()))?;
        match outcome {
            Outcome::Failed(failure) => Err(CallError::Failed(failure)),
            outcome => Ok(Reply { outcome, duplicate: false }),
        }
    }
}

/// A request in a mailbox.
#[must_use = "the outcome is only known by waiting for it"]
#[derive(Debug)]
pub struct Pending {
    call_id: MessageId,
    answer: oneshot::Receiver<Answer>,
}

impl Pending {
    /// Waits for the outcome.
    ///
    /// # Errors
    ///
    /// Says why there is no outcome.
    pub async fn outcome(self) -> Result<Reply, CallError> {
        let Self { call_id, answer } = self;
        let reply = answer.await.unwrap_or(Err(CallError::Unknown { call_id }))?;
        match reply.outcome {
            Outcome::Failed(failure) => Err(CallError::Failed(failure)),
            outcome => Ok(Reply { outcome, ..reply }),
        }
    }
}

fn keyed_message_id(to: &ActorId, key: &RequestKey) -> MessageId {
    let hash = fingerprint(&[to.as_str().as_bytes(), key.key.as_str().as_bytes()]);
    let name = format!("{to}#{hash:016x}");
    MessageId::parse(&name).expect("an actor id and a hash fit in a message id")
}

async fn answered(answer: oneshot::Receiver<Answer>) -> Answer {
    let gone = || Err(CallError::Unavailable("the host stopped".into()));
    answer.await.unwrap_or_else(|_| gone())
}

fn encode(value: &(impl Serialize + ?Sized)) -> Result<Payload, CallError> {
    Payload::of(value).map_err(|error| CallError::json("the arguments", &error))
}

impl Shared {
    /// Has a request carried out, here or by the host that has the actor.
    pub(crate) fn call(
        self: &Arc<Self>,
        message: Message,
    ) -> Result<oneshot::Receiver<Answer>, CallError> {
        let is_here = self.owns(self.partition_of(&message.to));
        if !is_here && self.has_peers.load(Ordering::Relaxed) {
            self.check_running()?;
            return self.forward(message);
        }
        self.call_here(message)
    }

    /// Puts a message in a mailbox on behalf of a caller.
    pub(crate) fn call_here(
        self: &Arc<Self>,
        message: Message,
    ) -> Result<oneshot::Receiver<Answer>, CallError> {
        self.check_running()?;
        let (caller, answer) = oneshot::channel();
        let delivery = Delivery { message, stamp: None };
        match self.deliver(delivery, Origin::Caller(caller)) {
            Ok(()) => Ok(answer),
            Err(refused) => Err(refused.into_error()),
        }
    }
}
