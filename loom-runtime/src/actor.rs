//! What a kind of actor is made of, for the runtime.
//!
//! [`Actor`] is usually implemented by `#[actor]`. A [`KindEntry`] is the same without its type,
//! so that hosts can hold many kinds.

use bytes::Bytes;
use futures::future::BoxFuture;
use loom_core::{Enforced, Failure, FailureCode, InvalidId, Kind, Laws, Method, Outcome, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Context;

/// State and behaviour of one kind of durable actor.
///
/// The state is what serde writes as JSON; everything else is lost when the actor is not in
/// memory. An actor that was never sent anything has the default state.
pub trait Actor: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Chooses this code for actor ids `kind/key`. Part of what is stored: never change it.
    const KIND: &'static str;

    /// The version of the state. Greater for every change that old JSON does not fit.
    const VERSION: u32 = 1;

    /// The handlers by name. The names are part of what is stored.
    fn handlers() -> &'static [HandlerSpec];

    /// Runs the exclusive handler or timer `method`, which is one of [`handlers`](Self::handlers).
    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome>;

    /// Runs the query `method`, which is one of [`handlers`](Self::handlers).
    fn query(&self, method: &str, args: &Payload) -> Outcome;

    /// Invariants of the state, checked at every commit.
    #[must_use]
    fn laws() -> Laws<Self> {
        Laws::none()
    }

    /// Brings a state of version `from` one version further.
    ///
    /// # Errors
    ///
    /// Says why the state cannot be brought further. The actor then stays as it is, and every
    /// message to it waits for code that can.
    fn migrate(from: u32, _state: Value) -> Result<Value, String> {
        Err(format!("no migration from version {from} is declared"))
    }
}

/// A handler, by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HandlerSpec {
    /// The stable name.
    pub name: &'static str,
    /// When it runs.
    pub role: HandlerRole,
}

/// When a handler runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HandlerRole {
    /// One at a time, and may change the state.
    Exclusive,
    /// Beside others, on the last committed state.
    Query,
    /// As `Exclusive`, but only for timers.
    Timer,
}

/// An actor in memory, without its type.
pub(crate) trait Activated: Send + Sync {
    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome>;

    fn to_json(&self) -> Result<Bytes, serde_json::Error>;
}

struct Typed<A>(A);

impl<A: Actor> Activated for Typed<A> {
    fn handle<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        method: &'a str,
        args: &'a Payload,
    ) -> BoxFuture<'a, Outcome> {
        self.0.handle(cx, method, args)
    }

    fn to_json(&self) -> Result<Bytes, serde_json::Error> {
        let mut json = serde_json::to_vec(&self.0)?;
        // It stays in memory for as long as the actor does.
        json.shrink_to_fit();
        Ok(json.into())
    }
}

type Activation = Result<Box<dyn Activated>, StateError>;
type Activate = dyn Fn(&Bytes, u32) -> Activation + Send + Sync;
type Enforce = dyn Fn(&Bytes) -> Result<Upheld, StateError> + Send + Sync;

/// A kind of actor, without its type.
pub(crate) struct KindEntry {
    pub(crate) kind: Kind,
    pub(crate) version: u32,
    handlers: &'static [HandlerSpec],
    activate: Box<Activate>,
    query: fn(&Bytes, u32, &str, &Payload) -> Result<Outcome, StateError>,
    enforce: Box<Enforce>,
    lawless: bool,
    /// The handler that is run in place of one whose turn is larger than the store takes, with
    /// what is too large; without it, the request has failed.
    pub(crate) outgrown: Option<Method>,
    /// What of the state is copied to the state store; without it, all.
    pub(crate) projected: Option<fn(&Bytes) -> Option<Bytes>>,
}

impl std::fmt::Debug for KindEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KindEntry").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A state after its laws were enforced.
pub(crate) enum Upheld {
    AsItWas,
    Repaired { state: Bytes, laws: Vec<&'static str> },
    Rejected(Failure),
}

/// A stored state that the code cannot take.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the stored state of version {stored} does not fit the code of version {code}: {reason}")]
pub(crate) struct StateError {
    stored: u32,
    code: u32,
    reason: String,
}

impl KindEntry {
    pub(crate) fn of<A: Actor>() -> Result<Self, InvalidId> {
        let laws = A::laws();
        let lawless = laws.is_empty();
        Ok(Self {
            kind: Kind::parse(A::KIND)?,
            version: A::VERSION,
            handlers: A::handlers(),
            activate: Box::new(|json, stored| Ok(Box::new(Typed(read::<A>(json, stored)?)))),
            query: |json, stored, method, args| Ok(read::<A>(json, stored)?.query(method, args)),
            enforce: Box::new(move |json| enforce::<A>(&laws, json)),
            lawless,
            outgrown: None,
            projected: None,
        })
    }

