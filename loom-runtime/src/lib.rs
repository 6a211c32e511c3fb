//! The imperative shell of Loom: hosts, turns, recovery, timers, topics and supervision.
//!
//! A [`Host`] runs the actors of the partitions that it owns. `docs/ARCHITECTURE.md` shows how
//! a message becomes a turn, and `docs/semantics.md` what is promised.

mod activation;
mod activities;
mod actor;
mod builder;
mod call_error;
mod carried;
mod committer;
mod config;
mod context;
mod dead_letters;
pub mod dispatch;
mod divergence;
mod envelope;
mod forward;
mod handle;
mod heart;
mod host;
mod housekeeping;
mod ingress;
mod loose_ends;
mod outage;
mod partition;
mod partition_set;
mod peers;
mod projector;
mod receipts;
mod relay;
mod settings;
mod system;
mod task;
mod tenures;
mod timers;
mod topic;
mod turn_log;
pub mod typed;
mod unsettled;
pub mod volatile;
mod watched;
pub mod workflow;

pub use activities::{ActivityError, ActivityOptions, Attempt};
pub use actor::{Actor, HandlerRole, HandlerSpec};
pub use builder::{Host, HostBuilder, HostStatus, StartError, Stopped};
pub use call_error::CallError;
pub use config::{ConfigError, ConfigResolver};
pub use context::{Context, ContextError, Ended, EndedWith};
pub use dead_letters::{DeadLetters, KeptDeadLetter};
pub use divergence::{Divergence, Forgotten};
pub use envelope::Reply;
pub use handle::{ActorRef, Pending, Request};
pub use loom_core as core;
pub use loom_macros::actor;
pub use partition_set::PartitionSet;
pub use peers::HostDetails;
pub use settings::Settings;
pub use system::{RandomIds, SystemClock};
pub use topic::SUBSCRIBERS_MAX;
pub use turn_log::TurnLog;
pub use typed::Call;
