//! A batch of turns as the arguments of one script, and its answers.

use std::collections::HashMap;

use loom_core::{ActorId, Epoch, Head, Incarnation, Seq, Timestamp};
use loom_ports::{CommitOutcome, Delivered, Tenure, TimerChange, Turn};

use super::{RedisJournal, TURN_BYTES_MAX, actor_keys, fenced, mark, timer};
use crate::error::Failure;
use crate::reply::{Parts, strange};
use crate::script::Call;

pub(super) async fn commit(
    journal: &RedisJournal,
    tenure: &Tenure,
    turns: &[Turn],
    delivered: &[Delivered],
) -> Result<Vec<CommitOutcome>, Failure> {
    let tag = journal.keys.partition(tenure.partition);
    let (actors, indices) = distinct(turns);
    let mut keys: Vec<_> = ["t", "o", "m", "x", "a", "l"].map(|key| format!("{tag}{key}")).into();
    keys.extend(actors.iter().flat_map(|actor| actor_keys(&tag, actor)));

    let mut call = journal.commit.call(&keys).arg(tenure.epoch.0).arg(actors.len());
    for actor in &actors {
        call.push(actor.as_str());
    }
    call.push(turns.len());
    for turn in turns {
        push_turn(&mut call, tenure.epoch, indices[&turn.actor], turn);
    }
    let ranges = ranges(delivered);
    call.push(ranges.len());
    for (first, last) in ranges {
        call.push([b"[", &place(first)[..]].concat());
        call.push(after(last));
    }

    let mut answer = Parts::of(journal.connection.call_durably(call).await?)?;
    match answer.text()?.as_str() {
        "done" => turns.iter().map(|turn| outcome(&answer.text()?, turn)).collect(),
        "fenced" => Ok(vec![CommitOutcome::Fenced(fenced(&mut answer)?); turns.len()]),
        _ => Err(Failure::Invalid("a trim may not pass the last snapshot")),
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

fn push_turn(call: &mut Call, epoch: Epoch, actor: usize, turn: &Turn) {
    let Turn { expected, commit, record, .. } = turn;
    call.push(actor);
    call.push(expected.incarnation.0);
    call.push(expected.seq.0);
    call.push(commit.0.to_be_bytes().as_slice());
    if turn.size_bytes() > TURN_BYTES_MAX {
        for part in ["l", "", "", "0", "0", "0"] {
            call.push(part);
        }
        return;
    }
    call.push(if turn.snapshot { "s" } else { "" });
    call.push(turn.trim_before.map_or_else(String::new, |before| before.to_string()));
    call.push(&record[..]);
    call.push(turn.outbox.len());
    for entry in &turn.outbox {
        call.push([&place((epoch, entry.n))[..], &entry.bytes].concat());
    }
    call.push(turn.timers.len());
    for change in &turn.timers {
        let (key, at) = match change {
            TimerChange::Set(key, at) => (key, Some(*at)),
            TimerChange::Clear(key, _) => (key, None),
        };
        call.push(timer::encode(key));
        call.push(at.map(Timestamp::as_millis).map_or_else(Vec::new, |at| at.to_be_bytes().into()));
    }
    call.push(usize::from(turn.handled.is_some()));
    if let Some(handled) = &turn.handled {
        call.push(handled.key.as_str());
        call.push(mark::encode(handled));
    }
}

fn outcome(answer: &str, turn: &Turn) -> Result<CommitOutcome, Failure> {
    let conflict = |rest: &str| {
        let (incarnation, seq) = rest.split_once(' ')?;
        let incarnation = Incarnation(incarnation.parse().ok()?);
        Some(CommitOutcome::Conflict { head: Head { incarnation, seq: Seq(seq.parse().ok()?) } })
    };
    match answer {
        "c" => Ok(CommitOutcome::Committed),
        "a" => Ok(CommitOutcome::Already),
        "l" => {
            let bytes = turn.size_bytes();
            Ok(CommitOutcome::TooLarge { bytes, bytes_max: TURN_BYTES_MAX })
        }
        answer => answer.strip_prefix("x ").and_then(conflict).ok_or_else(|| strange("outcome")),
    }
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
