//! A run of a workflow: everything that has to be kept from one event to the next.

mod frame;
mod kept;
mod record;
mod records;
mod shard;
mod state;
mod status;

pub use record::{ActionRecord, ErrorInfo, TriggerRecord};

pub(crate) use record::time_text;
pub use shard::{Shard, ShardEnded};
pub use state::{InvalidPlace, Place, Run, RunInfo, RunOutputs, TimerId};
pub use status::{RunStatus, Status, StatusSet};

pub(crate) use frame::{
    Before, CallState, Compensation, Frame, LoopLimits, Node, Pages, Progress, Repetition, Sent,
};
pub(crate) use kept::Kept;
pub(crate) use state::{Breaker, Timer, Variable, Why, Work};

/// Whether a field need not be written, because it is read so when it is absent.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
