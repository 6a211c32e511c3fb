//! What waits in a cluster, and since when: a bounded look at each partition.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use loom_core::{Outgoing, PartitionCount, PartitionId, QueueName, Timestamp};
use loom_ports::{PortError, Stores};
use serde::Serialize;

/// How many partitions are asked at a time.
const ASKED_MAX: usize = 32;
/// How many entries of an outbox are looked at: some of them tell no time.
const ENTRIES_MAX: usize = 16;

/// What waits in all partitions together.
#[derive(Debug, Default, Serialize)]
pub(super) struct Backlog {
    /// How many messages the queues hold.
    pub(super) queued: u64,
    /// The queue that holds the most.
    pub(super) deepest_queue: Option<Depth>,
    /// The oldest message that an actor has sent, and that has not arrived, among the first of
    /// each outbox. Activities that run are in outboxes too, and not counted.
    pub(super) outbox: Option<Lag>,
    /// The timer that should have fired first, and has not.
    pub(super) timers: Option<Lag>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Depth {
    pub(super) partition: PartitionId,
    pub(super) depth: u64,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Lag {
    pub(super) partition: PartitionId,
    pub(super) lag_ms: u64,
}

/// What waits in one partition.
struct Part {
    depth: Depth,
    outbox: Option<Lag>,
    timers: Option<Lag>,
}

impl Backlog {
    /// Asks three things of each partition.
    pub(super) async fn of(
        stores: &Stores,
        partitions: PartitionCount,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        let asked = partitions.ids().map(|partition| Part::of(stores, partition, now));
        stream::iter(asked)
            .buffered(ASKED_MAX)
            .try_fold(Self::default(), async |backlog, part| Ok(backlog.with(&part)))
            .await
    }

    fn with(self, part: &Part) -> Self {
        let deepest = self.deepest_queue.filter(|found| found.depth >= part.depth.depth);
        let deepest = deepest.or((part.depth.depth > 0).then_some(part.depth));
        Self {
            queued: self.queued + part.depth.depth,
            deepest_queue: deepest,
            outbox: longest(self.outbox, part.outbox),
            timers: longest(self.timers, part.timers),
        }
    }
}

fn longest(left: Option<Lag>, right: Option<Lag>) -> Option<Lag> {
    left.into_iter().chain(right).max_by_key(|lag| lag.lag_ms)
}

impl Part {
    async fn of(
        stores: &Stores,
        partition: PartitionId,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        let queue = QueueName::parse(&format!("actors/{partition}"));
        let queue = queue.expect("a word and a number are a name");
        let (depth, due, outbox) = futures::try_join!(
            stores.queue.depth(&queue),
            stores.journal.due(partition, now, 1),
            stores.journal.undelivered(partition, None, ENTRIES_MAX),
        )?;
        let lag = |since: Timestamp| Lag {
            partition,
            lag_ms: now.as_millis().saturating_sub(since.as_millis()),
        };
        let sent = outbox.items.iter().filter_map(|entry| sent_at(&entry.bytes)).min();
        Ok(Self {
            depth: Depth { partition, depth },
            outbox: sent.map(lag),
            timers: due.timers.first().map(|timer| lag(timer.at)),
        })
    }
}

/// When an entry was put into its outbox, if it tells.
fn sent_at(entry: &[u8]) -> Option<Timestamp> {
    match Outgoing::decode(entry).ok()? {
        Outgoing::Message(message) => Some(message.sent_at),
        Outgoing::DeadLetter(letter) => Some(letter.at),
        Outgoing::Activity(_) | Outgoing::Projection(_) => None,
    }
}
