//! Hears from the store which queues have something to receive, where the store can tell.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::time::Duration;

use loom_core::{PartitionId, QueueName, Timestamp};
use loom_ports::Watched;

use super::queue_of;
use crate::host::Shared;

/// How long one watch lasts.
const WATCH_FOR: Duration = Duration::from_mins(1);

/// A watch over the queues of the partitions that a host owns.
#[derive(Debug, Default)]
pub(super) struct Watch {
    partitions: BTreeMap<QueueName, PartitionId>,
    queues: Vec<QueueName>,
    store: Store,
}

/// What the store is able to tell.
#[derive(Debug, Default)]
enum Store {
    #[default]
    NotAsked,
    Tells,
    CannotTell,
    OutOfOrder {
        ask_again_at: Timestamp,
    },
}

impl Watch {
    /// Whether what becomes visible is told, as far as is known.
    pub(super) fn tells(&self) -> bool {
        matches!(self.store, Store::Tells)
    }

    /// Waits until the store has something to tell, and returns the partitions whose queues may
    /// have something. They are told again until they were received from. Where the store cannot
    /// tell, the first call returns at once, and others never.
    pub(super) async fn next(&mut self, host: &Shared) -> BTreeSet<PartitionId> {
        match self.store {
            Store::CannotTell => return pending().await,
            Store::OutOfOrder { ask_again_at } => host.clock.sleep_until(ask_again_at).await,
            Store::NotAsked | Store::Tells => {}
        }
        self.follow(&host.owned());
        if self.queues.is_empty() {
            return pending().await;
        }
        let now = host.clock.now();
        let (store, visible) = match host.stores.queue.watch(&self.queues, WATCH_FOR, now).await {
            Ok(Watched::Visible(visible)) => (Store::Tells, visible),
            Ok(Watched::Nothing) => (Store::Tells, Vec::new()),
            Ok(Watched::Unwatched) => (Store::CannotTell, Vec::new()),
            Err(error) => {
                let pause = host.outages.watches.failed((), &error);
                let ask_again_at = host.clock.now().saturating_add(pause);
                (Store::OutOfOrder { ask_again_at }, Vec::new())
            }
        };
        self.store = store;
        if self.tells() {
            host.outages.watches.worked(&());
        }
        visible.iter().filter_map(|queue| self.partitions.get(queue).copied()).collect()
    }

    fn follow(&mut self, owned: &BTreeSet<PartitionId>) {
        let is_same = self.queues.len() == owned.len()
            && self.partitions.values().all(|partition| owned.contains(partition));
        if !is_same {
            self.partitions = owned.iter().map(|id| (queue_of(*id), *id)).collect();
            self.queues = self.partitions.keys().cloned().collect();
        }
    }
}
