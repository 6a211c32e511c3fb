//! As whom Loom's adapters for Azure send requests: the one place that knows the ways of Entra.

mod identity;

pub use identity::{Identity, IdentityError};
