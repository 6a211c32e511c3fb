//! Workflows on hosts.

#[path = "workflow/kit.rs"]
mod kit;

#[path = "workflow/asking.rs"]
mod asking;
#[path = "workflow/deaths.rs"]
mod deaths;
#[path = "workflow/pipelines.rs"]
mod pipelines;
#[path = "workflow/running.rs"]
mod running;
#[path = "workflow/triggers.rs"]
mod triggers;
