//! Starting actors again when they fail.
//!
//! [`Plan`](plan::Plan) decides, as a pure state machine; the overseer does what it says.

mod member;
mod overseer;
mod plan;
mod policy;
mod supervisor;

pub use policy::{Backoff, Intensity, Restart, Strategy};
pub use supervisor::{Child, Supervised, Supervisor};

#[cfg(test)]
mod tests;
