//! Promise 13, and that of every store: what is read is what was written, all of it.

use loom_core::{ActorId, CommitId, HandledKey, Head, IdempotencyKey, PartitionId, Seq, Timestamp};
use loom_ports::{
    Cursor, Handled, Load, Loaded, Page, Resolution, StoredRecord, Tenure, Undelivered,
};

use super::actors::Actor;
use super::picture::Picture;
use super::{Kept, broken};

impl Picture {
    /// What was loaded must lead to the actor.
    pub(super) fn saw_load(&self, tenure: &Tenure, actor: &ActorId, load: &Load) -> Kept {
        let Loaded { head, records, .. } = match load {
            Load::Loaded(loaded) => loaded,
            Load::Fenced(fenced) => return self.fenced(tenure, *fenced),
        };
        self.owned(tenure, "an actor was loaded")?;
        let Some(known) = self.actors.get(actor) else {
            if *head == self.head(actor) && records.is_empty() {
                return Ok(());
            }
            return broken(7, format!("{actor} was loaded with records that were never committed"));
        };
        let is = known.kernel.head();
        if *head != is {
            let [head, is] = [*head, is]
                .map(|head| format!("head {} of incarnation {}", head.seq, head.incarnation));
            return broken(7, format!("{actor} was loaded with {head}, and it has {is}"));
        }
        let first = records.first().map_or(Seq::EMPTY, |record| record.seq);
        if is.seq != Seq::EMPTY && first != Seq(1) && first != known.last_snapshot {
            return broken(
                7,
                format!("{actor} was loaded from record {first}, which has no snapshot"),
            );
        }
        known.saw_records(actor, first, records)?;
        let last = records.last().map_or(Seq::EMPTY, |record| record.seq);
        if last != is.seq {
            return broken(
                7,
                format!("{actor} was loaded up to {last}, and its head is {}", is.seq),
            );
        }
        Ok(())
    }

    pub(super) fn saw_resolution(
        &self,
        tenure: &Tenure,
        actor: &ActorId,
        (expected, commit): (Head, CommitId),
        resolution: Resolution,
    ) -> Kept {
        let place = expected.next();
        let known = self.actors.get(actor);
        let written = known
            .and_then(|known| known.records.get(&place.seq))
            .is_some_and(|written| written.commit == commit);
        // What was trimmed cannot be told apart any more.
        let is_trimmed = known.is_some_and(|known| {
            let first = known.records.first_key_value().map(|(seq, _)| *seq);
            known.kernel.head() > expected && first.is_none_or(|first| first > place.seq)
        });
        let what = match resolution {
            Resolution::Committed if !written && !is_trimmed => "committed, and it is not",
            Resolution::Absent if written || is_trimmed => "absent, and its place is taken",
            Resolution::Superseded { .. } if written => "superseded, and it is committed",
            Resolution::Fenced(fenced) => return self.fenced(tenure, fenced),
            _ => return self.owned(tenure, "a turn was resolved"),
        };
        broken(10, format!("{actor}#{} was said to be {what}", place.seq))
    }

    pub(super) fn saw_handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
        handled: Option<&Handled>,
    ) -> Kept {
        let known = self.actors.get(actor);
        let mark = known.and_then(|known| known.marks.get(key)).filter(|mark| mark.expires > now);
        let (is, said) = match (mark, handled) {
            (None, None) => return Ok(()),
            (Some(HandledKey { handled: mark, .. }), Some(handled)) if mark == handled => {
                return Ok(());
            }
            (Some(mark), None) => {
                let swept = known.and_then(|known| self.swept_until.get(&known.partition));
                if swept.is_some_and(|until| mark.expires <= *until) {
                    return Ok(());
                }
                ("handled", "not handled")
            }
            (None, Some(_)) => ("not handled", "handled"),
            (Some(_), Some(_)) => ("handled", "handled in another way"),
        };
        broken(4, format!("key {key} of {actor} is {is}, and was said to be {said}"))
    }

    pub(super) fn saw_read(
        &self,
        actor: &ActorId,
        from: Seq,
        limit: usize,
        page: &Page<StoredRecord>,
    ) -> Kept {
        let Some(known) = self.actors.get(actor) else {
            if page.items.is_empty() {
                return Ok(());
            }
            return broken(7, format!("records of {actor} were read that were never committed"));
        };
        let first = known.records.range(from..).next().map_or(from, |(seq, _)| *seq);
        known.saw_records(actor, first, &page.items)?;
        let there = known.records.range(from..).count();
        let is_all = page.items.len() == there;
        let is_some = page.next.is_some() && !page.items.is_empty() && page.items.len() <= limit;
        if is_all || is_some {
            return Ok(());
        }
        broken(7, format!("{} of {there} records of {actor} were read", page.items.len()))
    }

    /// What was read of an outbox must be what it holds, in its order.
    pub(super) fn saw_undelivered(
        &mut self,
        partition: PartitionId,
        from: Option<&Cursor>,
        page: &Page<Undelivered>,
    ) -> Kept {
        let outbox = self.outboxes.entry(partition).or_default();
        let after = outbox.page_begins_after(from);
        let mut expected: Box<dyn Iterator<Item = _>> = match (from, after) {
            (None, _) => Box::new(outbox.kept.iter()),
            (Some(_), Some(after)) => {
                Box::new(outbox.kept.range(after..).filter(move |place| **place > after))
            }
            // A cursor from before the stores were opened again.
            (Some(_), None) => return Ok(()),
        };
        let mut last = after;
        for item in &page.items {
            let place = (item.epoch, item.n);
            if last.is_some_and(|last| last >= place) {
                return broken(
                    5,
                    format!("the outbox of partition {partition} was read out of order"),
                );
            }
            last = Some(place);
            // A loss of power may bring back what was forgotten.
            if outbox.forgotten.get(&place) == Some(&item.bytes) {
                continue;
            }
            let next = expected.next();
            let entry = outbox.entries.get(&place).filter(|entry| entry.bytes == item.bytes);
            if next != Some(&place) || entry.is_none() {
                let missed = next.filter(|next| **next < place);
                let missed = missed.and_then(|next| outbox.entries.get(next));
                let what = missed.map_or_else(
                    || format!("the outbox of partition {partition} holds what no turn has sent"),
                    |missed| format!("the outbox of partition {partition} lacks {}", missed.name()),
                );
                return broken(5, what);
            }
        }
        let rest = expected.next().and_then(|next| outbox.entries.get(next));
        drop(expected);
        match (&page.next, rest, last) {
            (None, Some(missed), _) => {
                let missed = missed.name();
                broken(5, format!("the outbox of partition {partition} lacks {missed}"))
            }
            (Some(next), _, Some(last)) => {
                const PAGES_MAX: usize = 64;
                if outbox.pages.len() >= PAGES_MAX {
                    outbox.pages.clear();
                }
                outbox.pages.insert(next.0.clone(), last);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Actor {
    /// That these are the records from `first` on.
    fn saw_records(&self, me: &ActorId, first: Seq, records: &[StoredRecord]) -> Kept {
        let mut expected = first;
        for record in records {
            let written = self.records.get(&record.seq);
            if record.seq != expected || written.is_none_or(|written| written.bytes != record.bytes)
            {
                return broken(
                    7,
                    format!("{me}#{expected} was read, and is not as it was committed"),
                );
            }
            expected = expected.next();
        }
        Ok(())
    }
}
