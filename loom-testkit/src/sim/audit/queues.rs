//! Queues as the requests that they applied tell it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use loom_core::{IdempotencyKey, Message, MessageId, PartitionId, QueueName, Stamp, Timestamp};
use loom_ports::{Dedup, Enqueue, Enqueued, QueueDelivery, Receipt, Settled};

use super::bodies::{is_answer, is_call, is_of_a_turn, read};
use super::picture::{Picture, Place};
use super::{Kept, broken};

/// A queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) items: BTreeMap<u64, Item>,
    by_id: BTreeMap<MessageId, BTreeSet<u64>>,
    by_key: BTreeMap<u64, BTreeSet<u64>>,
    last: u64,
    dedup: BTreeMap<IdempotencyKey, Timestamp>,
    /// The latest time of a request: keys may be forgotten by it.
    latest: Timestamp,
    receipts: BTreeMap<Bytes, Received>,
    /// Messages that were acknowledged.
    settled: BTreeSet<MessageId>,
    /// Dead letters, by id.
    pub(super) letters: BTreeMap<MessageId, Bytes>,
    /// Messages that may have been accepted.
    maybe: Vec<Enqueue>,
    /// Dead letters may have been added or removed.
    pub(super) is_uncertain: bool,
    /// Acknowledgements may have been lost with the power.
    is_reopened: bool,
}

/// A message that is not settled.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: MessageId,
    pub(super) body: Bytes,
    ordering_key: Option<u64>,
    /// `None` if this judge cannot read it.
    pub(super) message: Option<Message>,
    pub(super) stamp: Option<Stamp>,
    /// What settles its last delivery, if that is known and it was not returned.
    token: Option<Bytes>,
    deliveries: u32,
    /// There is, or was, another one like it, so that deliveries of both may be mixed up.
    has_twin: bool,
    /// It may have been settled.
    pub(super) is_maybe_settled: bool,
}

/// A delivery, and which message it is taken for: one may be there several times, word for word.
#[derive(Clone, Debug)]
struct Received {
    n: u64,
    id: MessageId,
    body: Bytes,
}

impl Queue {
    pub(super) fn reopened(&mut self) {
        self.is_reopened = true;
        self.receipts.clear();
        self.forget_tokens();
    }

    pub(super) fn put(&mut self, id: &MessageId, body: &Bytes, ordering_key: Option<u64>) -> u64 {
        self.last += 1;
        let n = self.last;
        let (message, stamp) = read(body);
        let (id, body) = (id.clone(), body.clone());
        if let Some(key) = ordering_key {
            self.by_key.entry(key).or_default().insert(n);
        }
        let twins: Vec<_> = self.equal(&id, &body).collect();
        for twin in &twins {
            if let Some(twin) = self.items.get_mut(twin) {
                twin.has_twin = true;
            }
        }
        let item = Item {
            id: id.clone(),
            body,
            ordering_key,
            message,
            stamp,
            token: None,
            deliveries: 0,
            has_twin: !twins.is_empty(),
            is_maybe_settled: false,
        };
        self.items.insert(n, item);
        self.by_id.entry(id).or_default().insert(n);
        n
    }

    pub(super) fn take(&mut self, n: u64) -> Option<Item> {
        let item = self.items.remove(&n)?;
        if let Some(of_id) = self.by_id.get_mut(&item.id) {
            of_id.remove(&n);
            if of_id.is_empty() {
                self.by_id.remove(&item.id);
            }
        }
        if let Some(of_key) = item.ordering_key.and_then(|key| self.by_key.get_mut(&key)) {
            of_key.remove(&n);
        }
        Some(item)
    }

    /// Messages may have been received, or returned, and nobody was told.
    pub(super) fn forget_tokens(&mut self) {
        self.items.values_mut().for_each(|item| item.token = None);
    }

    /// A message was returned, or may have been.
    pub(super) fn returned(&mut self, receipt: &Receipt) {
        if let Some(n) = self.received_as(receipt)
            && let Some(item) = self.items.get_mut(&n)
        {
            item.token = None;
        }
    }

    /// That a receipt is good until its message is received again, and not after.
    pub(super) fn check_settled(&mut self, receipt: &Receipt, settled: Settled) -> Kept {
        let Some(n) = self.received_as(receipt) else { return Ok(()) };
        let is_clear = |item: &&Item| !item.is_maybe_settled && !item.has_twin;
        let Some(item) = self.items.get(&n).filter(is_clear) else { return Ok(()) };
        let Some(token) = &item.token else { return Ok(()) };
        let is_last = *token == receipt.token;
        if is_last == (settled == Settled::Done) {
            return Ok(());
        }
        let (id, queue) = (&item.id, &receipt.queue);
        let is = if is_last { "the last" } else { "an earlier" };
        broken(5, format!("{settled:?} was answered for {is} delivery of {id} of queue {queue}"))
    }

    /// The message that a receipt is for, unless it is settled.
    pub(super) fn received_as(&mut self, receipt: &Receipt) -> Option<u64> {
        let Received { n, id, body } = self.receipts.get(&receipt.token)?;
        if self.items.contains_key(n) {
            return Some(*n);
        }
        self.equal(id, body).next()
    }

