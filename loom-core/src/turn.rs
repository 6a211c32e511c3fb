//! One atomic append: a record, and the rows a store needs to find what the record asks for.

use bytes::Bytes;

use crate::{
    ActorId, CommitId, Event, Failure, FailureCode, Head, IdempotencyKey, Kernel, Outcome,
    Outgoing, Payload, Record, Seq, TimerKey, Timestamp,
};

/// One atomic append to one actor's journal, with all that must commit with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Turn {
    /// Whose journal.
    pub actor: ActorId,
    /// The head the writer believes in. The record's place is the next one.
    pub expected: Head,
    /// Names this turn across retries.
    pub commit: CommitId,
    /// The record.
    pub record: Bytes,
    /// The record holds a snapshot: loads may begin here.
    pub snapshot: bool,
    /// Drops records before this place, which must not be after the last snapshot: this
    /// record, if it is one. The whole commit is invalid else.
    pub trim_before: Option<Seq>,
    /// Messages to send. Their numbers rise through the tenure.
    pub outbox: Vec<OutboxEntry>,
    /// Timers to set and clear, in order. Setting one replaces any of the same key.
    pub timers: Vec<TimerChange>,
    /// The mark of a keyed request. Replaces any of the same key.
    pub handled: Option<HandledKey>,
}

/// A message to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutboxEntry {
    /// Its number in the tenure.
    pub n: u64,
    /// The message.
    pub bytes: Bytes,
}

/// A change to an actor's timers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TimerChange {
    /// Due at this time.
    Set(TimerKey, Timestamp),
    /// Was due at this time, and no longer is. The time may be that of an earlier set of the
    /// same turn.
    Clear(TimerKey, Timestamp),
}

/// The mark of a keyed request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandledKey {
    /// The sender's key.
    pub key: IdempotencyKey,
    /// What to answer duplicates.
    pub handled: Handled,
    /// From when on the mark is forgotten.
    pub expires: Timestamp,
}

/// What is known of a keyed request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handled {
    /// Hash of the request.
    pub fingerprint: u64,
    /// The record that began to handle it.
    pub seq: Seq,
    /// The encoded outcome. `None` while it is being handled.
    pub reply: Option<Bytes>,
}

impl Turn {
    /// Adds something to send that is no event of the actor.
    pub fn send(&mut self, outgoing: &Outgoing) {
        self.outbox.push(OutboxEntry { n: 0, bytes: outgoing.encode() });
    }

    /// The bytes that count against a store's limit for one turn.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let outbox: usize = self.outbox.iter().map(|entry| entry.bytes.len()).sum();
        let reply = self.handled.as_ref().and_then(|mark| mark.handled.reply.as_ref());
        self.record.len() + outbox + reply.map_or(0, Bytes::len)
    }
}

/// The rows that go with a record, found before the record changes the actor.
pub(crate) struct Rows {
    expected: Head,
    timers: Vec<TimerChange>,
    handled: Option<HandledKey>,
}

impl Rows {
    pub(crate) fn of(kernel: &Kernel, record: &Record, key_expires: Timestamp) -> Self {
        let mut timers = Vec::new();
        for event in &record.events {
            match event {
                Event::TimerSet { key, timer } => {
                    timers.extend(clear(&timers, kernel, key));
                    timers.push(TimerChange::Set(key.clone(), timer.at));
                }
                Event::TimerCleared { key } => timers.extend(clear(&timers, kernel, key)),
                _ => {}
            }
        }
        let handled = mark(kernel, record, key_expires);
        Self { expected: kernel.head(), timers, handled }
    }

    /// Outbox entries are numbered 0: whoever orders the commits of the partition numbers them.
    pub(crate) fn into_turn(
        self,
        actor: &ActorId,
        record: &Record,
        trim_before: Option<Seq>,
    ) -> Turn {
        let sent = record.events.iter().filter_map(|event| match event {
            Event::Sent(outgoing) => Some(OutboxEntry { n: 0, bytes: outgoing.encode() }),
            _ => None,
        });
        Turn {
            actor: actor.clone(),
            expected: self.expected,
            commit: record.commit,
            snapshot: record.snapshot.is_some(),
            trim_before,
            outbox: sent.collect(),
            timers: self.timers,
            handled: self.handled,
            record: record.encode(),
        }
    }
}

/// The change that clears a timer which this turn or an earlier one has set.
fn clear(earlier: &[TimerChange], kernel: &Kernel, cleared: &TimerKey) -> Option<TimerChange> {
    let in_turn = earlier.iter().rev().find_map(|change| match change {
        TimerChange::Set(key, at) if key == cleared => Some(Some(*at)),
        TimerChange::Clear(key, _) if key == cleared => Some(None),
        _ => None,
    });
    let at = in_turn.unwrap_or_else(|| kernel.timer(cleared).map(|timer| timer.at))?;
    Some(TimerChange::Clear(cleared.clone(), at))
}

/// The request this record handles, or whose invocation it ends, is marked if it has a key.
fn mark(kernel: &Kernel, record: &Record, expires: Timestamp) -> Option<HandledKey> {
    let ended = record.events.iter().rev().find_map(|event| match event {
        Event::Finished(outcome) => Some(outcome.clone()),
        _ => None,
    });
    let (key, seq, reply) = match (kernel.invocation(), ended) {
        (Some(open), Some(outcome)) => (open.message.key.as_ref()?, open.began, Some(outcome)),
        (_, ended) => {
            let key = record.input.as_ref()?.key.as_ref()?;
            (key, record.head.seq, ended.or_else(|| without_end(&record.events)))
        }
    };
    let reply = reply.as_ref().map(Outcome::encode);
    let handled = Handled { fingerprint: key.fingerprint, seq, reply };
    Some(HandledKey { key: key.key.clone(), handled, expires })
}

/// The outcome of a message that no handler was run for. `None` if one was, and has not ended.
fn without_end(events: &[Event]) -> Option<Outcome> {
    let outcome = events.iter().find_map(|event| match event {
        Event::Began { .. } => Some(None),
        Event::Buried { reason, .. } => {
            Some(Some(Outcome::Failed(Failure::new(FailureCode::Dead, reason.clone()))))
        }
        _ => None,
    });
    outcome.unwrap_or(Some(Outcome::Returned(Payload::NULL)))
}

#[cfg(test)]
mod tests;
