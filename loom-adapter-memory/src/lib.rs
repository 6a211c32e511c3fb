//! Adapters that keep everything in memory: for tests, examples and single-process use.

mod blob;
mod coordination;
mod idempotency;
mod journal;
mod lock;
mod named_page;
mod queue;
mod row;
mod shared;
mod state;
mod stores;

pub use blob::MemoryBlob;
pub use coordination::MemoryCoordination;
pub use idempotency::MemoryIdempotency;
pub use journal::MemoryJournal;
pub use lock::MemoryLocks;
pub use loom_rows::SmallStores;
pub use queue::MemoryQueue;
pub use row::MemoryRows;
pub use state::MemoryState;
pub use stores::{MemoryStores, Replica};