    /// A receipt settled its message, which is not there any more.
    ///
    /// Of messages that are equal, those that may have been settled before are the last to go.
    pub(super) fn settle(&mut self, receipt: &Receipt) -> Option<Item> {
        let first = self.received_as(receipt)?;
        self.receipts.remove(&receipt.token);
        let Item { id, body, .. } = self.items.get(&first)?;
        let is_unlikely = |n: &u64| {
            let is_maybe_settled = self.items.get(n).is_some_and(|item| item.is_maybe_settled);
            (is_maybe_settled, *n != first)
        };
        let n = self.equal(id, body).min_by_key(is_unlikely)?;
        self.take(n)
    }

    fn equal(&self, id: &MessageId, body: &Bytes) -> impl Iterator<Item = u64> {
        let of_id = self.by_id.get(id).into_iter().flatten().copied();
        of_id.filter(move |n| self.items.get(n).is_some_and(|item| item.body == *body))
    }

    /// Whether a message that was not delivered with others should have been before them. It may
    /// have been, and be taken for an equal one that is gone.
    fn is_missed(&self, item: &Item, others: &BTreeSet<u64>) -> bool {
        let may_be_gone = |n: u64| self.items.get(&n).is_some_and(|item| item.is_maybe_settled);
        let mut equal = self.equal(&item.id, &item.body).filter(|n| others.contains(n));
        !item.is_maybe_settled && !equal.any(may_be_gone)
    }

    pub(super) fn note_settled(&mut self, id: MessageId) {
        self.settled.insert(id);
    }

    /// Whether it is known which messages there are.
    pub(super) fn is_certain(&self) -> bool {
        self.maybe.is_empty() && self.items.values().all(|item| !item.is_maybe_settled)
    }

    fn remember(&mut self, dedup: Option<&Dedup>) {
        if let Some(Dedup { key, until }) = dedup {
            self.dedup.insert(key.clone(), *until);
        }
    }

    /// Which message a delivery is of.
    fn find(&mut self, delivery: &QueueDelivery, others: &BTreeSet<u64>) -> Option<u64> {
        let QueueDelivery { id, body, attempt, .. } = delivery;
        let wanted = attempt.saturating_sub(1);
        // In order, the first comes first.
        let fits = |n: &u64| {
            let item = self.items.get(n).filter(|item| item.ordering_key.is_none());
            item.map(|item| item.deliveries.abs_diff(wanted))
        };
        let found = self.equal(id, body).filter(|n| !others.contains(n)).min_by_key(fits);
        if found.is_some() {
            return found;
        }
        let maybe = self.maybe.iter().position(|maybe| maybe.id == *id && maybe.body == *body);
        if let Some(at) = maybe {
            let maybe = self.maybe.swap_remove(at);
            self.remember(maybe.dedup.as_ref());
            return Some(self.put(id, body, maybe.ordering_key));
        }
        // An acknowledgement may be lost with the power, which costs a duplicate.
        self.settled.contains(id).then(|| self.put(id, body, None))
    }
}

impl Picture {
    /// Messages are on their way to a queue.
    pub(super) fn begin_enqueue(&mut self, queue: &QueueName, messages: &[Enqueue]) -> Kept {
        for Enqueue { id, .. } in messages {
            let was_sent =
                self.sent.contains_key(id) || self.was(|before| before.sent.contains_key(id));
            if is_of_a_turn(id) && !was_sent {
                let what =
                    format!("message {id} was put in queue {queue}, and no turn has sent it");
                return broken(2, what);
            }
        }
        let it = self.queues.entry(queue.clone()).or_default();
        it.maybe.extend_from_slice(messages);
        Ok(())
    }

    /// A queue answered, or certainly accepted nothing.
    pub(super) fn enqueued(
        &mut self,
        queue: &QueueName,
        messages: &[Enqueue],
        (answers, now): (&[Enqueued], Timestamp),
    ) -> Kept {
        let Some(it) = self.queues.get_mut(queue) else { return Ok(()) };
        it.latest = now.max(it.latest);
        for message in messages {
            if let Some(at) = it.maybe.iter().position(|maybe| maybe == message) {
                it.maybe.remove(at);
            }
        }
        for (message, answer) in messages.iter().zip(answers) {
            let it = self.queues.entry(queue.clone()).or_default();
            match answer {
                Enqueued::Accepted => {
                    let until = message.dedup.as_ref().and_then(|it_| it.dedup.get(&it_.key));
                    if until.is_some_and(|until| *until > it.latest) {
                        let id = &message.id;
                        let what = format!("queue {queue} accepted {id}, whose key it knows");
                        return broken(4, what);
                    }
                    it.remember(message.dedup.as_ref());
                    it.put(&message.id, &message.body, message.ordering_key);
                    if is_answer(&message.body) {
                        self.answered.insert(message.id.clone());
                    }
                }
                Enqueued::Duplicate => {
                    let key = message.dedup.as_ref().map(|dedup| &dedup.key);
                    let until = key.and_then(|key| it.dedup.get(key));
                    let is_known = until.is_some_and(|until| *until > now);
                    let may_be = it.maybe.iter().any(|maybe| {
                        key.is_some() && maybe.dedup.as_ref().map(|dedup| &dedup.key) == key
                    });
                    if !is_known && !may_be {
                        let id = &message.id;
                        return broken(
                            5,
                            format!("queue {queue} took {id} for one it never accepted"),
                        );
                    }
                }
            }
            let (read, stamp) = read(&message.body);
            if let (Some(message), Some(stamp)) = (read, stamp) {
                self.enqueued_unfenced(&message, stamp);
            }
            let is_it = |(of, place): &&(PartitionId, Place)| {
                stamp.is_none_or(|Stamp { partition, epoch, n }| {
                    (partition, (epoch, n)) == (*of, *place)
                })
            };
            if let Some((partition, place)) = self.sent.get(&message.id).filter(is_it)
                && let Some(outbox) = self.outboxes.get_mut(partition)
                && let Some(entry) = outbox.entries.get_mut(place)
            {
                entry.is_carried = true;
            }
        }
        Ok(())
    }