    /// A kind whose actors are made by `make` from their states, and have no queries and no laws.
    pub(crate) fn made<F>(
        kind: &str,
        handlers: &'static [HandlerSpec],
        make: F,
    ) -> Result<Self, InvalidId>
    where
        F: Fn(&Bytes) -> Result<Box<dyn Activated>, serde_json::Error> + Send + Sync + 'static,
    {
        const VERSION: u32 = 1;
        let unfit = |stored, reason: String| StateError { stored, code: VERSION, reason };
        Ok(Self {
            kind: Kind::parse(kind)?,
            version: VERSION,
            handlers,
            activate: Box::new(move |json, stored| {
                if stored > VERSION {
                    return Err(unfit(stored, "it was written by newer code".to_owned()));
                }
                make(json).map_err(|error| unfit(stored, error.to_string()))
            }),
            query: |_, _, method, _| {
                Ok(crate::dispatch::bad_arguments(method, "there is no query"))
            },
            enforce: Box::new(|_| Ok(Upheld::AsItWas)),
            lawless: true,
            outgrown: None,
            projected: None,
        })
    }

    pub(crate) fn handlers(&self) -> &'static [HandlerSpec] {
        self.handlers
    }

    pub(crate) fn role(&self, method: &str) -> Option<HandlerRole> {
        self.handlers.iter().find(|spec| spec.name == method).map(|spec| spec.role)
    }

    pub(crate) fn unknown_method(&self, method: &str) -> Failure {
        let known: Vec<_> = self.handlers.iter().map(|spec| spec.name).collect();
        let detail =
            format!("{:?} has no method {method:?}; it has {}", self.kind, known.join(", "));
        Failure::new(FailureCode::UnknownMethod, detail)
    }

    pub(crate) fn activate(
        &self,
        json: &Bytes,
        stored: u32,
    ) -> Result<Box<dyn Activated>, StateError> {
        (self.activate)(json, stored)
    }

    pub(crate) fn query(
        &self,
        json: &Bytes,
        stored: u32,
        method: &str,
        args: &Payload,
    ) -> Result<Outcome, StateError> {
        (self.query)(json, stored, method, args)
    }

    /// Checks the laws on a state of the code's own version.
    pub(crate) fn enforce(&self, json: &Bytes) -> Result<Upheld, StateError> {
        if self.lawless { Ok(Upheld::AsItWas) } else { (self.enforce)(json) }
    }
}

fn enforce<A: Actor>(laws: &Laws<A>, json: &Bytes) -> Result<Upheld, StateError> {
    let mut state = read::<A>(json, A::VERSION)?;
    Ok(match laws.enforce(&mut state) {
        Enforced::Upheld => Upheld::AsItWas,
        Enforced::Repaired { laws } => {
            let state = Payload::of(&state)
                .map_err(|error| state_error::<A>(A::VERSION, &error.to_string()))?
                .0;
            Upheld::Repaired { state, laws }
        }
        Enforced::Rejected { violations } => {
            let names: Vec<_> = violations.iter().map(ToString::to_string).collect();
            let detail = format!("the state would break {}", names.join(", "));
            Upheld::Rejected(Failure::new(FailureCode::LawBroken, detail))
        }
    })
}

fn read<A: Actor>(json: &Bytes, stored: u32) -> Result<A, StateError> {
    if json.is_empty() {
        return Ok(A::default());
    }
    let fail = |reason: &str| state_error::<A>(stored, reason);
    if stored == A::VERSION {
        return serde_json::from_slice(json).map_err(|error| fail(&error.to_string()));
    }
    if stored > A::VERSION {
        return Err(fail("it was written by newer code"));
    }
    let mut value: Value =
        serde_json::from_slice(json).map_err(|error| fail(&error.to_string()))?;
    for version in stored..A::VERSION {
        value = A::migrate(version, value).map_err(|reason| fail(&reason))?;
    }
    serde_json::from_value(value).map_err(|error| fail(&error.to_string()))
}

fn state_error<A: Actor>(stored: u32, reason: &str) -> StateError {
    StateError { stored, code: A::VERSION, reason: reason.to_owned() }
}
