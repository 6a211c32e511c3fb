//! What the queue of a partition may still hold of what its actors are sent.
//!
//! A message that goes straight to a mailbox must not overtake one that is still in the queue.
//! So a partition takes messages straight from others only once a listing of its queue, begun
//! after everything that could have put something there, shows nothing of the same lane.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loom_core::{ActorId, Lane, PartitionId, Timestamp, fingerprint};
use tracing::warn;

use crate::host::Shared;
use crate::ingress::queue_of;
use crate::partition::Partition;

/// How many keys a listing may have. With more, the partition is *crowded*.
const KEYS_MAX: usize = 8192;
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A moment in the life of a host: each is after all that were taken before.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment(u64);

/// Where moments come from.
#[derive(Debug, Default)]
pub(crate) struct Moments(AtomicU64);

impl Moments {
    pub(crate) fn next(&self) -> Moment {
        Moment(self.0.fetch_add(1, Ordering::AcqRel) + 1)
    }
}

/// Who wants to send straight to a partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) partition: PartitionId,
    /// When this host claimed it: earlier owners may have used the queue until then.
    pub(crate) since: Moment,
    /// When what it sends was asked for that shows that it was sent.
    pub(crate) as_of: Moment,
}

/// What is known of the queue of a partition.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    /// When this host claimed the partition, or last put something in its queue.
    since: Moment,
    listed: Option<Listing>,
    asking: bool,
    ask_at: Timestamp,
}

#[derive(Debug)]
struct Listing {
    begun: Moment,
    /// `None` if there were too many.
    keys: Option<BTreeSet<u64>>,
}

/// The ordering key of a lane between a partition and an actor: the partition in its high 16
/// bits, and a hash below. Lanes that share a key by chance only wait for each other.
pub(crate) fn ordering_key(source: PartitionId, to: &ActorId, lane: Lane) -> u64 {
    let lane: &[u8] = match lane {
        Lane::Requests => b"requests",
        Lane::News => b"news",
    };
    u64::from(source.0) << 48 | fingerprint(&[to.as_str().as_bytes(), lane]) >> 16
}

impl Unsettled {
    /// From now on the queue may hold what no earlier listing shows.
    pub(crate) fn forget(&mut self, now: Moment) {
        self.since = now;
    }

    /// Whether nothing of a lane is in the queue, for certain.
    pub(crate) fn is_clear(&self, from: Sender, to: &ActorId, lane: Lane) -> bool {
        let Some(Listing { begun, keys: Some(keys) }) = &self.listed else { return false };
        *begun > self.since
            && *begun > from.since
            && (keys.is_empty() || !keys.contains(&ordering_key(from.partition, to, lane)))
    }

    /// Whether the queue is too full to be listed: then what is sent joins it.
    pub(crate) fn is_crowded(&self) -> bool {
        matches!(self.listed, Some(Listing { keys: None, .. }))
    }

    /// Begins a listing, unless one is under way or has just been.
    fn ask(&mut self, now: Timestamp) -> bool {
        let asks = !self.asking && now >= self.ask_at;
        if asks {
            self.asking = true;
            self.ask_at = now.saturating_add(ASK_EVERY);
        }
        asks
    }

    fn listed(&mut self, listing: Option<Listing>) {
        self.asking = false;
        if listing.is_some() {
            self.listed = listing;
        }
    }
}

/// Lists what the queue of a partition holds.
pub(crate) async fn list(host: &Arc<Shared>, partition: &Arc<Partition>) {
    if !partition.with_unsettled(|unsettled| unsettled.ask(host.clock.now())) {
        return;
    }
    let begun = host.moments.next();
    let listing = match host.stores.queue.ordering_keys(&queue_of(partition.id), KEYS_MAX).await {
        Ok(keys) => {
            let whole = keys.len() < KEYS_MAX;
            Some(Listing { begun, keys: whole.then(|| keys.into_iter().collect()) })
        }
        Err(error) => {
            warn!(partition = %partition.id, %error, "queue could not be listed");
            None
        }
    };
    partition.with_unsettled(|unsettled| unsettled.listed(listing));
}

#[cfg(test)]
mod tests;
