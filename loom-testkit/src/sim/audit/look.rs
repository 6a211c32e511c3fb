//! Looks at the store below, to see what it did.

use loom_core::{ActorId, Timestamp, Turn};
use loom_ports::{JournalStore, Tenure};

use super::actors::Maybe;
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

    /// Finds out which turns of an actor that were not answered are written.
    pub(super) async fn reconcile(&self, opened: Opened<'_>, bench: &Bench<'_>, me: &ActorId) {
        while let Some(found) = self.next_written(opened, me).await {
            let adopted = self
                .judge_open(opened.0, |picture| picture.commit(bench, &found.tenure, &found.turn));
            if adopted.is_none() {
                return;
            }
        }
    }

    /// The next turn of an actor that is written, although that was not answered.
    pub(super) async fn next_written(
        &self,
        (_, journal): Opened<'_>,
        me: &ActorId,
    ) -> Option<Maybe> {
        let from = {
            let picture = self.picture();
            let actor = picture.actors.get(me).filter(|actor| actor.is_uncertain())?;
            actor.kernel.head().next().seq
        };
        let page = journal.read(me, from, 1).await.ok()?;
        let record = page.items.first()?;
        let picture = self.picture();
        let mut maybe = picture.actors.get(me)?.maybe.iter();
        maybe.find(|maybe| maybe.turn.record == record.bytes).cloned()
    }
}
