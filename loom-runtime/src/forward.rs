//! Calls from outside to actors of other hosts.
//!
//! A call goes through the queue of the actor's partition, under a key, so that it is handled
//! once however often it arrives. It names a partition of this host, whose queue carries the
//! answer: that queue is emptied by whoever owns the partition, so nothing is left when this host
//! dies. When the partition moves, the call is sent again from another.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loom_core::{
    Body, IdempotencyKey, InvalidId, Message, MessageId, PartitionId, RequestKey, fingerprint,
};
use loom_ports::{Enqueue, PortError, Receipt, Retry};
use tokio::sync::oneshot;
use tracing::warn;

use crate::CallError;
use crate::carried::{self, Address};
use crate::committer::backoff;
use crate::envelope::{Answer, Caller};
use crate::host::{Phase, Shared};
use crate::ingress::queue_of;

/// A call that cannot be carried out where it arrives comes again so often before its caller is
/// told.
const ATTEMPTS_MAX: u32 = 20;

/// The calls for whose answers this host waits.
#[derive(Debug, Default)]
pub(crate) struct Forwards(Mutex<BTreeMap<MessageId, Waiting>>);

#[derive(Debug)]
struct Waiting {
    caller: Caller,
    message: Message,
    /// Whose queue carries the answer.
    partition: PartitionId,
    /// How often it was put in a queue, or may have been.
    sent: u32,
}

impl Forwards {
    /// Whether nobody waits.
    pub(crate) fn are_answered(&self) -> bool {
        let mut waiting = self.lock();
        waiting.retain(|_, waiting| !waiting.caller.is_closed());
        waiting.is_empty()
    }

    /// Tells the caller. That nothing happened is only known if the answer speaks of every time
    /// that the call was sent: it does of `sent_max` times.
    fn answer(&self, call: &MessageId, sent_max: u32, answer: Answer) {
        let Some(Waiting { caller, sent, .. }) = self.lock().remove(call) else { return };
        let _ = caller.send(match answer {
            Err(CallError::Overloaded(_) | CallError::Unavailable(_)) if sent > sent_max => {
                Err(CallError::Unknown { call_id: call.clone() })
            }
            answer => answer,
        });
    }

    fn count_sent(&self, call: &MessageId) {
        if let Some(waiting) = self.lock().get_mut(call) {
            waiting.sent += 1;
        }
    }

    fn count_refused(&self, call: &MessageId) {
        if let Some(waiting) = self.lock().get_mut(call) {
            waiting.sent -= 1;
        }
    }

    /// What a call says, as long as somebody waits for it.
    fn written(&self, call: &MessageId) -> Option<(Message, PartitionId)> {
        let mut all = self.lock();
        let waiting = all.get(call)?;
        if waiting.caller.is_closed() {
            all.remove(call);
            return None;
        }
        Some((waiting.message.clone(), waiting.partition))
    }

    fn of(&self, partition: PartitionId) -> Vec<MessageId> {
        let waiting = self.lock();
        let of_it = waiting.iter().filter(|(_, waiting)| waiting.partition == partition);
        of_it.map(|(call, _)| call.clone()).collect()
    }

