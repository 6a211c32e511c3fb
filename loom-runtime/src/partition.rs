//! A partition as its host sees it: the tenure, the actors in memory, the commits.
//!
//! One commit of a partition is in flight at a time. Turns that arrive meanwhile go together
//! in the next, in the order in which they were submitted, and are numbered in that order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loom_core::{ActorId, Lane, MessageId, Outgoing, PartitionId, Timestamp, Turn};
use loom_ports::{Delivered, Tenure};
use tokio::sync::oneshot;

use crate::activation::{Activation, Closed, View};
use crate::envelope::{Caller, Origin, Reply};
use crate::relay::RelayState;
use crate::unsettled::{Moment, Sender, Unsettled};

/// A partition as its host sees it.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) id: PartitionId,
    inner: Mutex<Inner>,
    relay: Mutex<RelayState>,
}

#[derive(Debug, Default)]
struct Inner {
    tenure: Option<Arc<Tenure>>,
    /// When it was last known to be owned.
    renewed_at: Timestamp,
    /// How long it was waited, at least, since then. A clock that was set back does not say.
    unrenewed: Duration,
    /// When this host claimed it.
    claimed: Moment,
    next_n: u64,
    /// Entries of this tenure before it were released, or lost.
    released_n: u64,
    activations: BTreeMap<ActorId, Arc<Activation>>,
    submitted: Vec<Submitted>,
    delivered: Vec<Delivered>,
    committing: bool,
    /// Turns are part of what is being committed.
    commits_turns: bool,
    unsettled: Unsettled,
}

/// Where a message for an actor goes.
#[derive(Debug)]
pub(crate) enum Place {
    /// To the actor in memory. The flag says that it was put there for this.
    Here(Arc<Activation>, bool),
    /// To another host.
    Elsewhere,
    /// Nowhere yet: what was sent before it may still be in the queue.
    BehindQueue,
}

/// What is left of a tenure.
#[derive(Debug)]
pub(crate) struct Leftovers {
    /// The actors in memory, all given up.
    pub(crate) given_up: Vec<(Arc<Activation>, Closed)>,
    /// Turns that no commit has taken.
    pub(crate) submitted: Vec<Submitted>,
}

/// A turn that waits for its commit, and what to do afterwards.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) turn: Turn,
    pub(crate) outgoing: Vec<Outgoing>,
    pub(crate) release: Release,
}

/// What leaves once a turn is committed, and who is told if it is not.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) activation: Arc<Activation>,
    pub(crate) view: View,
    pub(crate) at: Timestamp,
    pub(crate) origin: Option<Origin>,
    pub(crate) reply: Option<Reply>,
    pub(crate) waiting: Vec<Caller>,
    pub(crate) committed: Option<oneshot::Sender<()>>,
    /// Detached requests whose outcome is not wanted any more.
    pub(crate) stopped: Vec<MessageId>,
}

/// What to commit next.
pub(crate) struct Batch {
    pub(crate) tenure: Arc<Tenure>,
    pub(crate) since: Moment,
    pub(crate) turns: Vec<Turn>,
    pub(crate) rest: Vec<(Vec<Outgoing>, Release)>,
    pub(crate) delivered: Vec<Delivered>,
}

/// The most turns and bytes of one commit.
const BATCH_TURNS_MAX: usize = 1024;
const BATCH_BYTES_MAX: usize = 8 << 20;

impl Partition {
    pub(crate) fn new(id: PartitionId) -> Self {
        Self { id, inner: Mutex::default(), relay: Mutex::default() }
    }

    pub(crate) fn tenure(&self) -> Option<Arc<Tenure>> {
        self.lock().tenure.clone()
    }

    /// Notes that a tenure stood at that time.
    pub(crate) fn renewed(&self, tenure: &Tenure, at: Timestamp) {
        let mut inner = self.lock();
        if inner.tenure.as_ref().is_some_and(|owned| owned.epoch == tenure.epoch) {
            inner.renewed_at = at;
            inner.unrenewed = Duration::ZERO;
        }
    }

