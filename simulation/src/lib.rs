//! Loom's own simulations: what actors do in them, and which seed does what.

mod bank;
mod hunt;
mod register;
mod scenario;

pub use hunt::{Found, hunt};
pub use scenario::{SCENARIOS, Scenario, of_seed};
