//! Messages of queues that wait in this host, hidden from others for as long as they do.
//!
//! A message may wait for hours in a mailbox, behind a handler that waits itself. Its visibility is
//! extended long before it ends; a host that died extends nothing, and others receive what it had.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::join_all;
use loom_core::{PartitionId, QueueName, Timestamp};
use loom_ports::{Receipt, Settled};
use tokio::sync::Notify;
use tracing::warn;

use crate::host::Shared;

/// The receipts of messages that wait here.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    held: Mutex<BTreeMap<(QueueName, Bytes), Held>>,
    changed: Notify,
}

/// What is known of a message that waits here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Whose queue it came from.
    pub(crate) partition: PartitionId,
    pub(crate) extend_at: Timestamp,
    /// What is behind it in the queue is only received once it is settled.
    pub(crate) in_order: bool,
}

impl Receipts {
    /// A message waits here.
    pub(crate) fn hold(&self, receipt: &Receipt, held: Held) {
        let mut all = self.lock();
        if all.is_empty() {
            self.changed.notify_one();
        }
        all.insert(key(receipt), held);
    }

    /// It waits no longer.
    pub(crate) fn let_go(&self, receipt: &Receipt) -> Option<Held> {
        self.lock().remove(&key(receipt))
    }

    fn due(&self, now: Timestamp) -> Vec<Receipt> {
        let held = self.lock();
        let due = held.iter().filter(|(_, held)| held.extend_at <= now);
        let receipt = |(queue, token): &(QueueName, Bytes)| Receipt {
            queue: queue.clone(),
            token: token.clone(),
        };
        due.map(|(key, _)| receipt(key)).collect()
    }

    fn next_due(&self) -> Timestamp {
        self.lock().values().map(|held| held.extend_at).min().unwrap_or(Timestamp::MAX)
    }

    fn extend_at(&self, receipt: &Receipt, at: Timestamp) {
        if let Some(held) = self.lock().get_mut(&key(receipt)) {
            held.extend_at = at;
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(QueueName, Bytes), Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Extends for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    loop {
        let due = host.receipts.due(host.clock.now());
        join_all(due.iter().map(|receipt| extend(&host, receipt))).await;
        let next = host.receipts.next_due();
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.receipts.changed.notified() => {}
            () = host.clock.sleep_until(next) => {}
        }
    }
}

async fn extend(host: &Shared, receipt: &Receipt) {
    let (now, visibility) = (host.clock.now(), host.settings.lease);
    let hidden_until = now.saturating_add(visibility);
    match host.stores.queue.extend(receipt, hidden_until).await {
        Ok(Settled::Done) => {
            host.receipts.extend_at(receipt, now.saturating_add(visibility / 2));
        }
        Ok(Settled::Expired) => {
            host.receipts.let_go(receipt);
        }
        Err(error) => {
            warn!(queue = %receipt.queue, %error, "message could not be kept hidden yet");
            host.receipts.extend_at(receipt, now.saturating_add(visibility / 8));
        }
    }
}

fn key(receipt: &Receipt) -> (QueueName, Bytes) {
    (receipt.queue.clone(), receipt.token.clone())
}
