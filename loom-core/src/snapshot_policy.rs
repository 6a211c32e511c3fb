//! When to write a snapshot of an actor, so that loading it stays quick.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// When to write a snapshot.
///
/// The default is after 1,000 records, or after as many bytes of records as the last snapshot
/// took, but not less than 64 KiB.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct SnapshotPolicy {
    /// How many records are replayed at most to load an actor.
    pub records_max: NonZeroU64,
    /// How many bytes of records are worth a snapshot, however small the snapshot.
    pub bytes_min: u64,
}

impl SnapshotPolicy {
    /// Whether to write a snapshot, given what was journaled since the last one and how large
    /// that was (0 if there is none).
    ///
    /// Waiting for as many bytes of records as the last snapshot took means that the records
    /// pay for it: the snapshots, all but the newest, take together no more than the records.
    /// So what is written is at most twice the records, and one snapshot. A large state that
    /// reaches [`records_max`](Self::records_max) first, through many small records, is written
    /// more often than that: there, the time to load matters more.
    #[must_use]
    pub fn due(&self, records_since: u64, bytes_since: u64, last_snapshot_bytes: u64) -> bool {
        let worth_it = bytes_since >= self.bytes_min.max(last_snapshot_bytes);
        records_since >= self.records_max.get() || (records_since > 0 && worth_it)
    }
}

impl Default for SnapshotPolicy {
    fn default() -> Self {
        Self { records_max: NonZeroU64::MIN.saturating_add(999), bytes_min: 64 << 10 }
    }
}

#[cfg(test)]
mod tests;
