//! Which other hosts live, and what this one should own beside them.

use std::collections::BTreeMap;

use loom_core::{HostId, PartitionId, Timestamp, place};
use loom_ports::Member;
use serde::{Deserialize, Serialize};

use crate::partition_set::PartitionSet;

/// What a host tells the cluster about itself whenever it says that it is alive.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct HostDetails {
    /// How many partitions it owns.
    pub owned: usize,
    /// Which ones.
    pub partitions: PartitionSet,
    /// How many actors it has in memory.
    pub active: usize,
    /// How many times it found the end of an actor's journal to be gone.
    pub forgotten: u64,
}

/// The other hosts that this one has seen alive.
///
/// A member that is only listed may be a host that died a moment ago: it would be waited for in
/// vain. So a host counts once it was seen to prolong its membership, for as long as it is a member.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    seen: BTreeMap<HostId, Seen>,
}

#[derive(Debug)]
struct Seen {
    until: Timestamp,
    alive: bool,
}

impl Peers {
    /// Takes note of who is a member.
    pub(crate) fn see(&mut self, members: Vec<Member>, me: &HostId) {
        let mut before = std::mem::take(&mut self.seen);
        for Member { host, until, .. } in members {
            if host == *me {
                continue;
            }
            let alive = before.remove(&host).is_some_and(|seen| seen.alive || seen.until != until);
            self.seen.insert(host, Seen { until, alive });
        }
    }

    /// Takes note that nothing was heard of any host.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.seen.retain(|_, seen| seen.until > now);
    }

    /// Whether another host is listed, alive or not.
    pub(crate) fn is_listed(&self, host: &HostId) -> bool {
        self.seen.contains_key(host)
    }

    /// Whether any other host is listed, alive or not.
    pub(crate) fn are_listed(&self) -> bool {
        !self.seen.is_empty()
    }

    /// Whether `me` should own a partition.
    pub(crate) fn leave_to(&self, me: &HostId, partition: PartitionId) -> bool {
        let alive = self.seen.iter().filter(|(_, seen)| seen.alive).map(|(host, _)| host);
        let hosts: Vec<&str> = alive.chain([me]).map(HostId::as_str).collect();
        place(partition, &hosts).is_none_or(|index| hosts[index] == me.as_str())
    }
}

#[cfg(test)]
mod tests;
