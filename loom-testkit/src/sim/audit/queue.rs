//! The queue, judged.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{
    Cursor, Enqueue, Enqueued, ErrorKind, MessageQueue, Page, PortError, QueueDelivery,
    QueuedDeadLetter, Receipt, Receive, Settled, Watched,
};
use tokio::sync::Mutex as Turnstile;

use super::picture::Picture;
use super::{Audit, Kept};

/// The queue as one opening has it.
#[derive(Debug)]
pub(super) struct Audited {
    audit: Arc<Audit>,
    inner: Arc<dyn MessageQueue>,
    opening: u64,
    /// Changes reach the store one after another, so that it is known in which order it made
    /// them.
    order: Turnstile<()>,
}

fn may_have_happened<T>(answer: &Result<T, PortError>) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Indeterminate)
}

impl Audited {
    pub(super) fn new(audit: &Arc<Audit>, opening: u64, inner: Arc<dyn MessageQueue>) -> Self {
        Self { audit: Arc::clone(audit), inner, opening, order: Turnstile::default() }
    }

    fn check_open(&self, operation: &'static str) -> Result<(), PortError> {
        if self.audit.is_open(self.opening) {
            return Ok(());
        }
        Err(PortError::new(ErrorKind::Indeterminate, operation))
    }

    fn judge(&self, look: impl FnOnce(&mut Picture) -> Kept) {
        if self.audit.is_open(self.opening) {
            self.audit.judge(look);
        }
    }

    fn check_settled(&self, receipt: &Receipt, settled: Settled) {
        self.judge(|picture| {
            let queue = picture.queues.get_mut(&receipt.queue);
            queue.map_or(Ok(()), |queue| queue.check_settled(receipt, settled))
        });
    }

    /// Settles a receipt, which may happen although nobody is told.
    async fn settle(
        &self,
        operation: &'static str,
        receipt: &Receipt,
        settle: impl Future<Output = Result<Settled, PortError>>,
        judge: impl FnOnce(&mut Picture) -> Kept,
    ) -> Result<Settled, PortError> {
        let _turn = self.order.lock().await;
        self.check_open(operation)?;
        let mark = |is_maybe_settled: bool| {
            let mut picture = self.audit.picture();
            let queue = picture.queues.get_mut(&receipt.queue)?;
            let n = queue.received_as(receipt)?;
            let item = queue.items.get_mut(&n)?;
            Some(std::mem::replace(&mut item.is_maybe_settled, is_maybe_settled))
        };
        let was = mark(true).unwrap_or(false);
        let answer = settle.await;
        if may_have_happened(&answer) || !self.audit.is_open(self.opening) {
            return answer;
        }
        mark(was);
        if let Ok(settled) = answer {
            self.check_settled(receipt, settled);
            if settled == Settled::Done {
                self.judge(judge);
            }
        }
        answer
    }

    /// Changes dead letters of a queue.
    async fn letters<T>(
        &self,
        operation: &'static str,
        queue: &QueueName,
        change: impl Future<Output = Result<T, PortError>>,
        judge: impl FnOnce(&mut Picture, &T) -> Kept,
    ) -> Result<T, PortError> {
        const LETTERS_MAX: usize = 10_000;
        let _turn = self.order.lock().await;
        self.check_open(operation)?;
        let was = {
            let mut picture = self.audit.picture();
            let it = picture.queues.entry(queue.clone()).or_default();
            std::mem::replace(&mut it.is_uncertain, true)
        };
        let answer = change.await;
        if !may_have_happened(&answer) {
            self.judge(|picture| {
                picture.queues.entry(queue.clone()).or_default().is_uncertain = was;
                answer.as_ref().map_or(Ok(()), |answer| judge(picture, answer))
            });
        }
        if answer.is_ok()
            && let Ok(page) = self.inner.dead_letters(queue, None, LETTERS_MAX).await
        {
            self.judge(|picture| picture.saw_letters(queue, &page));
        }
        answer
    }
}

#[async_trait]
impl MessageQueue for Audited {
    async fn enqueue(
        &self,
        queue: &QueueName,
        messages: &[Enqueue],
        now: Timestamp,
    ) -> Result<Vec<Enqueued>, PortError> {
        let _turn = self.order.lock().await;
        self.check_open("enqueue")?;
        self.judge(|picture| picture.begin_enqueue(queue, messages));
        let answer = self.inner.enqueue(queue, messages, now).await;
        if !may_have_happened(&answer) {
            let answers = answer.as_deref().unwrap_or_default();
            self.judge(|picture| picture.enqueued(queue, messages, (answers, now)));
        }
        for Enqueue { id, .. } in messages.iter().filter(|_| answer.is_ok()) {
            self.audit.world.note(&[b"enqueue", id.as_str().as_bytes()]);
            self.audit.world.tell(|| format!("queue {queue} has message {id}"));
        }
        answer
    }

