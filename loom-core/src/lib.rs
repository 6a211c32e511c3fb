//! Domain types and decisions. Performs no I/O and reads no clock.

mod change;
mod id;
mod kernel;
mod late;
mod message;
mod partition;
mod position;
mod record;
mod time;
mod turn;

pub use change::{Change, ChangeError, state_hash};
pub use id::{
    ActivityName, ActorId, EventName, HostId, IdempotencyKey, InvalidId, KEY_BYTES_MAX, Kind,
    LockName, MESSAGE_ID_BYTES_MAX, MessageId, Method, QueueName, TimerName, TopicName,
    WORD_BYTES_MAX,
};
pub use kernel::{
    Admission, Draft, EVENTS_KEPT_MAX, End, Invocation, Kernel, KeyVerdict, Op, Outstanding,
    ReplayError, Seal, Segment, answer, bury, judge_key, keep_event, skip_fire, stall, step,
};
pub use late::LateFire;
pub use message::{
    ActivityRequest, Body, Cause, DeadLetter, Delivery, Failure, FailureCode, Message, Outcome,
    Outgoing, Payload, ReplyTo, RequestKey, fingerprint,
};
pub use partition::PartitionId;
pub use position::{CommitId, Epoch, Head, Incarnation, Seq, Stamp, StepId};
pub use record::{
    Answer, Ask, Event, RECORD_VERSION, Receipt, Record, RecordError, Step, Timer, TimerKey,
    TimerRun,
};
pub use time::Timestamp;
pub use turn::{Handled, HandledKey, OutboxEntry, TimerChange, Turn};
