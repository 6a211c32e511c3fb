//! The `#[actor]` attribute of Loom.
//!
//! Used through `loom-runtime`, which exports it again.

mod actor_attribute;
mod actor_impl;
mod argument_list;
mod expand;
mod handler;
mod mark;
mod migrations;
mod runtime_path;
mod signature;
mod typed_handle;
mod word;

use proc_macro::TokenStream;

/// Makes a durable actor of an inherent impl.
///
/// ```text
/// #[loom::actor(kind = "wallet")]
/// impl Wallet {
///     async fn deposit(&mut self, cx: &mut Context<'_>, cents: u32) -> Result<i64, WalletError> { ... }
///     #[timer]
///     async fn remind(&mut self, cx: &mut Context<'_>, note: String) { ... }
///     #[query]
///     fn balance(&self) -> i64 { self.cents }
/// }
/// ```
///
/// The impl stays as it is, so that handlers can be tested as the ordinary functions that they
/// are. Added to it are an implementation of `Actor`, and a typed handle, `WalletRef`.
///
/// # Which functions are handlers
///
/// | function | is |
/// |---|---|
/// | `async fn` with `self`, `#[handler] async fn` | an exclusive handler |
/// | `#[timer] async fn` | a handler that only timers run, and that is not on the handle |
/// | `#[query] fn` | a query: runs beside other handlers, on the last committed state |
/// | `#[private] async fn`, and everything else | none of Loom's business |
///
/// Handlers and timers take `&mut self, cx: &mut Context<'_>`, queries take `&self`. Further
/// parameters are the arguments, as owned types that serde can read.
///
/// A handler's name is stored in journals and sent by other actors. It is the function's name,
/// unless `#[handler(name = "...")]`, `#[timer(name = "...")]` or `#[query(name = "...")]` says
/// otherwise, which is how a function is renamed without changing what is stored.
///
/// # What is stored
///
/// Arguments are JSON: `null` for none (nothing at all is also accepted), the value itself for one,
/// and an array for several, at most 16. A return type whose last path segment is `Result` ends
/// the turn with a value or with the handler's own error, which callers get as
/// `CallError::Rejected`; every other type, or none, is a value.
///
/// # Settings
///
/// | setting | means |
/// |---|---|
/// | `kind = "wallet"` | the first part of the actors' ids: `[a-z][a-z0-9_-]*`, at most 64 bytes. Required |
/// | `version = 3` | the version of the state. 1 if absent |
/// | `migrate(1 => Self::add_owner, 2 => Self::split_name)` | brings a stored state from each older version one version further. Each is a `fn(serde_json::Value) -> Result<serde_json::Value, String>` |
/// | `laws = Self::laws` | a `fn() -> Laws<Self>`: invariants of the state |
/// | `handle = WalletHandle` | the name of the typed handle, `WalletRef` if absent |
/// | `crate = path` | where `loom-runtime` is, if it is reached through another crate |
#[proc_macro_attribute]
pub fn actor(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::actor(attribute.into(), &item.into()).into()
}
