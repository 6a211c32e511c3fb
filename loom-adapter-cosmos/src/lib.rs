//! Loom's ports over Azure Cosmos DB: journals, states, requests that run once, and rows, of which
//! the small stores are made ([`SmallStores`]).
//!
//! [`provision()`] makes the database and its containers, [`CosmosStores::open`] gives the ports.
//! The client library repeats writes that were not answered, so each carries an id of its own by
//! which it is recognised: that of a document that is alone in its partition (`documents.rs`), and
//! that of a partition of journals (`journal/write.rs`).

mod account;
mod charges;
mod connection;
mod documents;
mod error;
mod hex;
mod idempotency;
mod items;
mod journal;
mod provision;
mod rows;
mod settings;
mod state;
mod stores;

pub use charges::Charge;
pub use error::OpenError;
pub use loom_rows::SmallStores;
pub use provision::provision;
pub use settings::{CosmosSettings, Credential};
pub use stores::CosmosStores;
