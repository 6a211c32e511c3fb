//! Port: a carrier of messages.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use loom_core::{IdempotencyKey, MessageId, QueueName, Timestamp};

use crate::{Cursor, Page, PortError};

/// Carries messages at least once, from any host to any host.
///
/// A message accepted is received until it is acknowledged, or buried: it is never silently
/// gone. Queues exist once they are named, and cost nothing while they are empty. Messages of
/// a queue are received by priority, greater first, and within a priority in the order they
/// became visible; messages of one priority that were enqueued one after another without
/// delay, and not returned since, are received in that order.
///
/// An *ordering key* makes that order strict: a message is received only once all that were
/// enqueued before it with the same key are settled for good, or together with them, behind
/// them, in one answer. So whoever returns one must return those behind it too. A delayed or
/// hidden message holds back those behind it, whatever their priority. What was held back takes
/// its place among those of its priority when nothing holds it back any more, and an answer with
/// room has it then: keys take turns, and no key keeps out others.
#[async_trait]
pub trait MessageQueue: Debug + Send + Sync + 'static {
    /// Accepts each of `messages`, in order. The answers are in the order of the messages.
    ///
    /// A message whose dedup key the queue accepted within its dedup window, whether still
    /// there or long acknowledged, is answered `Duplicate` and not accepted again. Without a
    /// key, repeating after an indeterminate failure may enqueue twice.
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError>;

    /// Takes up to `receive.max` visible messages from `queues`, hiding each until
    /// `now + receive.visibility`, after which it is received again unless settled.
    ///
    /// With a `wait`, an adapter may hold the call that long until there is something; an
    /// empty answer says only that nothing was visible. Each delivery counts as an attempt.
    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError>;

    /// Says which of `queues` may have something to receive.
    ///
    /// Answers at once if a message of theirs is known to have become visible, and no receive
    /// through this handle that began afterwards has found the queue exhausted. Otherwise waits
    /// for one, `wait` at most; ends of delays, of visibilities and of what held a message back
    /// count. News may take a moment to arrive, but no queue is passed over for good; one may be
    /// named in vain, but not for ever once it was found exhausted. Takes nothing, so that nothing
    /// is lost by dropping the call.
    ///
    /// A store that cannot tell answers [`Watched::Unwatched`], at once and always.
    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError>;

    /// Removes a received message for good. May be repeated.
    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError>;

    /// Returns a received message, visible again at `visible_at`.
    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError>;

    /// Keeps a received message hidden until `hidden_until`.
    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError>;

    /// Moves a received message to the dead letters of its queue. It keeps its id and body.
    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError>;

    /// Adds letters that died before any queue carried them. One whose id is there already is
    /// left as it is, so that this may be repeated.
    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError>;

    /// Lists dead letters, those that died first before the others.
    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError>;

    /// Puts a dead letter back at the end of its queue, with its id, its body, the least
    /// priority, no ordering key and no attempts. `false` if there is none of that id: it was
    /// replayed or purged before.
    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError>;

    /// Removes a dead letter for good. `false` if there is none of that id. May be repeated.
    async fn purge_dead_letter(&self, queue: &QueueName, id: &MessageId)
    -> Result<bool, PortError>;

    /// How many messages a queue holds, visible, delayed and hidden ones, without dead letters.
    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError>;

    /// The ordering keys of messages of the queue that are not settled yet (waiting, delayed or
    /// received), each once, at most `limit`, in no particular order; fewer than `limit` says
    /// that these are all.
    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError>;
}

/// A message to accept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enqueue {
    /// Names the message in deliveries and dead letters.
    pub id: MessageId,
    /// The message.
    pub body: Bytes,
    /// Greater is received first.
    pub priority: u8,
    /// Not received before.
    pub visible_at: Timestamp,
    /// Recognizes the same message enqueued twice.
    pub dedup: Option<Dedup>,
    /// Messages with the same ordering key are received in the order in which they were enqueued.
    pub ordering_key: Option<u64>,
}

/// How to recognize the same message enqueued twice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dedup {
    /// The same for each attempt to enqueue it.
    pub key: IdempotencyKey,
    /// From when on the key is forgotten.
    pub until: Timestamp,
}

/// How one message of an enqueue ended.
#[must_use]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Enqueued {
    /// The queue has it.
    Accepted,
    /// The queue accepted it before.
    Duplicate,
}

/// How much to receive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receive {
    /// The most messages.
    pub max: usize,
    /// How long the call may be held when there are none.
    pub wait: Duration,
    /// How long each message stays hidden.
    pub visibility: Duration,
}

/// What a watch saw.
#[must_use]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Watched {
    /// These queues may have something to receive.
    Visible(Vec<QueueName>),
    /// Nothing was heard of any of the queues.
    Nothing,
    /// This store cannot tell: whoever wants to know receives.
    Unwatched,
}

/// A received message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueueDelivery {
    /// What to settle it with.
    pub receipt: Receipt,
    /// The id it was enqueued with.
    pub id: MessageId,
    /// The message.
    pub body: Bytes,
    /// How often it was received since it was enqueued or replayed, this time included.
    pub attempt: u32,
}

/// Names one delivery of one message. Worthless once the message was received again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// The queue it came from.
    pub queue: QueueName,
    /// Means something only to the adapter that gave it.
    pub token: Bytes,
}

/// Whether a receipt was still good.
#[must_use = "an expired receipt changed nothing"]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Settled {
    /// It is done.
    Done,
    /// The message was received again, or settled before. Nothing changed.
    Expired,
}

/// A dead letter of a queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueuedDeadLetter {
    /// The id it was enqueued with.
    pub id: MessageId,
    /// The message.
    pub body: Bytes,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: String,
    /// When.
    pub died_at: Timestamp,
}

const _: fn(&dyn MessageQueue) = |_| {};
