//! What must be true once everything has happened: the stores hold what was committed, no more
//! and no less.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use loom_core::{ActorId, Kernel, Record, Seq};
use loom_ports::{JournalStore, Stores};

use super::picture::Picture;
use super::{Audit, Kept, broken};

impl Audit {
    /// Compares all that the stores hold with the picture.
    pub(in crate::sim) async fn finish(&self) {
        let stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(stores) = stores else { return };
        let opened = (self.opening.load(Ordering::Relaxed), &*stores.journal);
        let actors: Vec<_> = self.picture().actors.keys().cloned().collect();
        for actor in &actors {
            self.finish_actor(&*stores.journal, actor).await;
            self.finish_marks(&*stores.journal, actor).await;
        }
        let partitions: Vec<_> = self.picture().tenures.keys().copied().collect();
        for partition in partitions {
            self.look_at_outbox(opened, partition).await;
            self.look_at_timers(opened, partition).await;
        }
        self.finish_queues(&stores).await;
        self.finish_copies(&stores).await;
    }

    async fn finish_actor(&self, journal: &dyn JournalStore, actor: &ActorId) {
        const PAGE: usize = 1_000;
        let mut from = Seq(0);
        let mut records = Vec::new();
        while let Ok(page) = journal.read(actor, from, PAGE).await {
            self.judge(|picture| picture.saw_read(actor, from, PAGE, &page));
            let is_last = page.next.is_none() || page.items.is_empty();
            records.extend(page.items);
            if is_last {
                break;
            }
            from = records.last().map_or(from, |record| record.seq.next());
        }
        let records: Result<Vec<_>, _> =
            records.iter().map(|record| Record::decode(&record.bytes)).collect();
        self.judge(|picture| match &records {
            Ok(records) => picture.finish_replay(actor, records),
            Err(error) => broken(7, format!("a record of {actor} cannot be read: {error}")),
        });
    }

    async fn finish_marks(&self, journal: &dyn JournalStore, actor: &ActorId) {
        // Those that expired are gone, for whichever clock looked.
        let now = self.world.now().saturating_add(self.ahead_max());
        let keys: Vec<_> = {
            let picture = self.picture();
            let marks =
                picture.actors.get(actor).map(|actor| actor.marks.keys().cloned().collect());
            marks.unwrap_or_default()
        };
        for key in keys {
            if let Ok(handled) = journal.handled(actor, &key, now).await {
                self.judge(|picture| picture.saw_handled(actor, &key, now, handled.as_ref()));
            }
        }
    }

    async fn finish_queues(&self, stores: &Stores) {
        const LETTERS_MAX: usize = 10_000;
        let queues: Vec<_> = self.picture().queues.keys().cloned().collect();
        for queue in &queues {
            if let Ok(page) = stores.queue.dead_letters(queue, None, LETTERS_MAX).await {
                self.judge(|picture| picture.saw_letters(queue, &page));
            }
            let Ok(depth) = stores.queue.depth(queue).await else { continue };
            self.judge(|picture| {
                let Some(it) = picture.queues.get(queue) else { return Ok(()) };
                let there = it.items.len() as u64;
                if depth == there || !it.is_certain() {
                    return Ok(());
                }
                broken(5, format!("queue {queue} holds {depth} messages, and accepted {there} more than were settled"))
            });
        }
    }

    async fn finish_copies(&self, stores: &Stores) {
        let copied: Vec<_> =
            self.picture().copied.iter().map(|(actor, head)| (actor.clone(), *head)).collect();
        for (actor, head) in copied {
            let Ok(row) = stores.state.load(&actor).await else { continue };
            self.judge(|picture| {
                let state = row.as_ref().map_or(&[][..], |row| &row.state.0);
                let is_so = row.as_ref().is_none_or(|row| row.head == head)
                    && picture.had_state(&actor, head, loom_core::state_hash(state));
                if is_so {
                    return Ok(());
                }
                broken(5, format!("the copy of {actor}#{} is not as it was saved", head.seq))
            });
        }
    }
}

impl Picture {
    /// Replaying what the store holds gives the actor, whole.
    fn finish_replay(&self, actor: &ActorId, records: &[Record]) -> Kept {
        let Some(known) = self.actors.get(actor) else { return Ok(()) };
        let snapshot = records.iter().rposition(|record| record.snapshot.is_some());
        let from = &records[snapshot.unwrap_or(0)..];
        let replayed = Kernel::replay(known.kernel.head(), from);
        match replayed {
            Ok(replayed) if replayed == known.kernel => Ok(()),
            Ok(_) => broken(7, format!("a replay of {actor} does not give the actor")),
            Err(error) => broken(7, format!("{actor} cannot be replayed: {error}")),
        }
    }
}
