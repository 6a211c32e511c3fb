//! One actor: its records, and what only its own commits change.

use std::collections::BTreeMap;

use bytes::Bytes;
use loom_core::{CommitId, Head, IdempotencyKey, Incarnation, MessageId, Seq, TimerKey, Timestamp};
use loom_ports::{Cursor, Handled, HandledKey, Loaded, Page, StoredRecord, TimerChange, Turn};

#[derive(Clone, Debug, Default)]
pub(super) struct Actor {
    head: Head,
    last_snapshot: Seq,
    records: BTreeMap<Seq, Record>,
    timers: BTreeMap<TimerKey, Timestamp>,
    marks: BTreeMap<IdempotencyKey, Mark>,
    attempts: BTreeMap<MessageId, u32>,
}

#[derive(Clone, Debug)]
struct Record {
    commit: CommitId,
    bytes: Bytes,
}

#[derive(Clone, Debug)]
struct Mark {
    handled: Handled,
    expires: Timestamp,
}

impl Actor {
    /// An actor without a journal, in this incarnation.
    pub(super) fn of(incarnation: Incarnation) -> Self {
        Self { head: Head { incarnation, seq: Seq::EMPTY }, ..Self::default() }
    }

    /// Begins this incarnation, if it is a later one. The journal stays.
    pub(super) fn move_to(&mut self, incarnation: Incarnation) {
        self.head.incarnation = self.head.incarnation.max(incarnation);
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// The place of the last record with a snapshot, 0 without one.
    pub(super) fn last_snapshot(&self) -> Seq {
        self.last_snapshot
    }

    /// Which commit wrote the record there, unless it was trimmed or never written.
    pub(super) fn commit_at(&self, seq: Seq) -> Option<CommitId> {
        self.records.get(&seq).map(|record| record.commit)
    }

    pub(super) fn note(&mut self, cause: &MessageId) -> u32 {
        let attempts = self.attempts.entry(cause.clone()).or_default();
        *attempts = attempts.saturating_add(1);
        *attempts
    }

    pub(super) fn load(&self) -> Loaded {
        let records = self.records.range(self.last_snapshot..).map(stored).collect();
        Loaded { head: self.head, records, attempts: 0 }
    }

    pub(super) fn read(&self, from: Seq, limit: usize) -> Page<StoredRecord> {
        let mut rest = self.records.range(from..);
        let items = rest.by_ref().take(limit).map(stored).collect();
        let next = rest.next().map(|(seq, _)| Cursor(seq.0.to_be_bytes().to_vec().into()));
        Page { items, next }
    }

    pub(super) fn append(&mut self, turn: &Turn) {
        self.head = self.head.next();
        let record = Record { commit: turn.commit, bytes: turn.record.clone() };
        self.records.insert(self.head.seq, record);
        if turn.snapshot {
            self.last_snapshot = self.head.seq;
        }
        if let Some(before) = turn.trim_before {
            self.records = self.records.split_off(&before);
        }
        self.attempts.clear();
    }

    /// Makes the change, and says when the timer was due before.
    pub(super) fn change_timer(&mut self, change: &TimerChange) -> Option<Timestamp> {
        match change {
            TimerChange::Set(key, at) => self.timers.insert(key.clone(), *at),
            TimerChange::Clear(key, _) => self.timers.remove(key),
        }
    }

    /// Keeps the mark, and says when the one it replaces would have expired.
    pub(super) fn mark(&mut self, mark: &HandledKey) -> Option<Timestamp> {
        let HandledKey { key, handled, expires } = mark.clone();
        self.marks.insert(key, Mark { handled, expires }).map(|replaced| replaced.expires)
    }

    pub(super) fn handled(&self, key: &IdempotencyKey, now: Timestamp) -> Option<Handled> {
        let mark = self.marks.get(key).filter(|mark| mark.expires > now)?;
        Some(mark.handled.clone())
    }

    pub(super) fn forget_handled(&mut self, key: &IdempotencyKey) {
        self.marks.remove(key);
    }

    /// Begins the next incarnation. Returns what was scheduled in the one that ended.
    pub(super) fn delete(
        &mut self,
    ) -> (BTreeMap<TimerKey, Timestamp>, BTreeMap<IdempotencyKey, Timestamp>) {
        let Incarnation(ended) = self.head.incarnation;
        let next = Self::of(Incarnation(ended + 1));
        let Self { timers, marks, .. } = std::mem::replace(self, next);
        (timers, marks.into_iter().map(|(key, mark)| (key, mark.expires)).collect())
    }
}

fn stored((seq, record): (&Seq, &Record)) -> StoredRecord {
    StoredRecord { seq: *seq, bytes: record.bytes.clone() }
}
