//! A batch of turns as a part of the arguments of a script, and its answers.

use std::collections::HashMap;

use bytes::Bytes;
use loom_core::{ActorId, Epoch, Head, Incarnation, PartitionId, Seq, Timestamp};
use loom_ports::{CommitOutcome, Delivered, Fenced, Tenure, TimerChange, Turn};

use super::{TURN_BYTES_MAX, actor_keys, mark, timer};
use crate::error::Failure;
use crate::joined::Size;
use crate::key::Keys;
use crate::reply::{split_number, strange};
use crate::script::Call;

/// What is committed to one partition.
pub(super) struct Part {
    pub(super) partition: PartitionId,
    size: Size,
    keys: Vec<String>,
    arguments: Vec<Bytes>,
}

impl Part {
    pub(super) fn new(
        keys: &Keys,
        tenure: &Tenure,
        turns: &[Turn],
        delivered: &[Delivered],
    ) -> Self {
        let partition = tenure.partition;
        let tag = keys.partition(partition);
        let (actors, indices) = distinct(turns);
        let ranges = ranges(delivered);
        let is_new = turns.iter().any(|turn| turn.expected.seq == Seq(0));
        let sends = !ranges.is_empty() || turns.iter().any(|turn| !turn.outbox.is_empty());
        let changes_timers = turns.iter().any(|turn| !turn.timers.is_empty());
        let marks = turns.iter().any(|turn| turn.handled.is_some());

        let of_partition = [
            (true, "t"),
            (true, "l"),
            (is_new, "a"),
            (sends, "o"),
            (changes_timers, "m"),
            (marks, "x"),
        ];
        let named = of_partition.iter().filter(|(is_there, _)| *is_there);
        let mut keys: Vec<_> = named.map(|(_, key)| format!("{tag}{key}")).collect();
        for actor in &actors {
            let of_actor = [true, true, changes_timers, marks];
            let named = actor_keys(&tag, actor).into_iter().zip(of_actor);
            keys.extend(named.filter(|(_, is_there)| *is_there).map(|(key, _)| key));
        }

        let mut said = Vec::new();
        for turn in turns {
            push_turn(&mut said, tenure.epoch, indices[&turn.actor], turn);
        }
        for (first, last) in &ranges {
            said.push([b"[", &place(*first)[..]].concat().into());
            said.push(after(*last).into());
        }
        let counts = [keys.len(), said.len(), actors.len(), turns.len(), ranges.len()];
        let flags = [is_new, sends, changes_timers, marks].map(u8::from);
        let header = [&counts.map(packed).concat()[..], &flags].concat();
        let arguments = [tenure.epoch.to_string().into(), Bytes::from(header)];
        let arguments: Vec<_> = arguments.into_iter().chain(said).collect();

        let bytes = arguments.iter().map(Bytes::len).sum();
        Self { partition, size: Size { items: turns.len().max(1), bytes }, keys, arguments }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    pub(super) fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(super) fn push_to(&self, call: &mut Call) {
        for argument in &self.arguments {
            call.push(&argument[..]);
        }
    }
}

/// What the script said of a partition.
pub(super) fn outcomes(answer: &[u8], turns: &[Turn]) -> Result<Vec<CommitOutcome>, Failure> {
    match answer.split_first() {
        Some((b'd', mut rest)) => turns.iter().map(|turn| outcome(&mut rest, turn)).collect(),
        Some((b'f', epoch)) => {
            let epoch = std::str::from_utf8(epoch).ok().and_then(|epoch| epoch.parse().ok());
            let fenced = Fenced { epoch: Epoch(epoch.ok_or(strange("epoch"))?) };
            Ok(vec![CommitOutcome::Fenced(fenced); turns.len()])
        }
        Some((b'i', _)) => Err(Failure::Invalid("a trim may not pass the last snapshot")),
        _ => Err(strange("outcome")),
    }
}

/// The actors of a batch, and the place of each among them, counted from 1.
fn distinct(turns: &[Turn]) -> (Vec<&ActorId>, HashMap<&ActorId, usize>) {
    let (mut actors, mut indices) = (Vec::new(), HashMap::new());
    for turn in turns {
        indices.entry(&turn.actor).or_insert_with(|| {
            actors.push(&turn.actor);
            actors.len()
        });
    }
    (actors, indices)
}

fn push_turn(said: &mut Vec<Bytes>, epoch: Epoch, actor: usize, turn: &Turn) {
    let Turn { expected, commit, record, .. } = turn;
    let is_large = turn.size_bytes() > TURN_BYTES_MAX;
    let of = |count: usize| if is_large { 0 } else { count };
    let kind = match turn.snapshot {
        _ if is_large => b'l',
        true => b's',
        false => b' ',
    };
    let trim_before = turn.trim_before.filter(|_| !is_large).unwrap_or_default();
    let counts = [turn.outbox.len(), turn.timers.len(), usize::from(turn.handled.is_some())];
    let header = [
        &packed(actor)[..],
        &expected.incarnation.0.to_be_bytes(),
        &expected.seq.0.to_be_bytes(),
        &trim_before.0.to_be_bytes(),
        &[kind],
        &counts.map(of).map(packed).concat(),
        &commit.0.to_be_bytes(),
    ];
    said.push(header.concat().into());
    if is_large {
        return said.push(Bytes::new());
    }
    said.push(record.clone());
    for entry in &turn.outbox {
        said.push([&place((epoch, entry.n))[..], &entry.bytes].concat().into());
    }
    for change in &turn.timers {
        let (key, at) = match change {
            TimerChange::Set(key, at) => (key, Some(*at)),
            TimerChange::Clear(key, _) => (key, None),
        };
        said.push(timer::encode(key).into());
        let at = at.map(Timestamp::as_millis).map(u64::to_be_bytes);
        said.push(at.map_or_else(Bytes::new, |at| Bytes::copy_from_slice(&at)));
    }
    if let Some(handled) = &turn.handled {
        said.push(Bytes::copy_from_slice(handled.key.as_str().as_bytes()));
        said.push(mark::encode(handled).into());
    }
}

/// A count as the script unpacks it. No request holds more.
fn packed(count: usize) -> [u8; 4] {
    u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes()
}

/// Takes the outcome of a turn off the beginning of the answer.
fn outcome(answer: &mut &[u8], turn: &Turn) -> Result<CommitOutcome, Failure> {
    let (letter, mut rest) = answer.split_first().ok_or(strange("outcome"))?;
    let outcome = match letter {
        b'c' => CommitOutcome::Committed,
        b'a' => CommitOutcome::Already,
        b'l' => {
            let bytes = turn.size_bytes();
            CommitOutcome::TooLarge { bytes, bytes_max: TURN_BYTES_MAX }
        }
        b'x' => {
            let (incarnation, after) = split_number(rest)?;
            let (seq, after) = split_number(after)?;
            rest = after;
            let head = Head { incarnation: Incarnation(incarnation), seq: Seq(seq) };
            CommitOutcome::Conflict { head }
        }
        _ => return Err(strange("outcome")),
    };
    *answer = rest;
    Ok(outcome)
}

/// The place of a message in the outbox.
type Place = (Epoch, u64);

pub(super) fn place((epoch, n): Place) -> [u8; 16] {
    ((u128::from(epoch.0) << 64) | u128::from(n)).to_be_bytes()
}

/// The bound of all places up to this one.
fn after(last: Place) -> Vec<u8> {
    match u128::from_be_bytes(place(last)).checked_add(1) {
        Some(end) => [b"(".as_slice(), &end.to_be_bytes()].concat(),
        None => b"+".to_vec(),
    }
}

/// What was delivered, as few ranges as it is. The numbers of a tenure mostly follow each other.
fn ranges(delivered: &[Delivered]) -> Vec<(Place, Place)> {
    let mut places: Vec<Place> = delivered.iter().map(|entry| (entry.epoch, entry.n)).collect();
    places.sort_unstable();
    let mut ranges: Vec<(Place, Place)> = Vec::new();
    for (epoch, n) in places {
        match ranges.last_mut() {
            Some((_, last)) if last.0 == epoch && n.saturating_sub(1) <= last.1 => last.1 = n,
            _ => ranges.push(((epoch, n), (epoch, n))),
        }
    }
    ranges
}
