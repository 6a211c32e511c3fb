//! Partitions: the unit of ownership.

use std::fmt;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// A partition of a cluster.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct PartitionId(pub u16);

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[allow(dead_code)]
fn hash(bytes: &[u8]) -> u64 { XxHash3_64::oneshot(bytes) }
/// How many.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PartitionCount(pub u16);
impl Default for PartitionCount { fn default() -> Self { Self(256) } }
impl PartitionCount {
    /// All.
    pub fn ids(self) -> impl Iterator<Item = PartitionId> { (0..self.0).map(PartitionId) }
}
/// Which.
#[must_use]
pub fn partition_of(id: &[u8], count: PartitionCount) -> PartitionId {
    PartitionId(u16::try_from(hash(id) % u64::from(count.0)).unwrap_or(0))
}
