//! The document that a turn becomes, and where the journal ends then.

use std::collections::BTreeMap;

use azure_core::base64;
use bytes::Bytes;
use loom_core::{ActorId, Epoch, Head, Incarnation, PartitionId, Seq, Timestamp};
use loom_ports::{Handled, HandledKey, TimerChange, Turn};

use super::end::{End, Timers};
use super::place::{self, Place, digits};
use super::turn::{StoredHandled, Written};

/// The write that a document is made in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion {
    pub(super) partition: PartitionId,
    pub(super) epoch: Epoch,
    /// Which write of the partition it is.
    pub(super) write: u64,
}

/// The bytes of a turn, as they are in its document if they are in it.
fn text(bytes: &Bytes, is_apart: bool) -> String {
    if is_apart { String::new() } else { base64::encode(bytes) }
}

/// Adds a turn to a journal that ends so, and whose timers are known if the turn changes them. Its
/// record, messages and reply are in the document unless they are kept apart.
pub(super) fn append(end: &End, turn: &Turn, occasion: Occasion, is_apart: bool) -> (End, Written) {
    let head = end.head.next();
    let snapshot = if turn.snapshot { head.seq } else { end.snapshot };
    let first = turn.trim_before.map_or(end.first, |before| end.first.max(before));
    let timers = changed(&end.timers, turn, head.seq);
    let is_changed = timers != end.timers;
    // What is behind the beginning now, or what held timers there.
    let leaves = first > end.first || is_changed && end.timers.place().is_some_and(|at| at < first);
    let next = End { head, commit: turn.commit, snapshot, first, timers };

    let mut written = Written {
        record: text(&turn.record, is_apart),
        epoch: turn.outbox.last().map(|_| digits(occasion.epoch.0)),
        outbox: (turn.outbox.iter())
            .map(|entry| (digits(entry.n), text(&entry.bytes, is_apart)))
            .collect(),
        sent: turn.outbox.last().map(|entry| Place::new(occasion.epoch, entry.n).digits()),
        born: (head.seq == Seq::EMPTY.next()).then(|| place::birth(&turn.actor, head.incarnation)),
        cut: leaves.then(|| digits(occasion.write)),
        ..bare(&turn.actor, &next, occasion.partition)
    };
    if let (true, Timers::Known(_, timers)) = (is_changed, &next.timers) {
        let key = |key| serde_json::to_string(key).expect("the key of a timer can be written");
        let timer = |(of, at): (_, &Timestamp)| (digits(at.as_millis()), key(of));
        written.timers = timers.iter().map(timer).collect();
        written.due = written.timers.iter().map(|(at, _)| at.clone()).min();
    }
    if let Some(HandledKey { key, handled, expires }) = &turn.handled {
        let Handled { fingerprint, seq, reply } = handled;
        written.mark = Some(place::mark(&turn.actor, key));
        written.expires = Some(digits(expires.as_millis()));
        written.handled = Some(StoredHandled {
            fingerprint: digits(*fingerprint),
            seq: digits(seq.0),
            reply: reply.as_ref().map(|reply| text(reply, is_apart)),
        });
    }
    (next, written)
}

/// Ends the life of an actor: the beginning of the next one.
pub(super) fn end_life(actor: &ActorId, ended: Head, occasion: Occasion) -> (End, Written) {
    let incarnation = Incarnation(ended.incarnation.0 + 1);
    let end = End::empty(Head { incarnation, seq: Seq::EMPTY });
    let written = Written {
        mark: Some(place::end_of_life(actor)),
        cut: Some(digits(occasion.write)),
        ..bare(actor, &end, occasion.partition)
    };
    (end, written)
}

/// A document that says no more than where the journal ends.
fn bare(actor: &ActorId, end: &End, partition: PartitionId) -> Written {
    Written {
        id: place::turn(actor, end.head),
        pk: place::partition_key(partition),
        commit: format!("{:032x}", end.commit.0),
        snapshot: digits(end.snapshot.0),
        first: digits(end.first.0),
        timers_at: end.timers.place().map(|at| digits(at.0)),
        ..Written::default()
    }
}

fn changed(timers: &Timers, turn: &Turn, place: Seq) -> Timers {
    if turn.timers.is_empty() {
        return timers.clone();
    }
    let (at, mut left) = match timers {
        Timers::Known(at, timers) => (*at, timers.clone()),
        Timers::None | Timers::At(_) => (place, BTreeMap::new()),
    };
    let before = left.clone();
    for change in &turn.timers {
        match change {
            TimerChange::Set(key, at) => left.insert(key.clone(), *at),
            TimerChange::Clear(key, _) => left.remove(key),
        };
    }
    let at = if left == before { at } else { place };
    if left.is_empty() { Timers::None } else { Timers::Known(at, left) }
}