    async fn receive(
        &self,
        queues: &[QueueName],
        receive: Receive,
        now: Timestamp,
    ) -> Result<Vec<QueueDelivery>, PortError> {
        let waits = !receive.wait.is_zero();
        let _turn = if waits { None } else { Some(self.order.lock().await) };
        self.check_open("receive")?;
        let answer = self.inner.receive(queues, receive, now).await;
        if let Ok(deliveries) = &answer {
            self.judge(|picture| picture.took(deliveries, !waits));
        } else if may_have_happened(&answer) {
            self.judge(|picture| {
                for name in queues {
                    picture.queues.entry(name.clone()).or_default().forget_tokens();
                }
                Ok(())
            });
        }
        answer
    }

    async fn watch(
        &self,
        queues: &[QueueName],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Watched, PortError> {
        self.check_open("watch")?;
        self.inner.watch(queues, wait, now).await
    }

    async fn ack(&self, receipt: &Receipt) -> Result<Settled, PortError> {
        let world = &self.audit.world;
        self.settle("ack", receipt, self.inner.ack(receipt), |picture| {
            world.note(&[b"ack", &receipt.token]);
            picture.acknowledged(receipt)
        })
        .await
    }

    async fn nack(&self, receipt: &Receipt, visible_at: Timestamp) -> Result<Settled, PortError> {
        let _turn = self.order.lock().await;
        self.check_open("nack")?;
        let answer = self.inner.nack(receipt, visible_at).await;
        if let Ok(settled) = answer {
            self.check_settled(receipt, settled);
        }
        if may_have_happened(&answer) || matches!(answer, Ok(Settled::Done)) {
            self.judge(|picture| {
                if let Some(queue) = picture.queues.get_mut(&receipt.queue) {
                    queue.returned(receipt);
                }
                Ok(())
            });
        }
        answer
    }

    async fn extend(
        &self,
        receipt: &Receipt,
        hidden_until: Timestamp,
    ) -> Result<Settled, PortError> {
        let _turn = self.order.lock().await;
        self.check_open("extend")?;
        let answer = self.inner.extend(receipt, hidden_until).await;
        if let Ok(settled) = answer {
            self.check_settled(receipt, settled);
        }
        answer
    }

    async fn bury(
        &self,
        receipt: &Receipt,
        reason: &str,
        now: Timestamp,
    ) -> Result<Settled, PortError> {
        self.settle("bury", receipt, self.inner.bury(receipt, reason, now), |picture| {
            picture.buried(receipt);
            Ok(())
        })
        .await
    }

    async fn add_dead_letters(
        &self,
        queue: &QueueName,
        letters: &[QueuedDeadLetter],
    ) -> Result<(), PortError> {
        self.judge(|picture| picture.begin_letters(queue, letters));
        let add = self.inner.add_dead_letters(queue, letters);
        self.letters("add_dead_letters", queue, add, |picture, ()| {
            picture.added_letters(queue, letters);
            Ok(())
        })
        .await
    }

    async fn dead_letters(
        &self,
        queue: &QueueName,
        from: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<QueuedDeadLetter>, PortError> {
        self.check_open("dead_letters")?;
        self.inner.dead_letters(queue, from, limit).await
    }

    async fn replay_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let replay = self.inner.replay_dead_letter(queue, id, now);
        self.letters("replay_dead_letter", queue, replay, |picture, is_there| {
            picture.removed_letter(queue, id, *is_there, true)
        })
        .await
    }

    async fn purge_dead_letter(
        &self,
        queue: &QueueName,
        id: &MessageId,
    ) -> Result<bool, PortError> {
        let purge = self.inner.purge_dead_letter(queue, id);
        self.letters("purge_dead_letter", queue, purge, |picture, is_there| {
            picture.removed_letter(queue, id, *is_there, false)
        })
        .await
    }

    async fn depth(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.check_open("depth")?;
        self.inner.depth(queue).await
    }

    async fn ordering_keys(&self, queue: &QueueName, limit: usize) -> Result<Vec<u64>, PortError> {
        self.check_open("ordering_keys")?;
        self.inner.ordering_keys(queue, limit).await
    }
}
