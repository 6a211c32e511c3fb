//! Joins what many ask at the same time: what is asked while a request of a lane is on its way goes
//! in one request, once that one is answered. Requests that must not go together have different lanes.
//!
//! Nobody waits for company: who finds nothing on its way goes at once and alone.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::Failure;
use crate::settings::{Durability, RedisSettings, Topology};

/// The most that goes together.
const ITEMS_MAX: usize = 1_000;
const BYTES_MAX: usize = 4 << 20;

/// How many requests are on their way at a time where one server has all keys: while it carries out
/// one, the next are made.
const LANES: u64 = 2;

/// The lane of what has the keys of that group: those of different groups may go together where one
/// server has them all.
pub(crate) fn lane(settings: &RedisSettings, group: u64) -> u64 {
    // What is waited for has connections of its own, and holds back all behind it.
    let waits = match settings.durability {
        Durability::None | Durability::Aof => false,
        Durability::AofSynced | Durability::Replicas(_) => true,
    };
    match settings.topology {
        Topology::Standalone | Topology::Sentinel { .. } if !waits => group % LANES,
        Topology::Standalone | Topology::Sentinel { .. } | Topology::Cluster => group,
    }
}

/// How large an item is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    pub(crate) items: usize,
    pub(crate) bytes: usize,
}

/// Carries items to the server, any number at a time.
#[async_trait]
pub(crate) trait Carrier: Send + Sync + 'static {
    type Lane: Clone + Eq + Hash + Send + Sync;
    type Item: Send + Sync;
    type Answer: Send;

    /// For how many an item counts, and what it takes in a request, about.
    fn size(item: &Self::Item) -> Size;

    /// Carries items of one lane. The answers are in their order. A failure is one of all.
    async fn carry(
        &self,
        lane: &Self::Lane,
        items: &[Self::Item],
    ) -> Result<Vec<Self::Answer>, Failure>;
}

/// A carrier that many use at once.
pub(crate) struct Joined<C: Carrier>(Arc<Lanes<C>>);

struct Lanes<C: Carrier> {
    carrier: C,
    busy: Mutex<Busy<C>>,
}

/// The lanes of which a request is on its way, and who waits for its end.
type Busy<C> = HashMap<<C as Carrier>::Lane, VecDeque<Waiting<C>>>;

struct Waiting<C: Carrier> {
    items: Vec<C::Item>,
    answer: oneshot::Sender<Answered<C>>,
}

type Answered<C> = Result<Vec<<C as Carrier>::Answer>, Failure>;

enum Entered<C: Carrier> {
    /// Nothing is on its way.
    First(Right<C>, Vec<C::Item>),
    Behind(oneshot::Receiver<Answered<C>>),
}

/// The right to send for a lane. Whoever waits goes on when it ends, however it does.
struct Right<C: Carrier> {
    lanes: Arc<Lanes<C>>,
    lane: C::Lane,
}

impl<C: Carrier> Joined<C> {
    pub(crate) fn new(carrier: C) -> Self {
        Self(Arc::new(Lanes { carrier, busy: Mutex::default() }))
    }

    /// Carries items, together with what others ask. The answers are in their order.
    pub(crate) async fn carry(
        &self,
        lane: &C::Lane,
        items: Vec<C::Item>,
    ) -> Result<Vec<C::Answer>, Failure> {
        match Lanes::enter(&self.0, lane, items) {
            Entered::First(_right, items) => self.0.carrier.carry(lane, &items).await,
            Entered::Behind(answer) => answer.await.unwrap_or(Err(Failure::Unheard)),
        }
    }
}

impl<C: Carrier> Lanes<C> {
    fn enter(this: &Arc<Self>, lane: &C::Lane, items: Vec<C::Item>) -> Entered<C> {
        let mut busy = this.busy();
        if let Some(waiting) = busy.get_mut(lane) {
            let (answer, answered) = oneshot::channel();
            waiting.push_back(Waiting { items, answer });
            Entered::Behind(answered)
        } else {
            busy.insert(lane.clone(), VecDeque::new());
            Entered::First(Right { lanes: Arc::clone(this), lane: lane.clone() }, items)
        }
    }

    fn busy(&self) -> MutexGuard<'_, Busy<C>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who go next. Without any, the lane is free.
    fn next(&self, lane: &C::Lane) -> Vec<Waiting<C>> {
        let mut busy = self.busy();
        let Some(waiting) = busy.get_mut(lane) else { return Vec::new() };
        let (mut items, mut bytes, mut count) = (0, 0, 0);
        for one in &*waiting {
            for size in one.items.iter().map(C::size) {
                items += size.items;
                bytes += size.bytes;
            }
            if count > 0 && (items > ITEMS_MAX || bytes > BYTES_MAX) {
                break;
            }
            count += 1;
        }
        if count == 0 {
            busy.remove(lane);
            return Vec::new();
        }
        waiting.drain(..count).collect()
    }
}

impl<C: Carrier> Right<C> {
    /// Carries for those who have waited.
    async fn carry(self, waited: Vec<Waiting<C>>) {
        let counts: Vec<_> = waited.iter().map(|it| it.items.len()).collect();
        let (items, answers): (Vec<_>, Vec<_>) =
            waited.into_iter().map(|it| (it.items, it.answer)).unzip();
        let items: Vec<_> = items.into_iter().flatten().collect();
        let carried = self.lanes.carrier.carry(&self.lane, &items).await;
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

impl<C: Carrier> Drop for Right<C> {
    fn drop(&mut self) {
        loop {
            let next = self.lanes.next(&self.lane);
            if next.is_empty() {
                return;
            }
            // Without a runtime nobody can carry it: those who wait learn that by its end here.
            if let Ok(runtime) = Handle::try_current() {
                let right = Self { lanes: Arc::clone(&self.lanes), lane: self.lane.clone() };
                runtime.spawn(right.carry(next));
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
