//! Partitions: which one an actor belongs to, and which host should own it.

use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

/// One of the partitions of a cluster, numbered from 0.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(transparent)]
pub struct PartitionId(pub u16);

/// How many partitions a cluster has. Fixed when it is created; 256 unless told otherwise.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PartitionCount(NonZeroU16);

/// A number of partitions that no cluster can have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} partitions: a cluster has 1 to {PARTITIONS_MAX}")]
pub struct InvalidPartitionCount(u16);

/// The most partitions a cluster may have. Each is claimed and renewed on its own.
pub const PARTITIONS_MAX: u16 = 4096;

/// The partition of what is named `id`, in a cluster of `count` partitions.
///
/// This is XXH3-64 with seed 0 (Yann Collet, <https://github.com/Cyan4973/xxHash>, as
/// implemented by the crate `twox-hash`), modulo `count`. It never changes, since stores are
/// laid out by it.
#[expect(clippy::cast_possible_truncation, reason = "the rest is less than the count, a u16")]
#[must_use]
pub fn partition_of(id: &[u8], count: PartitionCount) -> PartitionId {
    PartitionId((XxHash3_64::oneshot(id) % u64::from(count.get())) as u16)
}

/// The index of the host that should own `partition`; `None` without hosts.
///
/// Every host that sees the same set of names, in whatever order, chooses the same. When a
/// host comes or goes, only the partitions that it gains or had move.
///
/// Rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit
/// Rates", 1998): the host of the highest weight, which is XXH3-64 of its name with the
/// partition as the seed. This serves balance alone; ownership is settled by the store.
#[must_use]
pub fn place<H: AsRef<str>>(partition: PartitionId, hosts: &[H]) -> Option<usize> {
    let weight =
        |host: &str| XxHash3_64::oneshot_with_seed(u64::from(partition.0), host.as_bytes());
    let weighed = hosts.iter().map(AsRef::as_ref).enumerate();
    // Equal weights are settled by the names, not by the order of the list.
    weighed.max_by_key(|&(_, host)| (weight(host), host)).map(|(index, _)| index)
}

impl PartitionCount {
    /// Takes `count` when it is between 1 and [`PARTITIONS_MAX`].
    ///
    /// # Errors
    ///
    /// Returns the count that is not.
    pub const fn new(count: u16) -> Result<Self, InvalidPartitionCount> {
        match NonZeroU16::new(count) {
            Some(count) if count.get() <= PARTITIONS_MAX => Ok(Self(count)),
            _ => Err(InvalidPartitionCount(count)),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// Every partition, in order.
    pub fn ids(self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.get()).map(PartitionId)
    }
}

impl Default for PartitionCount {
    fn default() -> Self {
        const DEFAULT: NonZeroU16 = NonZeroU16::new(256).expect("not zero");
        Self(DEFAULT)
    }
}

impl TryFrom<u16> for PartitionCount {
    type Error = InvalidPartitionCount;

    fn try_from(count: u16) -> Result<Self, InvalidPartitionCount> {
        Self::new(count)
    }
}

impl From<PartitionCount> for u16 {
    fn from(count: PartitionCount) -> Self {
        count.get()
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PartitionCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
