//! Loom's own simulations: what actors do in them, and which seed does what.

mod bank;
mod register;
mod scenario;

pub use scenario::{SCENARIOS, Scenario, of_seed};