    fn readdress(&self, call: &MessageId, partition: PartitionId) {
        if let Some(waiting) = self.lock().get_mut(call) {
            waiting.partition = partition;
        }
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<MessageId, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Has another host carry out a request.
    pub(crate) fn forward(
        self: &Arc<Self>,
        mut message: Message,
    ) -> Result<oneshot::Receiver<Answer>, CallError> {
        let Some(partition) = self.owned().into_iter().next() else {
            let why = format!("{} is with another host, and this one has no partition", message.to);
            return Err(CallError::Unavailable(why));
        };
        handle_once(&mut message)?;
        let (caller, answer) = oneshot::channel();
        let call = self.message_id();
        let waiting = Waiting { caller, message, partition, sent: 0 };
        self.forwards.lock().insert(call.clone(), waiting);
        self.spawn(send(Arc::clone(self), call));
        Ok(answer)
    }

    /// Carries out a request for a caller who waits in another host.
    pub(crate) fn answer_call(
        self: &Arc<Self>,
        (call, attempt): (MessageId, u32),
        receipt: Receipt,
        message: Message,
        to: Address,
    ) {
        let host = Arc::clone(self);
        self.spawn(async move {
            let answer = match host.call_here(message) {
                Ok(answer) => answer
                    .await
                    .unwrap_or_else(|_| Err(CallError::Unknown { call_id: call.clone() })),
                Err(error) => Err(error),
            };
            let answer = match answer {
                Ok(_) | Err(CallError::Failed(_)) => answer,
                // That nothing happened is only known of the first attempt.
                Err(CallError::Overloaded(_)) if attempt == 1 => answer,
                Err(_) if attempt < ATTEMPTS_MAX => return host.return_to_queue(receipt),
                Err(_) => Err(CallError::Unknown { call_id: call.clone() }),
            };
            let body = carried::encode_answer(&to.host, answer);
            match host.put(to.partition, call, body).await {
                Ok(()) => host.acknowledge(receipt),
                Err(error) => {
                    warn!(%error, "an answer could not be sent yet");
                    host.return_to_queue(receipt);
                }
            }
        });
    }

    /// An answer arrived.
    pub(crate) fn answered(&self, call: &MessageId, answer: Answer) {
        self.forwards.answer(call, 1, answer);
    }

    /// A partition is not owned any more: answers have to come through another.
    pub(crate) fn readdress(self: &Arc<Self>, partition: PartitionId) {
        let calls = self.forwards.of(partition);
        if calls.is_empty() {
            return;
        }
        let is_running = *self.phase.borrow() == Phase::Running;
        let other = self.owned().into_iter().next().filter(|_| is_running);
        for call in calls {
            let Some(other) = other else {
                let unknown = CallError::Unknown { call_id: call.clone() };
                self.forwards.answer(&call, 0, Err(unknown));
                continue;
            };
            self.forwards.readdress(&call, other);
            self.spawn(send(Arc::clone(self), call));
        }
    }

    async fn put(
        &self,
        partition: PartitionId,
        id: MessageId,
        body: bytes::Bytes,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        let enqueue =
            Enqueue { id, body, priority: 0, visible_at: now, dedup: None, ordering_key: None };
        let accepted = self.stores.queue.enqueue(&queue_of(partition), &[enqueue], now).await?;
        if !accepted.is_empty() && self.owns(partition) {
            self.ingress.hint(partition, now);
        }
        Ok(())
    }
}

/// Puts a call in its queue, again and again for as long as a lease: arriving twice does no harm.
async fn send(host: Arc<Shared>, call: MessageId) {
    let until = host.clock.now().saturating_add(host.settings.lease);
    for tries in 0.. {
        let Some((message, partition)) = host.forwards.written(&call) else { return };
        let to = host.partition_of(&message.to);
        let address = Address { host: host.id.clone(), partition };
        let body = carried::encode_call(message, &address);
        // Before it is, for the answer may come before the queue has said that it is there.
        host.forwards.count_sent(&call);
        let Err(error) = host.put(to, call.clone(), body).await else { return };
        let retry = error.kind().retry();
        if retry != Retry::IfIdempotent {
            host.forwards.count_refused(&call);
        }
        if retry == Retry::Never || host.is_stopped() || host.clock.now() >= until {
            let error = CallError::Unavailable(error.to_string());
            return host.forwards.answer(&call, 0, Err(error));
        }
        host.pause(backoff(tries)).await;
    }
}

/// Gives a message a key, if it has none: its queue may deliver it twice.
pub(crate) fn handle_once(message: &mut Message) -> Result<(), InvalidId> {
    if message.key.is_some() {
        return Ok(());
    }
    let key = || IdempotencyKey::parse(message.id.as_str());
    message.key = match &message.body {
        Body::Invoke { method, args, .. } => Some(RequestKey::new(key()?, method, args)),
        Body::Event { name, payload } => {
            let fingerprint = fingerprint(&[name.as_str().as_bytes(), &payload.0]);
            Some(RequestKey { key: key()?, fingerprint })
        }
        Body::Answer { .. } | Body::Fire { .. } => None,
    };
    Ok(())
}

#[cfg(test)]
mod tests;
