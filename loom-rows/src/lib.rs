//! The small stores of Loom, written once over sorted rows.
//!
//! Each is a port of `loom-ports` over any [`RowStore`](loom_ports::RowStore), so an adapter that
//! has rows has these stores too, and the suites of `loom-testkit` prove each on each of them.
//! What a store decides it decides on rows that it has read, and it writes on the condition that
//! those are as they were (`desk.rs`).

mod config;
mod definition;
mod desk;
mod graph;
mod registry;
mod secret;
mod small_stores;
mod trace;
mod walk;

pub use config::RowConfig;
pub use definition::RowDefinitions;
pub use graph::RowGraphs;
pub use registry::RowRegistry;
pub use secret::{LocalKeys, RowSecrets};
pub use small_stores::SmallStores;
pub use trace::RowTraces;
