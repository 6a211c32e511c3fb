//! The contract as a program: lists, searched from end to end.

use std::collections::BTreeMap;

use loom_core::{
    ActorId, CommitId, Epoch, Head, HostId, IdempotencyKey, Incarnation, MessageId, Seq, TimerKey,
    Timestamp,
};
use loom_ports::{
    CommitOutcome, Delivered, Due, DueTimer, ErrorKind, Fenced, Handled, HandledKey, Loaded,
    Resolution, StoredRecord, Tenure, TimerChange, Turn, Undelivered,
};
use proptest::prelude::*;
use proptest::sample::Index;

/// One partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    epoch: Epoch,
    holder: Option<(HostId, Timestamp)>,
    actors: BTreeMap<ActorId, Life>,
    outbox: Vec<Undelivered>,
    next_n: u64,
}

/// An actor since it was last deleted.
#[derive(Clone, Debug, Default)]
struct Life {
    incarnation: Incarnation,
    written: Vec<Written>,
    timers: BTreeMap<TimerKey, Timestamp>,
    marks: Vec<HandledKey>,
    noted: Vec<MessageId>,
}

#[derive(Clone, Debug)]
struct Written {
    commit: CommitId,
    snapshot: bool,
    record: StoredRecord,
}

/// A commit that should have failed, or did, with this error.
#[derive(Debug, PartialEq)]
pub(super) struct Invalid(pub(super) ErrorKind);

impl Ledger {
    /// Who holds the partition against `host`; nobody, if it is to be granted.
    pub(super) fn claim(
        &mut self,
        host: &HostId,
        now: Timestamp,
        until: Timestamp,
    ) -> Option<HostId> {
        match &self.holder {
            Some((holder, end)) if holder != host && now < *end => Some(holder.clone()),
            _ => {
                self.holder = Some((host.clone(), until));
                None
            }
        }
    }