    /// Messages were received in one answer.
    pub(super) fn took(&mut self, deliveries: &[QueueDelivery], is_ordered: bool) -> Kept {
        let mut others: BTreeMap<&QueueName, BTreeSet<u64>> = BTreeMap::new();
        for delivery in deliveries {
            let queue = &delivery.receipt.queue;
            let others = others.entry(queue).or_default();
            let it = self.queues.entry(queue.clone()).or_default();
            let id = &delivery.id;
            let Some(n) = it.find(delivery, others) else {
                return broken(5, format!("queue {queue} delivers {id}, which it never accepted"));
            };
            let key = it.items.get(&n).and_then(|item| item.ordering_key);
            let earlier = key.and_then(|key| it.by_key.get(&key)).into_iter();
            let earlier = earlier.flat_map(|of_key| of_key.range(..n));
            let missed = earlier
                .filter(|n| !others.contains(n))
                .find_map(|n| it.items.get(n).filter(|item| it.is_missed(item, others)));
            // Of two that are equal, the first may be back, and be taken for the second.
            let has_twin = it.items.get(&n).is_some_and(|item| item.has_twin);
            let is_clear = is_ordered && !(it.is_reopened && has_twin);
            if let Some(missed) = missed.filter(|_| is_clear) {
                let missed = &missed.id;
                let what =
                    format!("queue {queue} delivers {id} before {missed} of the same ordering key");
                return broken(5, what);
            }
            others.insert(n);
            let received = Received { n, id: id.clone(), body: delivery.body.clone() };
            it.receipts.insert(delivery.receipt.token.clone(), received);
            if let Some(item) = it.items.get_mut(&n) {
                item.deliveries += 1;
                item.token = Some(delivery.receipt.token.clone());
            }
        }
        Ok(())
    }

    /// Whether a message needs its queue no more.
    pub(super) fn is_done(&self, item: &Item) -> bool {
        let message = item.message.as_ref();
        if let Some((message, key)) =
            message.and_then(|message| Some((message, message.key.as_ref()?)))
        {
            return self.has_mark(&message.to, &key.key);
        }
        if let Some(stamp) = item.stamp.filter(|_| self.sent.contains_key(&item.id)) {
            let outbox = self.outboxes.get(&stamp.partition);
            return self.entry_at(stamp).map_or_else(
                || outbox.is_some_and(|outbox| outbox.has_had((stamp.epoch, stamp.n))),
                |entry| self.is_settled(entry),
            );
        }
        if self.sent.contains_key(&item.id) {
            return self.entry_of(&item.id).is_none_or(|entry| self.is_settled(entry));
        }
        message.is_none_or(|message| {
            let actor = self.actors.get(&message.to);
            actor.is_some_and(|actor| actor.handled.contains(&message.id)) || self.is_stale(message)
        })
    }

    /// Whether somebody waits for the outcome of a message, and was told.
    pub(super) fn is_answered(&self, item: &Item) -> bool {
        is_call(&item.body) && self.answered.contains(&item.id)
    }

    /// A message was acknowledged.
    pub(super) fn acknowledged(&mut self, receipt: &Receipt) -> Kept {
        let Some(queue) = self.queues.get_mut(&receipt.queue) else { return Ok(()) };
        let Some(item) = queue.settle(receipt) else { return Ok(()) };
        queue.note_settled(item.id.clone());
        if self.is_answered(&item)
            || self.is_done(&item)
            || item.stamp.is_some_and(|stamp| self.is_ghost(stamp))
        {
            return Ok(());
        }
        if self.was(|before| before.is_done(&item) || before.is_answered(&item)) {
            self.is_haunted = true;
            if let Some(Stamp { partition, epoch, n }) = item.stamp {
                self.excuse(partition, (epoch, n));
            }
            return Ok(());
        }
        broken(2, format!("message {} was acknowledged before it was handled", item.id))
    }
}
