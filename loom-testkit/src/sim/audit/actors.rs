//! Promise 7: an actor as its committed records tell it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use loom_core::{
    ActorId, CommitId, HandledKey, Head, IdempotencyKey, Incarnation, Kernel, MessageId,
    PartitionId, Record, Seq, TimerChange, TimerKey, Timestamp, Turn,
};
use loom_ports::Tenure;

use super::{Kept, broken};

/// One actor.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) partition: PartitionId,
    pub(super) kernel: Kernel,
    /// The records that were not trimmed.
    pub(super) records: BTreeMap<Seq, Written>,
    pub(super) last_snapshot: Seq,
    /// Hash of the state after each record.
    pub(super) states: BTreeMap<Head, u64>,
    /// The marks of keyed requests, also those that expired.
    pub(super) marks: BTreeMap<IdempotencyKey, HandledKey>,
    /// Messages that were handled, but for timers.
    pub(super) handled: BTreeSet<MessageId>,
    /// The rows of its timers.
    pub(super) timers: BTreeMap<TimerKey, Timestamp>,
    /// Turns that may be written.
    pub(super) maybe: Vec<Maybe>,
}

/// A committed record.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) commit: CommitId,
    pub(super) bytes: Bytes,
}

/// A turn whose commit was not answered.
#[derive(Clone, Debug)]
pub(super) struct Maybe {
    pub(super) tenure: Tenure,
    pub(super) turn: Turn,
    /// Its answer may still come.
    pub(super) is_in_flight: bool,
}

impl Actor {
    /// One without a journal.
    pub(super) fn new(partition: PartitionId, incarnation: Incarnation) -> Self {
        Self {
            partition,
            kernel: Kernel::new(Head { incarnation, seq: Seq::EMPTY }),
            records: BTreeMap::new(),
            last_snapshot: Seq::EMPTY,
            states: BTreeMap::new(),
            marks: BTreeMap::new(),
            handled: BTreeSet::new(),
            timers: BTreeMap::new(),
            maybe: Vec::new(),
        }
    }

    pub(super) fn reopened(&mut self) {
        self.maybe.iter_mut().for_each(|maybe| maybe.is_in_flight = false);
    }

    /// Whether turns that may be written have to be looked for.
    pub(super) fn is_uncertain(&self) -> bool {
        self.maybe.iter().any(|maybe| !maybe.is_in_flight)
    }

    /// Advances by a committed turn.
    pub(super) fn advance(&mut self, turn: &Turn, record: &Record) -> Kept {
        let me = &turn.actor;
        if let Err(error) = self.kernel.apply(record) {
            return broken(7, format!("{me} does not follow from its journal: {error}"));
        }
        let seq = record.head.seq;
        if record.snapshot.is_some() != turn.snapshot {
            return broken(1, format!("{me}#{seq} does not say whether it holds a snapshot"));
        }
        if let Some(snapshot) = &record.snapshot {
            if **snapshot != self.kernel {
                return broken(
                    7,
                    format!("the snapshot of {me}#{seq} is not what the records lead to"),
                );
            }
            self.last_snapshot = seq;
        }
        let written = Written { commit: turn.commit, bytes: turn.record.clone() };
        self.records.insert(seq, written);
        self.trim(turn, seq)?;
        self.states.insert(record.head, record.state_hash);
        self.change_timers(turn, seq)?;
        self.check_driven(me, seq)
    }

    fn trim(&mut self, turn: &Turn, seq: Seq) -> Kept {
        let Some(before) = turn.trim_before else { return Ok(()) };
        if before > self.last_snapshot {
            let (me, snapshot) = (&turn.actor, self.last_snapshot);
            let what = format!(
                "{me}#{seq} drops what is before {before}, and the last snapshot is {snapshot}"
            );
            return broken(7, what);
        }
        self.records = self.records.split_off(&before);
        Ok(())
    }

    /// The rows of the timers must be the timers of the actor.
    fn change_timers(&mut self, turn: &Turn, seq: Seq) -> Kept {
        let me = &turn.actor;
        for change in &turn.timers {
            match change {
                TimerChange::Set(key, at) => {
                    self.timers.insert(key.clone(), *at);
                }
                TimerChange::Clear(key, at) => {
                    let was = self.timers.remove(key);
                    if was.is_some_and(|was| was != *at) {
                        return broken(1, format!("{me}#{seq} clears timer {key} of another time"));
                    }
                }
            }
        }
        let is_so = self.timers.len() == self.kernel.outstanding().timers.len()
            && self
                .timers
                .iter()
                .all(|(key, at)| self.kernel.timer(key).is_some_and(|timer| timer.at == *at));
        if is_so {
            return Ok(());
        }
        broken(1, format!("the timers that {me}#{seq} writes are not those of its record"))
    }

    /// An invocation that waits for nothing is driven by a timer, if by nobody else.
    fn check_driven(&self, me: &ActorId, seq: Seq) -> Kept {
        let Some(open) = self.kernel.invocation() else { return Ok(()) };
        if open.awaited().next().is_some() || self.timers.contains_key(&TimerKey::Drive(open.began))
        {
            return Ok(());
        }
        broken(
            11,
            format!("after {me}#{seq} its invocation waits for nothing, and no timer drives it"),
        )
    }

    /// The actor was deleted: its next incarnation begins.
    pub(super) fn delete(&mut self) {
        let Incarnation(ended) = self.kernel.head().incarnation;
        let states = std::mem::take(&mut self.states);
        let handled = std::mem::take(&mut self.handled);
        *self = Self { states, handled, ..Self::new(self.partition, Incarnation(ended + 1)) };
    }
}
