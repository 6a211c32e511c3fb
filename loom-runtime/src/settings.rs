//! How a host behaves.

use std::num::NonZeroU32;
use std::time::Duration;

use loom_core::{Backoff, PartitionCount, RetryPolicy, SnapshotPolicy};
use loom_ports::JournalCapabilities;

use crate::task::commit::ENVELOPE_BYTES_MAX;

/// How a host behaves. The defaults suit one host on one directory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many partitions the cluster has. Fixed when it is created.
    pub partitions: PartitionCount,
    /// How many messages wait for one actor before it is overloaded.
    pub mailbox_max: usize,
    /// How many actors are in memory before the least recently used idle ones are evicted.
    pub active_max: usize,
    /// How long an actor without messages stays in memory.
    pub idle_after: Duration,
    /// How many turns of one actor may wait for their commit.
    pub uncommitted_max: usize,
    /// How often a handler that panics is tried before its message is a dead letter, and how
    /// long it is waited in between.
    pub retry: RetryPolicy,
    /// How many hosts may die, or lose an actor while they read it, on behalf of one message
    /// before it is a dead letter.
    pub deaths_max: u32,
    /// How long a host that says nothing keeps what it owns: so late, at most, begins a take-over
    /// after a death. It says that it is alive three times as often, also while every thread of its
    /// runtime is busy; but not after its runtime has begun nothing for six times as long. Its
    /// tenures last twelve times as long, for when nobody can tell who lives.
    pub lease: Duration,
    /// How long the key of a handled request is remembered.
    pub key_window: Duration,
    /// The largest arguments, event or reply. At most about half of the largest turn of the store.
    pub payload_bytes_max: usize,
    /// When snapshots are written. Records before the last but one are trimmed.
    pub snapshots: SnapshotPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            partitions: PartitionCount::default(),
            mailbox_max: 1024,
            active_max: 100_000,
            idle_after: Duration::from_mins(1),
            uncommitted_max: 64,
            retry: handler_retry(),
            deaths_max: 5,
            lease: Duration::from_secs(10),
            key_window: Duration::from_hours(24),
            payload_bytes_max: 2 << 20,
            snapshots: SnapshotPolicy::default(),
        }
    }
}

impl Settings {
    /// The same, with payloads no larger than a store takes them.
    #[must_use]
    pub fn within(mut self, journal: &JournalCapabilities) -> Self {
        let payload_bytes_max = (journal.turn_bytes_max / 2).saturating_sub(ENVELOPE_BYTES_MAX);
        self.payload_bytes_max = self.payload_bytes_max.min(payload_bytes_max);
        self
    }
}

/// Three attempts, close together: the messages behind it wait.
fn handler_retry() -> RetryPolicy {
    let (three, four) = (NonZeroU32::MIN.saturating_add(2), NonZeroU32::MIN.saturating_add(3));
    let (initial, max) = (Duration::from_millis(50), Duration::from_mins(1));
    let backoff = Backoff::Exponential { initial, factor: four, max };
    RetryPolicy { attempts_max: three, backoff, ..RetryPolicy::default() }
}
