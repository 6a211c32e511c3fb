//! Domain types and decisions. Performs no I/O and reads no clock.

mod breaker;
mod bucket;
mod change;
mod config;
mod encode;
mod id;
mod kernel;
mod late;
mod law;
mod message;
mod partition;
mod position;
#[cfg(test)]
mod property;
mod record;
mod retry;
mod snapshot_policy;
mod time;
mod turn;

pub use breaker::{Breaker, BreakerAdmission, BreakerOutcome, BreakerPolicy, BreakerState, Permit};
pub use bucket::{RateLimit, Taken, TokenBucket};
pub use change::{Change, ChangeError, state_hash};
pub use config::{
    CONFIG_VARIABLE_PREFIX, ConfigLayer, ConfigScope, InvalidConfig, ResolvedConfig, resolve_config,
};
pub use encode::{DecodeError, decode, decode_segments, encode, encode_segments};
pub use id::{
    ActivityName, ActorId, ConfigKey, CorrelationId, DefinitionName, EntityId, EnvironmentName,
    EpisodeId, EventName, FactId, GraphName, HostId, IdempotencyKey, InvalidId, KEY_BYTES_MAX,
    Kind, LockName, MESSAGE_ID_BYTES_MAX, MessageId, Method, OperationName, PATH_BYTES_MAX,
    QueueName, RelationName, SecretName, SpanId, TenantId, TimerName, TopicName, WORD_BYTES_MAX,
    WrappingKeyId,
};
pub use kernel::{
    Admission, Draft, EVENTS_KEPT_MAX, End, Invocation, Kernel, KeyVerdict, Op, Outstanding,
    ReplayError, Seal, Segment, Start, answer, bury, judge_key, keep_event, postpone, skip_fire,
    stall, step,
};
pub use late::{FIRES_PER_CALL_MAX, Fires, LateFire, OneShot};
pub use law::{Enforced, Law, Laws, Violation};
pub use message::{
    ActivityLimits, ActivityRequest, Body, Cause, DeadLetter, Delivery, Failure, FailureCode,
    Message, Outcome, Outgoing, Payload, ReplyTo, RequestKey, Then, fingerprint,
};
pub use partition::{
    InvalidPartitionCount, PARTITIONS_MAX, PartitionCount, PartitionId, partition_of, place,
};
pub use position::{CommitId, Epoch, Head, Incarnation, Lane, Seq, Stamp, StepId};
pub use record::{
    Answer, Ask, Event, RECORD_VERSION, Receipt, Record, RecordError, SKIP_GRACE, Step, Timer,
    TimerKey, TimerRun,
};
pub use retry::{Backoff, InvalidJitter, JitterPercent, Retry, RetryPolicy};
pub use snapshot_policy::SnapshotPolicy;
pub use time::Timestamp;
pub use turn::{Handled, HandledKey, OutboxEntry, TimerChange, Turn};