    pub(super) fn granted(&mut self, epoch: Epoch) {
        self.epoch = epoch;
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(super) fn renew(&mut self, until: Timestamp) {
        self.holder = self.holder.take().map(|(host, _)| (host, until));
    }

    pub(super) fn release(&mut self) {
        self.holder = None;
    }

    pub(super) fn fence(&self, tenure: &Tenure) -> Option<Fenced> {
        let present = self.holder.is_some() && tenure.epoch == self.epoch;
        (!present).then_some(Fenced { epoch: self.epoch })
    }

    pub(super) fn head(&self, actor: &ActorId) -> Head {
        self.actors.get(actor).map_or_else(Head::default, Life::head)
    }

    pub(super) fn next_n(&self) -> u64 {
        self.next_n
    }

    pub(super) fn timers(&self, actor: &ActorId) -> BTreeMap<TimerKey, Timestamp> {
        self.actors.get(actor).map(|life| life.timers.clone()).unwrap_or_default()
    }

    pub(super) fn load(&mut self, actor: &ActorId, cause: Option<&MessageId>) -> Loaded {
        let life = self.actors.entry(actor.clone()).or_default();
        life.noted.extend(cause.cloned());
        let attempts = life.noted.iter().filter(|noted| Some(*noted) == cause).count();
        let begin = life.written.iter().rposition(|written| written.snapshot).unwrap_or(0);
        let records = life.written[begin..].iter().map(|written| written.record.clone());
        let attempts = attempts.try_into().expect("few calls");
        Loaded { head: life.head(), records: records.collect(), attempts }
    }

    pub(super) fn commit(
        &mut self,
        epoch: Epoch,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Result<Vec<CommitOutcome>, Invalid> {
        let mut after = self.clone();
        let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
        for turn in turns {
            // A number that was tried is not given again, whatever becomes of its turn.
            let numbers = turn.outbox.iter().map(|entry| entry.n + 1);
            after.next_n = numbers.chain([after.next_n]).max().expect("at least one");
            let life = after.actors.entry(turn.actor.clone()).or_default();
            outcomes.push(if life.wrote(turn) {
                CommitOutcome::Already
            } else if turn.expected != life.head() || failed.contains(&&turn.actor) {
                failed.push(&turn.actor);
                CommitOutcome::Conflict { head: life.head() }
            } else {
                life.write(turn)?;
                let sent = turn.outbox.iter();
                let sent = sent.map(|entry| (entry.n, entry.bytes.clone()));
                after.outbox.extend(sent.map(|(n, bytes)| Undelivered { epoch, n, bytes }));
                CommitOutcome::Committed
            });
        }
        let is = |entry: &Undelivered| Delivered { epoch: entry.epoch, n: entry.n };
        after.outbox.retain(|entry| !delivered.contains(&is(entry)));
        *self = after;
        Ok(outcomes)
    }

    /// Some of what is undelivered.
    pub(super) fn pick_delivered(&self, picks: &[Index]) -> Vec<Delivered> {
        let picks = picks.iter().filter(|_| !self.outbox.is_empty());
        let entries = picks.map(|pick| pick.get(&self.outbox));
        entries.map(|entry| Delivered { epoch: entry.epoch, n: entry.n }).collect()
    }

    /// Whether the turn is of the present head, and so would be written now.
    pub(super) fn takes(&self, turn: &Turn) -> bool {
        turn.expected == self.head(&turn.actor)
    }

    pub(super) fn was_trimmed(&self, turn: &Turn) -> bool {
        self.actors.get(&turn.actor).is_some_and(|life| {
            let place = turn.expected.seq.next();
            turn.expected.incarnation == life.incarnation
                && place <= life.head().seq
                && !life.written.iter().any(|written| written.record.seq == place)
        })
    }

    pub(super) fn resolve(&self, turn: &Turn) -> Resolution {
        let head = self.head(&turn.actor);
        if self.actors.get(&turn.actor).is_some_and(|life| life.wrote(turn)) {
            Resolution::Committed
        } else if turn.expected >= head {
            Resolution::Absent
        } else {
            Resolution::Superseded { head }
        }
    }

    pub(super) fn delete(&mut self, actor: &ActorId, expected: Head) -> CommitOutcome {
        let life = self.actors.entry(actor.clone()).or_default();
        let head = life.head();
        if head != expected {
            return CommitOutcome::Conflict { head };
        }
        let incarnation = Incarnation(head.incarnation.0 + 1);
        *life = Life { incarnation, ..Life::default() };
        CommitOutcome::Committed
    }

    pub(super) fn undelivered(&self) -> Vec<Undelivered> {
        self.outbox.clone()
    }

    pub(super) fn actors(&self) -> Vec<ActorId> {
        let written = self.actors.iter().filter(|(_, life)| !life.written.is_empty());
        written.map(|(actor, _)| actor.clone()).collect()
    }

    pub(super) fn records(&self, actor: &ActorId, from: Seq) -> Vec<StoredRecord> {
        let written = self.actors.get(actor).map(|life| life.written.clone()).unwrap_or_default();
        let records = written.into_iter().map(|written| written.record);
        records.filter(|record| record.seq >= from).collect()
    }

    pub(super) fn handled(
        &self,
        actor: &ActorId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Option<Handled> {
        let marks = &self.actors.get(actor)?.marks;
        let mark = marks.iter().find(|mark| mark.key == *key && now < mark.expires)?;
        Some(mark.handled.clone())
    }

    /// Timers of the same time have no order.
    pub(super) fn agrees_on_due(
        &self,
        due: &Due,
        until: Timestamp,
        limit: usize,
    ) -> Result<(), TestCaseError> {
        let of = |(actor, life): (&ActorId, &Life)| {
            let timer = |(key, at): (&TimerKey, &Timestamp)| (*at, actor.clone(), key.clone());
            life.timers.iter().map(timer).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = self.actors.iter().flat_map(of).collect();
        all.sort();
        let times: Vec<_> = all.iter().map(|(at, ..)| *at).collect();
        let count = times.iter().filter(|at| **at <= until).count().min(limit);

        let given: Vec<_> = due.timers.iter().map(|timer| timer.at).collect();
        prop_assert_eq!(&given, &times[..count]);
        prop_assert_eq!(due.next, times.get(count).copied());
        for DueTimer { actor, key, at } in &due.timers {
            let found = all.iter().position(|timer| *timer == (*at, actor.clone(), key.clone()));
            prop_assert!(found.is_some(), "no such timer, or given twice: {} {}", actor, key);
            all.remove(found.expect("asserted"));
        }
        Ok(())
    }
}

impl Life {
    fn head(&self) -> Head {
        let last = self.written.last().map_or(Seq::EMPTY, |written| written.record.seq);
        Head { incarnation: self.incarnation, seq: last }
    }

    fn wrote(&self, turn: &Turn) -> bool {
        turn.expected.incarnation == self.incarnation
            && self.written.iter().any(|written| written.commit == turn.commit)
    }

    fn write(&mut self, turn: &Turn) -> Result<(), Invalid> {
        let seq = self.head().seq.next();
        let record = StoredRecord { seq, bytes: turn.record.clone() };
        let Turn { commit, snapshot, .. } = *turn;
        self.written.push(Written { commit, snapshot, record });
        let last = self.written.iter().rfind(|written| written.snapshot);
        let last = last.map_or(Seq::EMPTY, |written| written.record.seq);
        if let Some(before) = turn.trim_before {
            if before > last {
                return Err(Invalid(ErrorKind::Invalid));
            }
            self.written.retain(|written| written.record.seq >= before);
        }
        for change in &turn.timers {
            match change {
                TimerChange::Set(key, at) => self.timers.insert(key.clone(), *at),
                TimerChange::Clear(key, _) => self.timers.remove(key),
            };
        }
        if let Some(mark) = &turn.handled {
            self.marks.retain(|other| other.key != mark.key);
            self.marks.push(mark.clone());
        }
        self.noted.clear();
        Ok(())
    }
}
