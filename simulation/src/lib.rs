//! Loom's own simulations: what actors do in them, and which seed does what.

mod bank;
mod disk;
mod effects;
mod family;
mod flow;
mod hunt;
mod order;
mod outside;
mod play;
mod poison;
mod register;
mod scenario;
mod tail;
mod timers;
mod topics;
mod upgrade;

pub use hunt::{Found, hunt};
pub use play::Play;
pub use scenario::{FORGETFUL, SCENARIOS, Scenario};
