//! Looks at the store below, to see what it did.

use loom_core::{ActorId, Timestamp, Turn};
use loom_ports::{JournalStore, Tenure};

use super::picture::Picture;
use super::turn::Bench;
use super::{Audit, Kept};

/// A journal, and which opening of it.
pub(super) type Opened<'a> = (u64, &'a dyn JournalStore);

/// In a simulation of more turns, not every commit is looked at.
const LOOKS_MAX: u64 = 2_000;
const THEN_ONE_IN: u64 = 16;

impl Audit {
    /// Judges unless power was lost meanwhile.
    fn judge_open<T>(&self, opening: u64, look: impl FnOnce(&mut Picture) -> Kept<T>) -> Option<T> {
        if self.is_open(opening) { self.judge(look) } else { None }
    }

    /// That all parts of turns that were committed are there.
    pub(super) async fn look_at_turns(
        &self,
        (opening, journal): Opened<'_>,
        tenure: &Tenure,
        turns: &[&Turn],
    ) {
        let is_looked_at = {
            let turns = self.picture().turns;
            turns <= LOOKS_MAX || turns.is_multiple_of(THEN_ONE_IN)
        };
        if !is_looked_at {
            return;
        }
        let partition = tenure.partition;
        for turn in turns {
            let from = turn.expected.next().seq;
            if let Ok(page) = journal.read(&turn.actor, from, turns.len()).await {
                self.judge_open(opening, |picture| {
                    picture.saw_read(&turn.actor, from, turns.len(), &page)
                });
            }
            if let Some(mark) = &turn.handled {
                let now = Timestamp::EPOCH;
                if let Ok(handled) = journal.handled(&turn.actor, &mark.key, now).await {
                    self.judge_open(opening, |picture| {
                        picture.saw_handled(&turn.actor, &mark.key, now, handled.as_ref())
                    });
                }
            }
        }
        self.look_at_outbox((opening, journal), partition).await;
        if turns.iter().any(|turn| !turn.timers.is_empty()) {
            self.look_at_timers((opening, journal), partition).await;
        }
    }

    pub(super) async fn look_at_outbox(
        &self,
        (opening, journal): Opened<'_>,
        partition: loom_core::PartitionId,
    ) {
        const PAGE: usize = 256;
        let mut from = None;
        while let Ok(page) = journal.undelivered(partition, from.as_ref(), PAGE).await {
            self.judge_open(opening, |picture| {
                picture.saw_undelivered(partition, from.as_ref(), &page)
            });
            from = page.next;
            if from.is_none() || page.items.is_empty() {
                return;
            }
        }
    }

    pub(super) async fn look_at_timers(
        &self,
        (opening, journal): Opened<'_>,
        partition: loom_core::PartitionId,
    ) {
        const TIMERS_MAX: usize = 10_000;
        let until = Timestamp::MAX;
        if let Ok(due) = journal.due(partition, until, TIMERS_MAX).await {
            self.judge_open(opening, |picture| picture.saw_due(partition, until, TIMERS_MAX, &due));
        }
    }

    /// Finds out which turns that were not answered are written.
    pub(super) async fn reconcile(
        &self,
        (opening, journal): Opened<'_>,
        bench: &Bench<'_>,
        me: &ActorId,
    ) {
        const PAGE: usize = 16;
        loop {
            let from = {
                let picture = self.picture();
                let Some(actor) = picture.actors.get(me).filter(|actor| actor.is_uncertain())
                else {
                    return;
                };
                actor.kernel.head().next().seq
            };
            let Ok(page) = journal.read(me, from, PAGE).await else { return };
            for record in &page.items {
                let adopted = self.judge_open(opening, |picture| {
                    let found = picture.actors.get(me).and_then(|actor| {
                        actor.maybe.iter().find(|maybe| maybe.turn.record == record.bytes).cloned()
                    });
                    let Some(found) = found else { return Ok(false) };
                    picture.commit(bench, &found.tenure, &found.turn).map(|_| true)
                });
                if adopted != Some(true) {
                    return;
                }
            }
            if page.items.is_empty() {
                return;
            }
        }
    }
}
