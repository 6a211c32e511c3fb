//! Promise 2 over a loss of power: what was acknowledged is there, and what was not is there whole
//! or not at all.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use loom_core::PartitionId;
use loom_ports::JournalStore;

use super::Audit;
use super::actors::{Actor, Maybe};
use super::look::Opened;
use super::outbox::Outbox;
use super::picture::{Picture, Place};
use super::queues::Queue;
use super::tenures::Tenures;
use super::turn::Bench;

impl Audit {
    /// Finds out what became of changes that were not answered when the power was lost. From now
    /// on they are made or not, under the tenures of that time.
    pub(in crate::sim) async fn take_stock(&self) {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(stores) = stores else { return };
        let journal = &*stores.journal;
        let turn_bytes_max = journal.capabilities().turn_bytes_max;
        let bench = Bench { laws: &self.laws, turn_bytes_max };
        let opened = (self.opening.load(Ordering::Relaxed), journal);
        while let Some(first) = self.first_written(opened).await {
            let adopt = |picture: &mut Picture| picture.commit(&bench, &first.tenure, &first.turn);
            if self.judge(adopt).is_none() {
                return;
            }
        }
        self.picture().actors.values_mut().for_each(|actor| actor.maybe.clear());
        let asked = std::mem::take(&mut self.picture().asked_to_forget);
        let partitions: BTreeSet<_> = asked.iter().map(|(partition, _)| *partition).collect();
        for partition in partitions {
            let there = places(journal, partition).await;
            self.judge(|picture| {
                let of_it = asked.iter().filter(|(of, _)| *of == partition);
                let mut gone = of_it.map(|(_, place)| *place).filter(|at| !there.contains(at));
                gone.try_for_each(|place| picture.forget(partition, place))
            });
        }
    }

    /// Of the turns that are written although that was not answered, the one that was first. Turns
    /// of several actors are in the order of what they sent.
    async fn first_written(&self, opened: Opened<'_>) -> Option<Maybe> {
        let uncertain: Vec<_> = {
            let picture = self.picture();
            let actors = picture.actors.iter().filter(|(_, actor)| actor.is_uncertain());
            actors.map(|(id, _)| id.clone()).collect()
        };
        let mut written = Vec::new();
        for actor in &uncertain {
            written.extend(self.next_written(opened, actor).await);
        }
        let sent = |maybe: &Maybe| {
            let first = maybe.turn.outbox.first();
            first.map(|entry| (maybe.tenure.partition, maybe.tenure.epoch, entry.n))
        };
        written.into_iter().min_by_key(sent)
    }
}

/// Where the entries of an outbox are.
async fn places(journal: &dyn JournalStore, partition: PartitionId) -> BTreeSet<Place> {
    const PAGE: usize = 256;
    let mut there = BTreeSet::new();
    let mut from = None;
    while let Ok(page) = journal.undelivered(partition, from.as_ref(), PAGE).await {
        there.extend(page.items.iter().map(|item| (item.epoch, item.n)));
        from = page.next;
        if from.is_none() || page.items.is_empty() {
            break;
        }
    }
    there
}

impl Picture {
    /// The stores were opened again: nothing is in flight any more.
    pub(super) fn reopened(&mut self) {
        self.flows.clear();
        self.tenures.values_mut().for_each(Tenures::reopened);
        self.actors.values_mut().for_each(Actor::reopened);
        self.queues.values_mut().for_each(Queue::reopened);
        self.outboxes.values_mut().for_each(Outbox::reopened);
    }
}
