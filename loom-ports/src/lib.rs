//! The traits through which Loom reaches the outside world, and nothing else.
//!
//! Each trait is a promise; the conformance suites of `loom-testkit` are the same promises as
//! programs. Expected answers, such as a lost race, are values of the return type. A
//! [`PortError`] means that the machinery failed, and says whether the request may be sent again.

mod blob;
mod clock;
mod config;
mod coordination;
mod definition;
mod definition_version;
mod error;
mod graph;
mod id_source;
mod idempotency;
mod journal;
mod key_wrap;
mod lock;
mod page;
mod queue;
mod registry;
mod row;
mod secret;
mod secret_store;
mod spawn;
mod state;
mod stores;
mod trace;

pub use blob::{
    BlobHead, BlobName, BlobPart, BlobReader, BlobSource, BlobStore, Put, PutCondition, PutOutcome,
};
pub use clock::Clock;
pub use config::{CONFIG_BYTES_MAX, ConfigEntry, ConfigReading, ConfigRevision, ConfigStore};
pub use coordination::{Coordination, Heartbeat, Member};
pub use definition::{
    DEFINITION_BYTES_MAX, Definition, DefinitionHead, DefinitionId, DefinitionKind,
    DefinitionStore, METADATA_BYTES_MAX, Publish, Retire,
};
pub use definition_version::{DefinitionVersion, InvalidVersion, VersionRange};
pub use error::{BoxError, ErrorKind, PortError, Retry};
pub use graph::{
    Added, EndFact, Entity, Episode, FACT_EPISODES_MAX, FACT_TEXT_BYTES_MAX, FACT_WORDS_MAX, Fact,
    FactEnd, FactQuery, GRAPH_TEXT_BYTES_MAX, GraphStore,
};
pub use id_source::IdSource;
pub use idempotency::{Begin, Claim, Finish, IdempotencyStore};
pub use journal::{
    CommitOutcome, Delivered, Due, DueTimer, Fenced, JournalCapabilities, JournalStore, Load,
    Loaded, Renewal, Resolution, StoredRecord, Tenure, TenureClaim, Undelivered,
};
pub use key_wrap::{DataKey, KeyWrap, WrappedKey};
pub use lock::{Acquire, Lease, LockManager, Renew};
pub use loom_core::{Handled, HandledKey, OutboxEntry, TimerChange, Turn};
pub use page::{Cursor, Page, Tally};
pub use queue::{
    Dedup, Enqueue, Enqueued, MessageQueue, QueueDelivery, QueuedDeadLetter, Receipt, Receive,
    Settled, Watched,
};
pub use registry::{
    ActorRegistry, Choice, Condition, Instance, InstanceBeat, REGISTRY_EVENTS_MAX, Register,
    Registration, RegistryChange, RegistryEvent, RegistryStats,
};
pub use row::{
    ROW_BYTES_MAX, ROW_KEY_BYTES_MAX, ROW_WRITE_BYTES_MAX, ROWS_PER_WRITE_MAX, Row, RowChange,
    RowExpected, RowKey, RowPart, RowRange, RowReading, RowStore, RowWrite, RowWritten, Rows,
    Space,
};
pub use secret::Secret;
pub use secret_store::{
    SECRET_BYTES_MAX, SECRET_VERSIONS_MAX, SECRET_WRITES_KNOWN, SecretCapabilities, SecretChange,
    SecretHead, SecretStore, SecretValue, SecretVersion, SecretWrite, SetSecret,
};
pub use spawn::{Spawn, Task};
pub use state::{FieldFilter, Save, StateQuery, StateRow, StateStore};
pub use stores::Stores;
pub use trace::{
    SPAN_DETAILS_BYTES_MAX, SaveSpan, Span, SpanEnd, SpanQuery, SpanStats, SpanStatus, TraceStore,
};
