//! Carries messages to partitions of other hosts, through their queues.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::join_all;
use loom_core::{Delivery, Message, PartitionId, Stamp, Timestamp};
use loom_ports::{Delivered, Enqueue};
use tracing::warn;

use crate::carried;
use crate::host::Shared;
use crate::ingress::queue_of;
use crate::unsettled::ordering_key;

/// The most bytes of one call.
const BYTES_MAX: usize = 1 << 20;

/// What is to be carried, for each partition in the order in which it was committed.
#[derive(Default)]
pub(super) struct Parcels {
    packed: BTreeMap<PartitionId, Vec<Parcel>>,
    /// Partitions whose queues took nothing more.
    refused: BTreeSet<PartitionId>,
}

type Parcel = (Delivered, Enqueue);

/// What became of parcels.
pub(super) struct Sent {
    /// What the queues have.
    pub(super) entries: Vec<Delivered>,
    /// Where they are.
    pub(super) to: Vec<PartitionId>,
    /// Whether that is everything.
    pub(super) all: bool,
}

impl Parcels {
    /// Whether there is something for a partition.
    pub(super) fn is_for(&self, to: PartitionId) -> bool {
        self.packed.contains_key(&to)
    }

    /// Whether the queue of a partition took nothing more.
    pub(super) fn is_refused(&self, to: PartitionId) -> bool {
        self.refused.contains(&to)
    }

    pub(super) fn add(
        &mut self,
        to: PartitionId,
        from: PartitionId,
        entry: Delivered,
        message: Message,
    ) {
        let Delivered { epoch, n } = entry;
        let enqueue = Enqueue {
            id: message.id.clone(),
            ordering_key: Some(ordering_key(from, &message.to, message.lane())),
            body: carried::encode(Delivery {
                message,
                stamp: Some(Stamp { partition: from, epoch, n }),
            }),
            priority: 0,
            // At once, also for hosts whose clocks are behind.
            visible_at: Timestamp::EPOCH,
            dedup: None,
        };
        self.packed.entry(to).or_default().push((entry, enqueue));
    }

    /// Puts everything in the queues where it goes.
    pub(super) async fn send(&mut self, host: &Arc<Shared>) -> Sent {
        let packed = std::mem::take(&mut self.packed);
        let sending = packed.into_iter().map(|(to, parcels)| send(host, to, parcels));
        let mut sent = Sent { entries: Vec::new(), to: Vec::new(), all: true };
        for (to, entries, all) in join_all(sending).await {
            if !entries.is_empty() {
                // Before they count as arrived: what comes after them must know of them.
                let now = host.moments.next();
                host.partition(to).with_unsettled(|unsettled| unsettled.forget(now));
                host.ingress.hint(to, Timestamp::EPOCH);
                sent.to.push(to);
            }
            if !all {
                self.refused.insert(to);
                sent.all = false;
            }
            sent.entries.extend(entries);
        }
        sent
    }
}

/// Enqueues in order. Returns what the queue has for certain, and whether that is all.
async fn send(
    host: &Shared,
    to: PartitionId,
    parcels: Vec<Parcel>,
) -> (PartitionId, Vec<Delivered>, bool) {
    let (mut entries, mut messages): (Vec<_>, Vec<_>) = parcels.into_iter().unzip();
    let (queue, mut sent) = (queue_of(to), 0);
    while !messages.is_empty() {
        let mut bytes = 0;
        let fits = messages.iter().take_while(|message: &&Enqueue| {
            bytes += message.body.len();
            bytes <= BYTES_MAX
        });
        let count = fits.count().max(1);
        let later = messages.split_off(count);
        let enqueued = host.stores.queue.enqueue(&queue, &messages, host.clock.now()).await;
        match enqueued {
            Ok(answers) if answers.len() == count => sent += count,
            Ok(answers) => {
                warn!(%queue, count, answers = answers.len(), "messages were not all answered");
                break;
            }
            Err(error) => {
                warn!(%queue, count, %error, "messages could not be carried yet");
                break;
            }
        }
        messages = later;
    }
    let all = sent == entries.len();
    entries.truncate(sent);
    (to, entries, all)
}
