//! Promise 1: a turn commits once, whole, and only what may follow its actor.

use loom_core::{ActorId, Event, Head, Outgoing, Record, Turn};
use loom_ports::{Delivered, Tenure};

use super::actors::{Actor, Maybe};
use super::laws::Laws;
use super::outbox::Entry;
use super::picture::Picture;
use super::{Kept, broken, steps, timers};

/// What is needed to judge a turn besides the picture.
pub(super) struct Bench<'a> {
    pub(super) laws: &'a Laws,
    pub(super) turn_bytes_max: usize,
}

impl Picture {
    /// These turns are on their way to the store.
    pub(super) fn begin_commit(
        &mut self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) {
        let places = delivered.iter().map(|entry| (tenure.partition, (entry.epoch, entry.n)));
        self.asked_to_forget.extend(places);
        for turn in turns {
            let actor = self.actors.entry(turn.actor.clone());
            let new = || Actor::new(tenure.partition, self.incarnation_min);
            let actor = actor.or_insert_with(new);
            let (tenure, turn) = (tenure.clone(), turn.clone());
            actor.maybe.push(Maybe { tenure, turn, is_in_flight: true });
        }
    }

    /// Whether the turn was written is known now, or will never be answered.
    pub(super) fn end_turn(&mut self, turn: &Turn, is_known: bool) {
        let Some(actor) = self.actors.get_mut(&turn.actor) else { return };
        let is_it = |maybe: &Maybe| maybe.turn.commit == turn.commit && maybe.is_in_flight;
        let Some(at) = actor.maybe.iter().position(is_it) else { return };
        if is_known {
            actor.maybe.swap_remove(at);
        } else {
            actor.maybe[at].is_in_flight = false;
        }
    }

    /// A turn was committed.
    pub(super) fn commit(
        &mut self,
        bench: &Bench<'_>,
        tenure: &Tenure,
        turn: &Turn,
    ) -> Kept<Record> {
        let me = &turn.actor;
        let place = turn.expected.next();
        let at = format_args!("{me}#{}", place.seq);
        self.owned(tenure, "a turn was committed")?;
        let new = || Actor::new(tenure.partition, self.incarnation_min);
        let actor = self.actors.entry(me.clone()).or_insert_with(new);
        if actor.partition != tenure.partition {
            let (its, other) = (actor.partition, tenure.partition);
            return broken(
                3,
                format!("{at} of partition {its} was committed as one of partition {other}"),
            );
        }
        let head = actor.kernel.head();
        if turn.expected != head {
            return broken(3, format!("{at} was committed, and the head is {}", head.seq));
        }
        let record = match Record::decode(&turn.record) {
            Ok(record) => record,
            Err(error) => return broken(7, format!("{at} cannot be read: {error}")),
        };
        if record.head != place || record.commit != turn.commit {
            return broken(3, format!("{at} holds the record of another place or commit"));
        }
        if record.epoch != tenure.epoch {
            let (its, other) = (record.epoch, tenure.epoch);
            return broken(3, format!("{at} of epoch {its} was committed under epoch {other}"));
        }
        let (bytes, bytes_max) = (turn.size_bytes(), bench.turn_bytes_max);
        if bytes > bytes_max {
            return broken(12, format!("{at} is {bytes} bytes, and the store takes {bytes_max}"));
        }
        self.check_before(turn, &record)?;
        self.received(turn, &record)?;
        let due_before = self.actors.get(me).map(|actor| actor.timers.clone()).unwrap_or_default();
        let Some(actor) = self.actors.get_mut(me) else { return Ok(record) };
        actor.advance(turn, &record)?;
        // The state of an actor whose first handler failed is none.
        let state = actor.kernel.state();
        if !state.is_empty() && record.events.iter().any(|e| matches!(e, Event::Changed(_))) {
            bench.laws.check(me, state)?;
        }
        if let Some(mark) = &turn.handled {
            actor.marks.insert(mark.key.clone(), mark.clone());
        }
        let expected = actor.kernel.head();
        actor.maybe.retain(|maybe| maybe.turn.expected >= expected || maybe.is_in_flight);
        self.set_timers(tenure.partition, me, &due_before);
        self.sent(tenure, turn, &record)?;
        self.turns += 1;
        Ok(record)
    }

