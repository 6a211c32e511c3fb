//! The storage ports of Loom over Redis: standalone, Sentinel and Cluster.
//!
//! [`RedisStores::open`] gives them over one connection that all of them share;
//! [`RedisQuorumLocks::open`] gives locks over several independent servers. Design:
//!
//! - What must be atomic is one Lua script. All keys of a partition share a hash tag, so that a
//!   script that commits its turns finds them on one node of a cluster; so do those of a queue, of
//!   a kind of states, of a share of the locks, of a space of rows.
//! - Scripts name every key they touch before they run and write nothing before they have decided
//!   everything, so that a cluster that moves the slot refuses them whole.
//! - The driver never sends anything again. What certainly was not carried out is sent again by
//!   `connection.rs`, and nothing else; what may have been carried out is answered as unknown.
//! - What says that a host is alive, and what it renews, goes over another connection on a thread
//!   of its own (`line.rs`): it must work while the threads of the host's runtime are all busy.
//! - Time is that of the server, and comes in with each script: the clocks of hosts need not agree.
//! - Epochs and tokens are at least the server's time in numbers, so that they do not come back
//!   when a failover has forgotten the last ones.
//! - Whatever is not the contract to be kept has an end: it is deleted, or Redis lets it expire.

mod blob;
mod check;
mod clock;
mod connection;
mod coordination;
mod durable;
mod error;
mod idempotency;
mod joined;
mod journal;
mod key;
mod line;
mod lock;
mod opening;
mod page;
mod queue;
mod quorum;
mod reply;
mod row;
mod script;
mod server;
mod settings;
mod state;
mod stores;

pub use check::{Finding, Severity};
pub use connection::RedisClient;
pub use error::OpenError;
pub use loom_rows::SmallStores;
pub use quorum::RedisQuorumLocks;
pub use settings::{Durability, RedisSettings, TimeSource, Topology};
pub use stores::{Examined, RedisStores};
