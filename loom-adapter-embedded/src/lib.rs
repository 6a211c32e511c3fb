//! Every storage port of Loom over one directory on disk.
//!
//! [`EmbeddedStores::open`] gives all ports over one [fjall](https://docs.rs/fjall)
//! database. Design:
//!
//! - One thread writes. Every change of every port is a function that runs on it, in the order
//!   of arrival, and whose writes are one atomic batch of the engine. What arrived while the
//!   last sync was in flight shares the next one (group commit); nobody is answered before it.
//! - Reads that decide something (`load`, `due`, `receive`, …) run on that thread too. All
//!   others read a snapshot on the caller's thread, which takes microseconds and blocks the
//!   executor no longer than that; when the snapshot may hold what is not yet durable, the
//!   answer waits until it is.
//! - A failed sync leaves unknown what is on disk
//!   (<https://www.usenix.org/conference/atc20/presentation/rebello>). The requests of that
//!   group are answered as unknown, and the store refuses all others until it is opened again.
//! - In simulations (feature `simulation`), a task is in the place of the thread, and a disk that
//!   can lose what was not synced in the place of the disk.
//! - [`integrity`] says what is checked when a directory is opened, and when it is read.
#![allow(clippy::disallowed_types, reason = "files are this adapter's business")]

mod blob;
mod coordination;
mod desk;
mod directory;
mod engine;
mod error;
mod idempotency;
pub mod integrity;
mod journal;
mod key;
mod lane;
mod lock;
mod options;
mod queue;
mod reader;
mod row;
mod row_store;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod state;
mod stores;
mod view;
mod watermark;
mod writer;

pub use error::OpenError;
pub use loom_rows::SmallStores;
pub use options::{Durability, Options};
pub use stores::EmbeddedStores;
pub use writer::Stats;