    /// The tenure, after another wait, and how long it was waited since it was renewed.
    pub(crate) fn waited(&self, waited: Duration) -> Option<(Arc<Tenure>, Duration)> {
        let mut inner = self.lock();
        inner.unrenewed += waited;
        Some((inner.tenure.clone()?, inner.unrenewed))
    }

    /// Whether the tenure was not renewed for that long.
    pub(crate) fn is_unrenewed(&self, now: Timestamp, time: Duration) -> bool {
        let inner = self.lock();
        let since = inner.renewed_at.saturating_add(time) <= now || inner.unrenewed >= time;
        inner.tenure.is_some() && since
    }

    /// Begins a tenure that was claimed before `since`.
    pub(crate) fn begin_tenure(&self, tenure: Tenure, now: Timestamp, since: Moment) {
        let mut inner = self.lock();
        inner.tenure = Some(Arc::new(tenure));
        inner.renewed_at = now;
        inner.unrenewed = Duration::ZERO;
        inner.claimed = since;
        inner.next_n = 0;
        inner.released_n = 0;
        inner.delivered.clear();
        inner.unsettled.forget(since);
    }

    /// Ends the tenure. Its actors stay in their places until they have given back what they
    /// have, so that nothing gets past them in a later tenure.
    pub(crate) fn end_tenure(&self) -> Leftovers {
        let mut inner = self.lock();
        inner.tenure = None;
        inner.delivered.clear();
        let given_up = inner.activations.values().map(|a| (Arc::clone(a), a.close())).collect();
        Leftovers { given_up, submitted: std::mem::take(&mut inner.submitted) }
    }

    /// The actor in memory, put there if need be.
    pub(crate) fn place(&self, id: &ActorId, now: Timestamp) -> Place {
        self.lock().place(id, now)
    }

    /// As [`place`](Self::place), for a message that goes straight from its sender.
    pub(crate) fn place_straight(
        &self,
        id: &ActorId,
        now: Timestamp,
        from: Sender,
        lane: Lane,
    ) -> Place {
        let mut inner = self.lock();
        // What was asked for before this tenure may be forgotten since: see `was_claimed_after`.
        let is_clear = from.as_of > inner.claimed && inner.unsettled.is_clear(from, id, lane);
        if inner.tenure.is_some() && !is_clear {
            return Place::BehindQueue;
        }
        inner.place(id, now)
    }

    /// Whether this host claimed it after that moment. Then what a store told before may not be so
    /// any more: one that went on from an older copy has ended all tenures, and forgotten what
    /// was written last.
    pub(crate) fn was_claimed_after(&self, moment: Moment) -> bool {
        self.lock().claimed > moment
    }

    /// Whether what other partitions send comes straight, and not through the queue.
    pub(crate) fn is_within_reach(&self) -> bool {
        let inner = self.lock();
        inner.tenure.is_some() && !inner.unsettled.is_crowded()
    }

    pub(crate) fn with_unsettled<T>(&self, act: impl FnOnce(&mut Unsettled) -> T) -> T {
        act(&mut self.lock().unsettled)
    }

    /// Takes an activation out of memory. `false` if another one took its place, or none.
    pub(crate) fn remove(&self, activation: &Arc<Activation>) -> bool {
        let mut inner = self.lock();
        let same =
            inner.activations.get(&activation.id).is_some_and(|a| Arc::ptr_eq(a, activation));
        if same {
            inner.activations.remove(&activation.id);
        }
        same
    }

    pub(crate) fn activations(&self) -> Vec<Arc<Activation>> {
        self.lock().activations.values().cloned().collect()
    }

    /// Queues a turn, or returns it if its activation is given up. `true` if the caller must
    /// start the committer.
    pub(crate) fn submit(&self, submitted: Submitted) -> Result<bool, Box<Submitted>> {
        let mut inner = self.lock();
        if submitted.release.activation.is_closed() {
            return Err(Box::new(submitted));
        }
        inner.submitted.push(submitted);
        Ok(!std::mem::replace(&mut inner.committing, true))
    }

