//! A message in a mailbox, and who must be told what became of it.

use loom_core::{Delivery, Outcome, PartitionId};
use loom_ports::{Delivered, DueTimer, Receipt};
use tokio::sync::oneshot;

use crate::CallError;
use crate::unsettled::Moment;

/// How a request of a caller outside actors ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// How it ended.
    pub outcome: Outcome,
    /// It had been handled before, under the same idempotency key.
    pub duplicate: bool,
}

pub(crate) type Answer = Result<Reply, CallError>;
pub(crate) type Caller = oneshot::Sender<Answer>;

/// A message in a mailbox.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) delivery: Delivery,
    pub(crate) origin: Origin,
    /// Failed attempts to handle it.
    pub(crate) attempts: u32,
}

/// Who must be told what became of a message.
#[derive(Debug)]
pub(crate) enum Origin {
    /// Somebody who waits for the outcome.
    Caller(Caller),
    /// The relay of the partition that sent it, in the tenure that was claimed then.
    Outbox(PartitionId, Moment, Delivered),
    /// The queue that carried it.
    Queue(Receipt),
    /// The timers of the actor's partition.
    Timer(DueTimer),
    /// Nobody: the host itself.
    Host,
}

impl Origin {
    /// Nobody waits, so a message that cannot be handled must become a dead letter.
    pub(crate) fn is_accepted(&self) -> bool {
        matches!(self, Self::Outbox(..) | Self::Queue(_) | Self::Timer(_))
    }
}
