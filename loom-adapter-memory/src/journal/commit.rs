//! A commit in two passes: decide every turn, then write those that hold.
//!
//! An `Err` must mean that nothing was written, so what is wrong with the last turn has to be
//! known before the first is written.

use std::collections::BTreeMap;

use loom_core::{ActorId, CommitId, Head, Seq};
use loom_ports::{CommitOutcome, Delivered, PortError, Tenure, TimerChange, Turn};

use super::{Actor, Journals, TURN_BYTES_MAX, invalid};

/// Where an actor's journal will stand after the turns decided so far.
struct Draft<'a> {
    written: Option<&'a Actor>,
    head: Head,
    last_snapshot: Seq,
    commits: BTreeMap<Head, CommitId>,
    failed: bool,
}

impl Journals {
    pub(super) fn commit(
        &mut self,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, PortError> {
        if let Err(fenced) = self.owned(tenure) {
            return Ok(vec![CommitOutcome::Fenced(fenced); turns.len()]);
        }
        let outcomes = self.decide(turns)?;
        for (turn, outcome) in turns.iter().zip(&outcomes) {
            if *outcome == CommitOutcome::Committed {
                self.write(tenure, turn);
            }
        }
        if let Ok(owned) = self.owned(tenure) {
            owned.forget(delivered);
        }
        Ok(outcomes)
    }

    fn decide<'a>(&'a self, turns: &'a [Turn]) -> Result<Vec<CommitOutcome>, PortError> {
        let mut drafts: BTreeMap<&'a ActorId, Draft<'a>> = BTreeMap::new();
        let decide = |turn: &'a Turn| {
            let written =
                || Draft::of(self.actors.get(&turn.actor), self.known(&turn.actor).head());
            drafts.entry(&turn.actor).or_insert_with(written).decide(turn)
        };
        turns.iter().map(decide).collect()
    }

    fn write(&mut self, tenure: &Tenure, turn: &Turn) {
        let incarnation = self.incarnation_min();
        let Self { partitions, actors, .. } = self;
        let partition = partitions.entry(tenure.partition).or_default();
        let actor = actors.entry(turn.actor.clone()).or_insert_with(|| Actor::of(incarnation));

        actor.append(turn);
        partition.add_actor(&turn.actor);
        for entry in &turn.outbox {
            partition.send(tenure.epoch, entry);
        }
        for change in &turn.timers {
            let was = actor.change_timer(change);
            let (key, is) = match change {
                TimerChange::Set(key, at) => (key, Some(*at)),
                TimerChange::Clear(key, _) => (key, None),
            };
            partition.schedule(&turn.actor, key, was, is);
        }
        if let Some(mark) = &turn.handled {
            let was = actor.mark(mark);
            partition.expire(&turn.actor, &mark.key, was, mark.expires);
        }
    }
}

impl<'a> Draft<'a> {
    fn of(written: Option<&'a Actor>, head: Head) -> Self {
        Self {
            written,
            head,
            last_snapshot: written.map_or(Seq::EMPTY, Actor::last_snapshot),
            commits: BTreeMap::new(),
            failed: false,
        }
    }

    fn decide(&mut self, turn: &Turn) -> Result<CommitOutcome, PortError> {
        let place = turn.expected.next();
        if self.commit_at(place) == Some(turn.commit) {
            return Ok(CommitOutcome::Already);
        }
        if self.failed || turn.expected != self.head {
            self.failed = true;
            return Ok(CommitOutcome::Conflict { head: self.head });
        }
        let bytes = turn.size_bytes();
        if bytes > TURN_BYTES_MAX {
            self.failed = true;
            return Ok(CommitOutcome::TooLarge { bytes, bytes_max: TURN_BYTES_MAX });
        }
        let last_snapshot = if turn.snapshot { place.seq } else { self.last_snapshot };
        if turn.trim_before.is_some_and(|before| before > last_snapshot) {
            return Err(invalid("commit", "a trim may not pass the last snapshot"));
        }
        self.head = place;
        self.last_snapshot = last_snapshot;
        self.commits.insert(place, turn.commit);
        Ok(CommitOutcome::Committed)
    }

    fn commit_at(&self, place: Head) -> Option<CommitId> {
        let drafted = self.commits.get(&place).copied();
        drafted.or_else(|| self.written?.commit_at(place.seq))
    }
}
