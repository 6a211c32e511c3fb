//! Messages that were given up, and the queues that keep them.

use std::sync::Arc;

use loom_core::{DeadLetter, Delivery, Message, MessageId, PartitionId, QueueName, Timestamp};
use loom_ports::{Cursor, MessageQueue, Page, PortError, QueuedDeadLetter, Stores};
use tracing::warn;

use crate::carried::{self, Carried};
use crate::envelope::Origin;
use crate::host::Shared;
use crate::ingress::queue_of;

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

/// All messages that were given up. Whoever reads them need not be a host.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    queue: Arc<dyn MessageQueue>,
}

impl Shared {
    /// Moves a message that was given up to the dead letters.
    pub(crate) fn keep_dead_letter(self: &Arc<Self>, letter: DeadLetter, origin: Origin) {
        let host = Arc::clone(self);
        self.spawn(async move {
            let queue = queue_of(host.partition_of(&letter.message.to));
            let DeadLetter { message, reason, attempts, at } = letter;
            let id = message.id.clone();
            let body = carried::encode(Delivery { message, stamp: None });
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

    pub(crate) fn dead_letters(&self) -> DeadLetters {
        DeadLetters { queue: Arc::clone(&self.stores.queue) }
    }

    pub(crate) async fn replay_dead_letter(
        &self,
        letter: &KeptDeadLetter,
    ) -> Result<bool, PortError> {
        let now = self.clock.now();
        let replayed = self.dead_letters().replay(letter, now).await?;
        if let Some(message) = &letter.message {
            self.ingress.hint(self.partition_of(&message.to), now);
        }
        Ok(replayed)
    }
}

impl DeadLetters {
    /// Those in the queues of these stores.
    #[must_use]
    pub fn of(stores: &Stores) -> Self {
        Self { queue: Arc::clone(&stores.queue) }
    }

    /// Those of a partition's actors, oldest first.
    ///
    /// # Errors
    ///
    /// Fails when the queue cannot be read.
    pub async fn page(
        &self,
        partition: PartitionId,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<KeptDeadLetter>, PortError> {
        let queue = queue_of(partition);
        let page = self.queue.dead_letters(&queue, from, limit).await?;
        let items = page.items.into_iter().map(|letter| {
            let QueuedDeadLetter { id, body, attempts, reason, died_at } = letter;
            let message = carried::decode(&id, &body).ok().and_then(Carried::into_message);
            KeptDeadLetter { message, id, reason, attempts, died_at, queue: queue.clone() }
        });
        Ok(Page { items: items.collect(), next: page.next })
    }

    /// Puts one back into its queue, where its host finds it. `false` if it was replayed before.
    ///
    /// # Errors
    ///
    /// Fails when the queue cannot be reached.
    pub async fn replay(&self, letter: &KeptDeadLetter, now: Timestamp) -> Result<bool, PortError> {
        self.queue.replay_dead_letter(&letter.queue, &letter.id, now).await
    }
}
