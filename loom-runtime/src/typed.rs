//! Typed calls, and what else the code that `#[actor]` writes is made of.
//!
//! ```
//! use loom_runtime::{Actor, CallError, Context, Host, actor};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Deserialize, Serialize)]
//! struct Wallet {
//!     cents: i64,
//! }
//!
//! #[derive(Debug, Deserialize, Serialize)]
//! struct Short {
//!     by: i64,
//! }
//!
//! #[actor(kind = "wallet")]
//! impl Wallet {
//!     async fn deposit(&mut self, _cx: &mut Context<'_>, cents: u32) -> i64 {
//!         self.cents += i64::from(cents);
//!         self.cents
//!     }
//!
//!     async fn withdraw(&mut self, _cx: &mut Context<'_>, cents: u32) -> Result<i64, Short> {
//!         let left = self.cents - i64::from(cents);
//!         if left < 0 {
//!             return Err(Short { by: -left });
//!         }
//!         self.cents = left;
//!         Ok(left)
//!     }
//!
//!     #[query]
//!     fn balance(&self) -> i64 {
//!         self.cents
//!     }
//! }
//!
//! async fn pay(host: &Host) -> Result<(), CallError> {
//!     let wallet = WalletRef::new(host, "alice")?;
//!     wallet.deposit(250).key("payday-2024-06").await?;
//!     match wallet.withdraw(1_000).await {
//!         Err(CallError::Rejected(Short { by })) => assert_eq!(by, 750),
//!         other => panic!("{other:?}"),
//!     }
//!     assert_eq!(wallet.balance().await?, 250);
//!     Ok(())
//! }
//! # let stores = loom_adapter_memory::MemoryStores::default();
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! # pay(&Host::builder(stores).actor::<Wallet>().start().await?).await?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod call;

use std::future::ready;

use bytes::Bytes;
use futures::future::BoxFuture;
use loom_core::{ActorId, Failure, FailureCode, InvalidId, Kind, Outcome, Payload};
use serde::de::DeserializeOwned;
pub use serde_json::Value;

pub use self::call::Call;
use crate::actor::KindEntry;
use crate::{Actor, ActorRef, HandlerRole, Host, dispatch};

/// A handler that runs.
pub type Handling<'a> = BoxFuture<'a, Outcome>;

/// Brings a state one version further, or says why it cannot be.
pub type Migration = fn(Value) -> Result<Value, String>;

/// A type that is a `Result`, whatever it is called.
pub trait Fallible {
    /// What it is when all went well.
    type Value;
    /// What it is otherwise.
    type Error;
}

impl<T, E> Fallible for Result<T, E> {
    type Value = T;
    type Error = E;
}

/// What stored JSON of a version of the state becomes under this code: migrated if it is older,
/// and read. For tests of migrations on bytes as they were stored.
///
/// # Errors
///
/// Says why the state cannot be used.
pub fn restore<A: Actor>(version: u32, stored: &[u8]) -> Result<A, String> {
    let entry = KindEntry::of::<A>().map_err(|error| error.to_string())?;
    let stored = Bytes::copy_from_slice(stored);
    let activated = entry.activate(&stored, version).map_err(|error| error.to_string())?;
    let json = activated.to_json().map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

/// The actor of kind `A` with a key.
///
/// # Errors
///
/// Says why there can be no such actor.
pub fn actor<A: Actor>(host: &Host, key: &str) -> Result<ActorRef, InvalidId> {
    Ok(host.actor_ref(ActorId::new(&Kind::parse(A::KIND)?, key)?))
}

/// Accepts the arguments of a handler that has none: `null`, or nothing at all.
///
/// # Errors
///
/// The outcome of a request that has some.
pub fn no_arguments(method: &str, args: &Payload) -> Result<(), Outcome> {
    if args.0.is_empty() { Ok(()) } else { dispatch::arguments(method, args) }
}

/// Reads the arguments of a handler that has several, named in `names`.
///
/// # Errors
///
/// The outcome of a request whose arguments do not have the handler's shape.
pub fn arguments<T: DeserializeOwned>(
    method: &str,
    args: &Payload,
    names: &str,
) -> Result<T, Outcome> {
    args.parse().map_err(|error| {
        dispatch::bad_arguments(method, format_args!("{error}; expected an array of {names}"))
    })
}

/// An outcome that is known without running a handler.
#[must_use]
pub fn at_once<'a>(outcome: Outcome) -> Handling<'a> {
    Box::pin(ready(outcome))
}

/// The outcome of a request for a handler that `A` does not have.
#[must_use]
pub fn no_handler<A: Actor>(method: &str) -> Outcome {
    absent::<A>("handler", method, |role| role != HandlerRole::Query)
}

/// The outcome of a request for a query that `A` does not have.
#[must_use]
pub fn no_query<A: Actor>(method: &str) -> Outcome {
    absent::<A>("query", method, |role| role == HandlerRole::Query)
}

fn absent<A: Actor>(what: &str, method: &str, is_what: fn(HandlerRole) -> bool) -> Outcome {
    let known: Vec<_> =
        A::handlers().iter().filter(|spec| is_what(spec.role)).map(|spec| spec.name).collect();
    let detail = format!("{:?} has no {what} {method:?}; it has {}", A::KIND, known.join(", "));
    Outcome::Failed(Failure::new(FailureCode::UnknownMethod, detail))
}

/// The answer of an actor that has no migration from a version.
///
/// # Errors
///
/// Always.
pub fn no_migration(from: u32) -> Result<Value, String> {
    Err(format!("no migration from version {from} is declared"))
}