    /// Takes back the turns of an activation that was given up because one before them was lost.
    ///
    /// They must never be sent. The store would refuse them today, but a copy that is late could
    /// find that another turn has the place of the one that was lost, and follow that.
    pub(crate) fn take_back(&self, activation: &Arc<Activation>) -> Vec<Submitted> {
        let mut inner = self.lock();
        let is_its =
            |submitted: &mut Submitted| Arc::ptr_eq(&submitted.release.activation, activation);
        inner.submitted.extract_if(.., is_its).collect()
    }

    /// Notes outbox entries that arrived in a tenure, to be forgotten with its next commit.
    pub(crate) fn note_delivered(&self, since: Moment, delivered: &[Delivered]) {
        let mut inner = self.lock();
        if inner.tenure.is_some() && inner.claimed == since {
            inner.delivered.extend_from_slice(delivered);
        }
    }

    /// Whether outbox entries wait to be forgotten.
    pub(crate) fn has_delivered(&self) -> bool {
        !self.lock().delivered.is_empty()
    }

    /// Begins to commit what was only noted, if nothing is being committed and there is
    /// something. `true` if the caller must start the committer.
    pub(crate) fn flush_delivered(&self) -> bool {
        let mut inner = self.lock();
        let starts = !inner.committing && inner.tenure.is_some() && !inner.delivered.is_empty();
        inner.committing |= starts;
        starts
    }

    /// Whether turns wait for their commit.
    pub(crate) fn has_turns(&self) -> bool {
        let inner = self.lock();
        inner.commits_turns || !inner.submitted.is_empty()
    }

    /// Whether something is being committed.
    pub(crate) fn is_committing(&self) -> bool {
        self.lock().committing
    }

    /// The next commit, numbered. Without one, the committer must end. What arrived is forgotten
    /// with turns, and without any only if it `forgets`. Turns of a partition that is not owned
    /// any more are returned as lost.
    pub(crate) fn next_batch(&self, forgets: bool) -> Result<Option<Batch>, Vec<Submitted>> {
        let mut inner = self.lock();
        inner.commits_turns = false;
        let Some(tenure) = inner.tenure.clone() else {
            inner.delivered.clear();
            if inner.submitted.is_empty() {
                inner.committing = false;
                return Ok(None);
            }
            return Err(std::mem::take(&mut inner.submitted));
        };
        if inner.submitted.is_empty() && (inner.delivered.is_empty() || !forgets) {
            inner.committing = false;
            return Ok(None);
        }
        let mut bytes = 0;
        let fits = inner.submitted.iter().take(BATCH_TURNS_MAX).take_while(|submitted| {
            bytes += submitted.turn.size_bytes();
            bytes <= BATCH_BYTES_MAX
        });
        let count = fits.count().max(1).min(inner.submitted.len());
        let later = inner.submitted.split_off(count);
        let taken = std::mem::replace(&mut inner.submitted, later);
        let (mut turns, mut rest) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for Submitted { mut turn, outgoing, release } in taken {
            for entry in &mut turn.outbox {
                entry.n = inner.next_n;
                inner.next_n += 1;
            }
            turns.push(turn);
            rest.push((outgoing, release));
        }
        inner.commits_turns = !turns.is_empty();
        let delivered = std::mem::take(&mut inner.delivered);
        let since = inner.claimed;
        Ok(Some(Batch { tenure, since, turns, rest, delivered }))
    }

    /// The outcome of all that was numbered is known, and whoever waits for it was told.
    pub(crate) fn release_all(&self) {
        let mut inner = self.lock();
        inner.released_n = inner.next_n;
    }

    /// Entries of this tenure before it were released, or lost.
    pub(crate) fn released_n(&self) -> u64 {
        self.lock().released_n
    }

    pub(crate) fn relay(&self) -> MutexGuard<'_, RelayState> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn place(&mut self, id: &ActorId, now: Timestamp) -> Place {
        if self.tenure.is_none() {
            return Place::Elsewhere;
        }
        if let Some(found) = self.activations.get(id) {
            return Place::Here(Arc::clone(found), false);
        }
        let activation = Arc::new(Activation::new(id.clone(), now));
        self.activations.insert(id.clone(), Arc::clone(&activation));
        Place::Here(activation, true)
    }
}

#[cfg(test)]
mod tests;
