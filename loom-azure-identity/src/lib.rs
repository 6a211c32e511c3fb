//! What Loom's adapters for Azure share: as whom requests are sent, which is the one place that knows
//! the ways of Entra, how, and what it means that one failed.

mod application;
mod failure;
mod identity;
mod pauses;
mod renewing;
mod transport;

pub use application::Application;
pub use failure::{Refusal, RequestFailure};
pub use identity::{Identity, IdentityError, MakeTokens};
pub use pauses::Pauses;
pub use transport::{TransportError, TransportOptions, transport};
