//! Takes messages from the queues of the partitions that this host owns.

mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use loom_core::{ActorId, Delivery, Lane, Message, PartitionId, QueueName, Timestamp};
use loom_ports::{Dedup, Enqueue, Enqueued, PortError, QueueDelivery, Receipt, Receive, Retry};
use tokio::sync::Notify;
use tracing::{error, warn};

use self::watch::Watch;
use crate::CallError;
use crate::carried::{self, Carried};
use crate::envelope::Origin;
use crate::host::Shared;
use crate::receipts::Held;
use crate::unsettled::Moment;

const RECEIVE_MAX: usize = 256;
/// How often every queue is looked at, for what became visible and for what other hosts
/// enqueued: often for a while after there was something, then seldom.
const LOOKS_ALONE: Looks = Looks { often: Duration::from_secs(1), seldom: Duration::from_secs(10) };
const LOOKS_AMONG_PEERS: Looks =
    Looks { often: Duration::from_millis(50), seldom: Duration::from_millis(500) };
/// The same where the store tells what becomes visible.
const LOOKS_WHEN_TOLD: Looks =
    Looks { often: Duration::from_mins(5), seldom: Duration::from_mins(5) };
const BUSY_FOR: Duration = Duration::from_mins(1);
const RETURN_FOR: Duration = Duration::from_millis(50);

struct Looks {
    often: Duration,
    seldom: Duration,
}

/// When to look at which queue, beside the looks at all of them.
#[derive(Debug, Default)]
pub(crate) struct Ingress {
    look_at: Mutex<BTreeMap<PartitionId, Timestamp>>,
    changed: Notify,
}

impl Ingress {
    /// Says that something will be visible then.
    pub(crate) fn hint(&self, partition: PartitionId, at: Timestamp) {
        let mut look_at = self.lock();
        let known = look_at.entry(partition).or_insert(Timestamp::MAX);
        if at < *known {
            *known = at;
            self.changed.notify_one();
        }
    }

    fn take(&self, now: Timestamp) -> BTreeSet<PartitionId> {
        let mut look_at = self.lock();
        let due = look_at.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        look_at.retain(|_, at| *at > now);
        due
    }

