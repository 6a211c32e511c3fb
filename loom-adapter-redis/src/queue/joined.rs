//! Joins what many ask at the same time: what is asked while a request for a queue is on its way goes
//! in one request, once that one is answered.
//!
//! Nobody waits for company: who finds nothing on its way goes at once and alone.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use loom_core::QueueName;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::Failure;

/// The most that goes together.
const ITEMS_MAX: usize = 1_000;
const BYTES_MAX: usize = 4 << 20;

/// Carries items to the server, any number at a time.
#[async_trait]
pub(crate) trait Carrier: Send + Sync + 'static {
    type Item: Send + Sync;
    type Answer: Send;

    /// What an item takes in a request, about.
    fn bytes(item: &Self::Item) -> usize;

    /// Carries items of one queue. The answers are in their order. A failure is one of all.
    async fn carry(
        &self,
        queue: &QueueName,
        items: &[Self::Item],
    ) -> Result<Vec<Self::Answer>, Failure>;
}

/// A carrier that many use at once.
pub(crate) struct Joined<C: Carrier>(Arc<Lanes<C>>);

struct Lanes<C: Carrier> {
    carrier: C,
    /// The queues of which a request is on its way, and who waits for its end.
    busy: Mutex<HashMap<QueueName, VecDeque<Waiting<C>>>>,
}

struct Waiting<C: Carrier> {
    items: Vec<C::Item>,
    answer: oneshot::Sender<Answered<C>>,
}

type Answered<C> = Result<Vec<<C as Carrier>::Answer>, Failure>;

enum Entered<C: Carrier> {
    /// Nothing is on its way.
    First(Lane<C>, Vec<C::Item>),
    Behind(oneshot::Receiver<Answered<C>>),
}

/// The right to send for a queue. Whoever waits goes on when it ends, however it does.
struct Lane<C: Carrier> {
    lanes: Arc<Lanes<C>>,
    queue: QueueName,
}

impl<C: Carrier> Joined<C> {
    pub(crate) fn new(carrier: C) -> Self {
        Self(Arc::new(Lanes { carrier, busy: Mutex::default() }))
    }

    /// Carries items, together with what others ask. The answers are in their order.
    pub(crate) async fn carry(
        &self,
        queue: &QueueName,
        items: Vec<C::Item>,
    ) -> Result<Vec<C::Answer>, Failure> {
        match Lanes::enter(&self.0, queue, items) {
            Entered::First(_lane, items) => self.0.carrier.carry(queue, &items).await,
            Entered::Behind(answer) => answer.await.unwrap_or(Err(Failure::Unheard)),
        }
    }
}

impl<C: Carrier> Lanes<C> {
    fn enter(this: &Arc<Self>, queue: &QueueName, items: Vec<C::Item>) -> Entered<C> {
        let mut busy = this.busy();
        if let Some(waiting) = busy.get_mut(queue) {
            let (answer, answered) = oneshot::channel();
            waiting.push_back(Waiting { items, answer });
            Entered::Behind(answered)
        } else {
            busy.insert(queue.clone(), VecDeque::new());
            Entered::First(Lane { lanes: Arc::clone(this), queue: queue.clone() }, items)
        }
    }

    fn busy(&self) -> MutexGuard<'_, HashMap<QueueName, VecDeque<Waiting<C>>>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who go next. Without any, the queue is free.
    fn next(&self, queue: &QueueName) -> Vec<Waiting<C>> {
        let mut busy = self.busy();
        let Some(waiting) = busy.get_mut(queue) else { return Vec::new() };
        let (mut items, mut bytes, mut count) = (0, 0, 0);
        for one in &*waiting {
            items += one.items.len();
            bytes += one.items.iter().map(C::bytes).sum::<usize>();
            if count > 0 && (items > ITEMS_MAX || bytes > BYTES_MAX) {
                break;
            }
            count += 1;
        }
        if count == 0 {
            busy.remove(queue);
            return Vec::new();
        }
        waiting.drain(..count).collect()
    }
}

impl<C: Carrier> Lane<C> {
    /// Carries for those who have waited.
    async fn carry(self, waited: Vec<Waiting<C>>) {
        let counts: Vec<_> = waited.iter().map(|it| it.items.len()).collect();
        let (items, answers): (Vec<_>, Vec<_>) =
            waited.into_iter().map(|it| (it.items, it.answer)).unzip();
        let items: Vec<_> = items.into_iter().flatten().collect();
        let carried = self.lanes.carrier.carry(&self.queue, &items).await;
        let mut carried = carried.map(Vec::into_iter);
        for (answer, count) in answers.into_iter().zip(counts) {
            // Who does not wait any more does not want it.
            let _ = answer.send(match &mut carried {
                Ok(carried) => Ok(carried.take(count).collect()),
                Err(failure) => Err(failure.clone()),
            });
        }
    }
}

impl<C: Carrier> Drop for Lane<C> {
    fn drop(&mut self) {
        loop {
            let next = self.lanes.next(&self.queue);
            if next.is_empty() {
                return;
            }
            // Without a runtime nobody can carry it: those who wait learn that by its end here.
            if let Ok(runtime) = Handle::try_current() {
                let lane = Self { lanes: Arc::clone(&self.lanes), queue: self.queue.clone() };
                runtime.spawn(lane.carry(next));
                return;
            }
        }
    }
}

impl<C: Carrier> fmt::Debug for Joined<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joined").field("busy", &self.0.busy().len()).finish()
    }
}

#[cfg(test)]
mod tests;