    /// What must be true before the actor takes the turn.
    fn check_before(&self, turn: &Turn, record: &Record) -> Kept {
        let Some(actor) = self.actors.get(&turn.actor) else { return Ok(()) };
        steps::check(&actor.kernel, turn, record)?;
        actor.check_mark(turn, record)?;
        let asked = self.asked_until.get(&actor.partition).copied().unwrap_or_default();
        timers::check_fire(&actor.kernel, turn, record, asked)?;
        self.check_given_up(&actor.kernel, turn, record)
    }

    /// The outbox of a turn: what its record says, and perhaps a note to copy the state.
    fn sent(&mut self, tenure: &Tenure, turn: &Turn, record: &Record) -> Kept {
        let (me, seq) = (&turn.actor, record.head.seq);
        let mut rows = turn.outbox.iter();
        let mut said = record.events.iter().filter_map(|event| match event {
            Event::Sent(outgoing) => Some(&**outgoing),
            _ => None,
        });
        loop {
            let what = match (said.next(), rows.next()) {
                (None, None) => return Ok(()),
                (Some(said), Some(row)) if said.encode() == row.bytes => (said.clone(), row),
                (None, Some(row)) => match Outgoing::decode(&row.bytes) {
                    Ok(Outgoing::Projection(of)) if of == *me => (Outgoing::Projection(of), row),
                    _ => {
                        return broken(1, format!("{me}#{seq} sends what its record does not say"));
                    }
                },
                _ => return broken(1, format!("{me}#{seq} does not send what its record says")),
            };
            let (what, row) = what;
            let head = record.head;
            let entry = Entry::new(me.clone(), head, row.bytes.clone(), what);
            self.put_in_outbox(tenure, row.n, entry)?;
        }
    }

    /// A turn was answered as one that had been committed before.
    pub(super) fn already(&self, tenure: &Tenure, turn: &Turn) -> Kept {
        self.owned(tenure, "a turn was said to be committed")?;
        let place = turn.expected.next();
        if self.is_written(turn) {
            return Ok(());
        }
        broken(1, format!("{}#{} was said to be committed, and never was", turn.actor, place.seq))
    }

    /// A turn was refused because of the head of its journal, or because an earlier one of the
    /// same commit was.
    pub(super) fn conflicts(
        &self,
        me: &ActorId,
        expected: Head,
        (head, is_behind_refused): (Head, bool),
    ) -> Kept {
        let known = self.actors.get(me);
        if known.is_some_and(Actor::is_uncertain) {
            return Ok(());
        }
        let is = self.head(me);
        if head == is && (head != expected || is_behind_refused) {
            return Ok(());
        }
        let (place, head, is) = (expected.next().seq, head.seq, is.seq);
        broken(1, format!("{me}#{place} was refused since the head is {head}, and it is {is}"))
    }

    pub(super) fn is_written(&self, turn: &Turn) -> bool {
        let place = turn.expected.next();
        self.actors.get(&turn.actor).is_some_and(|actor| {
            actor.records.get(&place.seq).is_some_and(|at| at.commit == turn.commit)
        })
    }

    /// Outbox entries were forgotten.
    pub(super) fn forgot(&mut self, tenure: &Tenure, delivered: &[Delivered]) -> Kept {
        if delivered.is_empty() || !self.is_current(tenure) {
            return Ok(());
        }
        for entry in delivered {
            self.forget(tenure.partition, (entry.epoch, entry.n))?;
        }
        Ok(())
    }

    /// An actor was deleted.
    pub(super) fn deleted(&mut self, tenure: &Tenure, me: &ActorId, expected: Head) -> Kept {
        self.owned(tenure, "an actor was deleted")?;
        let Some(actor) = self.actors.get_mut(me) else { return Ok(()) };
        let head = actor.kernel.head();
        if expected != head {
            let (expected, head) = (expected.seq, head.seq);
            return broken(3, format!("{me} was deleted at {expected}, and the head is {head}"));
        }
        let timers = actor.timers.clone();
        actor.delete();
        self.set_timers(tenure.partition, me, &timers);
        Ok(())
    }
}
