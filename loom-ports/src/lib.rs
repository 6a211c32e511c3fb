//! The traits through which Loom reaches the outside world, and nothing else.
//!
//! Each trait is a promise; the conformance suites of `loom-testkit` are the same promises as
//! programs. Expected answers, such as a lost race, are values of the return type. A
//! [`PortError`] means that the machinery failed, and says whether the request may be sent again.

mod blob;
mod clock;
mod coordination;
mod error;
mod id_source;
mod idempotency;
mod journal;
mod lock;
mod page;
mod queue;
mod spawn;
mod state;
mod stores;

pub use blob::{BlobHead, BlobName, BlobStore, Put, PutCondition, PutOutcome};
pub use clock::Clock;
pub use coordination::{Coordination, Heartbeat, Member};
pub use error::{BoxError, ErrorKind, PortError, Retry};
pub use id_source::IdSource;
pub use idempotency::{Begin, Claim, Finish, IdempotencyStore};
pub use journal::{
    CommitOutcome, Delivered, Due, DueTimer, Fenced, JournalCapabilities, JournalStore, Load,
    Loaded, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Undelivered,
};
pub use lock::{Acquire, Lease, LockManager, Renew};
pub use loom_core::{Handled, HandledKey, OutboxEntry, TimerChange, Turn};
pub use page::{Cursor, Page};
pub use queue::{
    Dedup, Enqueue, Enqueued, MessageQueue, QueueDelivery, QueuedDeadLetter, Receipt, Receive,
    Settled, Watched,
};
pub use spawn::{Spawn, Task};
pub use state::{FieldFilter, Save, StateQuery, StateRow, StateStore};
pub use stores::Stores;
