//! Loom's ports over Azure Cosmos DB: so far states and requests that run once.
//!
//! [`provision()`] makes the database and its containers, [`CosmosStores::open`] gives the ports.
//! Each document is alone in its partition and is replaced as a whole, guarded by its version. The
//! client library repeats writes that were not answered, so each carries an id of its own by which
//! it is recognised (`documents.rs`).

mod connection;
mod documents;
mod error;
mod idempotency;
mod provision;
mod settings;
mod state;
mod stores;

pub use error::OpenError;
pub use provision::provision;
pub use settings::{CosmosSettings, Credential};
pub use stores::CosmosStores;