    fn next_look(&self) -> Timestamp {
        self.lock().values().min().copied().unwrap_or(Timestamp::MAX)
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<PartitionId, Timestamp>> {
        self.look_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receives for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    let (mut look_at, mut busy_until) = (Timestamp::EPOCH, Timestamp::EPOCH);
    let (mut watch, mut told) = (Watch::default(), BTreeSet::new());
    loop {
        let now = host.clock.now();
        let mut partitions = host.ingress.take(now);
        partitions.append(&mut told);
        if !partitions.is_empty() {
            busy_until = now.saturating_add(BUSY_FOR);
        }
        if now >= look_at {
            partitions = host.owned();
            look_at = Timestamp::MAX;
        }
        let received = receive_all(&host, partitions).await;
        let pause = match &received {
            Ok(found) => {
                host.outages.queues.worked(&());
                if *found {
                    busy_until = now.saturating_add(BUSY_FOR);
                }
                let has_peers = host.has_peers.load(Ordering::Relaxed);
                let looks = match has_peers {
                    _ if watch.tells() => LOOKS_WHEN_TOLD,
                    true => LOOKS_AMONG_PEERS,
                    false => LOOKS_ALONE,
                };
                if now < busy_until { looks.often } else { looks.seldom }
            }
            Err(error) => host.outages.queues.failed((), error),
        };
        look_at = look_at.min(now.saturating_add(pause));
        let next = look_at.min(host.ingress.next_look());
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.ingress.changed.notified() => {}
            () = host.clock.sleep_until(next) => {}
            // What could not be received would be told again at once.
            visible = watch.next(&host), if received.is_ok() => told = visible,
        }
    }
}

/// Takes all that is visible. `true` if there was something.
async fn receive_all(
    host: &Arc<Shared>,
    mut partitions: BTreeSet<PartitionId>,
) -> Result<bool, PortError> {
    let mut found = false;
    while !host.is_stopped() {
        partitions.retain(|partition| host.owns(*partition));
        if partitions.is_empty() {
            return Ok(found);
        }
        let queues: Vec<_> = partitions.iter().map(|partition| queue_of(*partition)).collect();
        let (now, visibility) = (host.clock.now(), host.settings.lease);
        let begun = host.moments.next();
        let receive = Receive { max: RECEIVE_MAX, wait: Duration::ZERO, visibility };
        let received = host.stores.queue.receive(&queues, receive, now).await?;
        if received.is_empty() {
            return Ok(found);
        }
        found = true;
        take_all(host, received, (now, begun)).await;
    }
    Ok(found)
}

/// Puts what was received in the mailboxes. What cannot be taken goes back, and with it all
/// behind it that must not overtake it.
async fn take_all(
    host: &Arc<Shared>,
    received: Vec<QueueDelivery>,
    (now, begun): (Timestamp, Moment),
) {
    let mut held_back: BTreeSet<(PartitionId, ActorId, Lane)> = BTreeSet::new();
    let mut returns = Vec::new();
    let extend_at = now.saturating_add(host.settings.lease / 2);
    for QueueDelivery { receipt, id, body, attempt } in received {
        let delivery = match carried::decode(&id, &body) {
            Ok(Carried::Message(delivery)) => delivery,
            Ok(Carried::Call(message, address)) => {
                let partition = host.partition_of(&message.to);
                if host.owns(partition) {
                    host.receipts.hold(&receipt, Held { partition, extend_at, in_order: false });
                    host.answer_call((id, attempt), receipt, message, address);
                } else {
                    // Its new owner may have it at once.
                    returns.push((receipt, now));
                }
                continue;
            }
            Ok(Carried::Answer(to, answer)) => {
                // Whoever waited in a host that is gone, or lost this partition, waits elsewhere.
                if to == host.id {
                    host.answered(&id, answer);
                }
                host.acknowledge(receipt);
                continue;
            }
            Err(reason) => {
                error!(message = %id, reason, "message is unreadable");
                if let Err(error) = host.stores.queue.bury(&receipt, &reason, now).await {
                    warn!(message = %id, %error, "message could not be buried yet");
                }
                continue;
            }
        };
        let (to, lane) = (delivery.message.to.clone(), delivery.message.lane());
        let order = delivery.stamp.map(|stamp| (stamp.partition, to, lane));
        let partition = host.partition_of(&delivery.message.to);
        if order.as_ref().is_some_and(|order| held_back.contains(order))
            || host.partition(partition).was_claimed_after(begun)
        {
            returns.push((receipt, now));
            continue;
        }
        host.receipts.hold(&receipt, Held { partition, extend_at, in_order: order.is_some() });
        if let Err(refused) = host.deliver(delivery, Origin::Queue(receipt)) {
            // Its new owner may have it at once.
            let pause = if refused.is_elsewhere() { 0 } else { attempt.min(20) };
            let again_at = now.saturating_add(RETURN_FOR * pause);
            if let (_, Origin::Queue(receipt)) = refused.into_parts() {
                host.receipts.let_go(&receipt);
                host.ingress.hint(partition, again_at);
                returns.push((receipt, again_at));
            }
            held_back.extend(order);
        }
    }
    join_all(returns.iter().map(|(receipt, at)| give_back(host, receipt, *at))).await;
}

async fn give_back(host: &Shared, receipt: &Receipt, visible_at: Timestamp) {
    // It comes again once its visibility ends.
    if let Err(error) = host.stores.queue.nack(receipt, visible_at).await {
        warn!(queue = %receipt.queue, %error, "return to the queue failed");
    }
}

/// The queue of the messages to the actors of a partition.
pub(crate) fn queue_of(partition: PartitionId) -> QueueName {
    QueueName::parse(&format!("actors/{partition}")).expect("a word and a number are a name")
}

impl Shared {
    /// Accepts a message durably.
    pub(crate) async fn enqueue(self: &Arc<Self>, message: Message) -> Result<(), CallError> {
        self.check_running()?;
        let (partition, now) = (self.partition_of(&message.to), self.clock.now());
        let until = now.saturating_add(self.settings.key_window);
        let dedup = message.key.as_ref().map(|key| {
            let parts: [&[u8]; 2] = [message.to.as_str().as_bytes(), key.key.as_str().as_bytes()];
            let (high, low) = (loom_core::fingerprint(&parts), key.fingerprint);
            let name = format!("{high:016x}{low:016x}");
            let key = loom_core::IdempotencyKey::parse(&name).expect("digits are a key");
            Dedup { key, until }
        });
        let id = message.id.clone();
        let body = carried::encode(Delivery { message, stamp: None });
        let enqueue = Enqueue {
            id: id.clone(),
            body,
            priority: 0,
            visible_at: now,
            dedup,
            ordering_key: None,
        };
        match self.stores.queue.enqueue(&queue_of(partition), &[enqueue], now).await {
            Ok(answers) => {
                if let Some(Enqueued::Accepted | Enqueued::Duplicate) = answers.first() {
                    self.ingress.hint(partition, now);
                }
                Ok(())
            }
            Err(error) if error.kind().retry() == Retry::IfIdempotent => {
                Err(CallError::Unknown { call_id: id })
            }
            Err(error) => Err(CallError::Unavailable(error.to_string())),
        }
    }

    /// A message that the queue carried was handled, durably.
    pub(crate) fn acknowledge(self: &Arc<Self>, receipt: Receipt) {
        let host = Arc::clone(self);
        let held = self.receipts.let_go(&receipt);
        self.spawn(async move {
            // Unacknowledged it comes again, and is known as a duplicate.
            if let Err(error) = host.stores.queue.ack(&receipt).await {
                warn!(%error, "acknowledgement failed");
            }
            if let Some(Held { partition, in_order: true, .. }) = held {
                host.ingress.hint(partition, host.clock.now());
            }
        });
    }

    /// A message that the queue carried was not handled.
    pub(crate) fn return_to_queue(self: &Arc<Self>, receipt: Receipt) {
        let host = Arc::clone(self);
        let held = self.receipts.let_go(&receipt);
        self.spawn(async move {
            let visible_at = host.clock.now().saturating_add(RETURN_FOR);
            give_back(&host, &receipt, visible_at).await;
            if let Some(Held { partition, .. }) = held {
                host.ingress.hint(partition, visible_at);
            }
        });
    }
}
