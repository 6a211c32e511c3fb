//! The stores driven by tasks, and what is left of them when the power is lost.

mod conformance;
mod creation;
mod executor;
mod life;
mod power;
mod together;
mod witness;
