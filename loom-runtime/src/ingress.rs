//! Takes messages from the queues of the partitions that this host owns.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use loom_core::{
    DeadLetter, Delivery, Message, MessageId, Outgoing, PartitionId, QueueName, Timestamp,
};
use loom_ports::{
    Cursor, Dedup, Enqueue, Enqueued, Page, PortError, QueueDelivery, QueuedDeadLetter, Receipt,
    Receive, Retry,
};
use tokio::sync::Notify;
use tracing::{error, warn};

use crate::CallError;
use crate::envelope::Origin;
use crate::host::Shared;

const RECEIVE: Receive =
    Receive { max: 256, wait: Duration::ZERO, visibility: Duration::from_secs(30) };
/// How often every queue is looked at, for what became visible and for what other hosts
/// enqueued: often for a while after there was something, then seldom.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOK_SELDOM: Duration = Duration::from_secs(10);
const BUSY_FOR: Duration = Duration::from_mins(1);
const RETURN_FOR: Duration = Duration::from_millis(50);

/// Which queues are known to hold something.
#[derive(Debug, Default)]
pub(crate) struct Ingress {
    filled: Mutex<BTreeSet<PartitionId>>,
    changed: Notify,
}

impl Ingress {
    pub(crate) fn hint(&self, partition: PartitionId) {
        self.filled.lock().unwrap_or_else(PoisonError::into_inner).insert(partition);
        self.changed.notify_one();
    }

    fn take(&self) -> BTreeSet<PartitionId> {
        std::mem::take(&mut self.filled.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Receives for as long as the host lives.
pub(crate) async fn run(host: Arc<Shared>) {
    let (mut look_at, mut busy_until) = (Timestamp::EPOCH, Timestamp::EPOCH);
    loop {
        let now = host.clock.now();
        let mut partitions = host.ingress.take();
        if !partitions.is_empty() {
            busy_until = now.saturating_add(BUSY_FOR);
        }
        if now >= look_at {
            partitions = host.owned();
            look_at = Timestamp::MAX;
        }
        match receive_all(&host, &partitions).await {
            Ok(false) => {}
            Ok(true) => busy_until = now.saturating_add(BUSY_FOR),
            Err(error) => warn!(%error, "queues could not be read"),
        }
        let pause = if now < busy_until { LOOK_EVERY } else { LOOK_SELDOM };
        look_at = look_at.min(now.saturating_add(pause));
        tokio::select! {
            biased;
            () = host.stopping() => return,
            () = host.ingress.changed.notified() => {}
            () = host.clock.sleep_until(look_at) => {}
        }
    }
}

/// Takes all that is visible. `true` if there was something.
async fn receive_all(
    host: &Arc<Shared>,
    partitions: &BTreeSet<PartitionId>,
) -> Result<bool, PortError> {
    let mut found = false;
    if partitions.is_empty() {
        return Ok(found);
    }
    let queues: Vec<_> = partitions.iter().map(|partition| queue_of(*partition)).collect();
    loop {
        let received = host.stores.queue.receive(&queues, RECEIVE, host.clock.now()).await?;
        if received.is_empty() {
            return Ok(found);
        }
        found = true;
        for delivery in received {
            take(host, delivery).await?;
        }
    }
}

async fn take(host: &Arc<Shared>, received: QueueDelivery) -> Result<(), PortError> {
    let QueueDelivery { receipt, id, body, attempt } = received;
    let message = match decode(&body) {
        Ok(message) => message,
        Err(reason) => {
            error!(message = %id, reason, "message is unreadable");
            let _ = host.stores.queue.bury(&receipt, &reason, host.clock.now()).await?;
            return Ok(());
        }
    };
    let delivery = Delivery { message, stamp: None };
    if let Err(refused) = host.deliver(delivery, Origin::Queue(receipt)) {
        let (_, origin) = refused.into_parts();
        if let Origin::Queue(receipt) = origin {
            let visible_at = host.clock.now().saturating_add(RETURN_FOR * attempt.min(20));
            let _ = host.stores.queue.nack(&receipt, visible_at).await?;
        }
    }
    Ok(())
}

/// The queue of the messages to the actors of a partition.
pub(crate) fn queue_of(partition: PartitionId) -> QueueName {
    QueueName::parse(&format!("actors/{partition}")).expect("a word and a number are a name")
}

fn encode(message: Message) -> Bytes {
    Outgoing::Message(message).encode()
}

fn decode(bytes: &Bytes) -> Result<Message, String> {
    match Outgoing::decode(bytes) {
        Ok(Outgoing::Message(message)) => Ok(message),
        Ok(_) => Err("not a message to an actor".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A message that was given up, with the queue that keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptDeadLetter {
    /// The message, with its id and lineage. `None` if it cannot be read.
    pub message: Option<Message>,
    /// Its id.
    pub id: MessageId,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub died_at: Timestamp,
    queue: QueueName,
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
        let body = encode(message);
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
                    self.ingress.hint(partition);
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
        self.spawn(async move {
            // Unacknowledged it comes again, and is known as a duplicate.
            if let Err(error) = host.stores.queue.ack(&receipt).await {
                warn!(%error, "acknowledgement failed");
            }
        });
    }

    /// A message that the queue carried was not handled.
    pub(crate) fn return_to_queue(self: &Arc<Self>, receipt: Receipt) {
        let host = Arc::clone(self);
        self.spawn(async move {
            let visible_at = host.clock.now().saturating_add(RETURN_FOR);
            match host.stores.queue.nack(&receipt, visible_at).await {
                Ok(_) => {}
                // It comes again once its visibility ends.
                Err(error) => warn!(%error, "return to the queue failed"),
            }
        });
    }

    /// Moves a message that was given up to the dead letters.
    pub(crate) fn keep_dead_letter(self: &Arc<Self>, letter: DeadLetter, origin: Origin) {
        let host = Arc::clone(self);
        self.spawn(async move {
            let queue = queue_of(host.partition_of(&letter.message.to));
            let DeadLetter { message, reason, attempts, at } = letter;
            let id = message.id.clone();
            let body = encode(message);
            let kept = QueuedDeadLetter { id, body, attempts, reason, died_at: at };
            match host.stores.queue.add_dead_letters(&queue, &[kept]).await {
                Ok(()) => host.handled(origin),
                Err(error) => {
                    warn!(%error, "dead letter could not be kept yet");
                    host.returned(origin);
                }
            }
        });
    }

    pub(crate) async fn dead_letters(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<KeptDeadLetter>, PortError> {
        let queue = queue_of(partition);
        let page = self.stores.queue.dead_letters(&queue, from, limit).await?;
        let items = page.items.into_iter().map(|letter| {
            let QueuedDeadLetter { id, body, attempts, reason, died_at } = letter;
            let message = decode(&body).ok();
            KeptDeadLetter { message, id, reason, attempts, died_at, queue: queue.clone() }
        });
        Ok(Page { items: items.collect(), next: page.next })
    }

    pub(crate) async fn replay_dead_letter(
        &self,
        letter: &KeptDeadLetter,
    ) -> Result<bool, PortError> {
        let now = self.clock.now();
        let replayed = self.stores.queue.replay_dead_letter(&letter.queue, &letter.id, now).await?;
        if let Some(message) = &letter.message {
            self.ingress.hint(self.partition_of(&message.to));
        }
        Ok(replayed)
    }
}
