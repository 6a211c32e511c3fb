//! Turns, and the outbox that commits with them.

use bytes::Bytes;
use loom_core::{ActorId, CommitId, Epoch, Head, PartitionId, Seq};
use loom_ports::{
    CommitOutcome, Cursor, Delivered, OutboxEntry, Page, Resolution, Tenure, Turn, Undelivered,
};

use super::actor::{self, ActorState};
use super::{TURN_BYTES_MAX, load, mark, record, tenure, timer};
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::view::{Need, View};

pub(super) fn commit(
    view: &mut View<'_>,
    tenure: &Tenure,
    turns: Vec<Turn>,
    delivered: &[Delivered],
) -> Result<Vec<CommitOutcome>, Broken> {
    if let Err(fenced) = tenure::check(view, tenure)? {
        return Ok(vec![CommitOutcome::Fenced(fenced); turns.len()]);
    }
    let mut outcomes = Vec::with_capacity(turns.len());
    let mut failed: Vec<ActorId> = Vec::new();
    for turn in turns {
        let state = actor::state(view, tenure.partition, &turn.actor)?;
        let outcome = if was_committed(view, &turn.actor, state, turn.expected, turn.commit)? {
            CommitOutcome::Already
        } else if turn.expected != state.head || failed.contains(&turn.actor) {
            // No turn is committed whose predecessor in the same commit was not.
            CommitOutcome::Conflict { head: state.head }
        } else {
            commit_one(view, tenure, state, &turn)?
        };
        if !matches!(outcome, CommitOutcome::Committed | CommitOutcome::Already) {
            failed.push(turn.actor);
        }
        outcomes.push(outcome);
    }
    let outbox = outbox(tenure.partition);
    for &Delivered { epoch, n } in delivered {
        view.remove(outbox_key(&outbox, epoch, n));
    }
    // What was delivered may come back, so it need not reach the disk.
    if !outcomes.contains(&CommitOutcome::Committed) {
        view.need = Need::Os;
    }
    Ok(outcomes)
}

fn commit_one(
    view: &mut View<'_>,
    tenure: &Tenure,
    state: ActorState,
    turn: &Turn,
) -> Result<CommitOutcome, Broken> {
    let Turn { actor, expected, commit, .. } = turn;
    let bytes = turn.size_bytes();
    if bytes > TURN_BYTES_MAX {
        return Ok(CommitOutcome::TooLarge { bytes, bytes_max: TURN_BYTES_MAX });
    }

    let head = expected.next();
    let partition = tenure.partition;
    let value = record::encode(*commit, turn.snapshot, &turn.record);
    view.insert(record::key(actor, head.seq), value);
    if state.commit.is_none() {
        view.insert(actor::partition_key(partition, actor.as_str()), []);
    }
    if state.is_noted {
        view.remove(load::note_key(actor));
    }
    let outbox = outbox(partition);
    for OutboxEntry { n, bytes } in &turn.outbox {
        view.insert_into(&outbox, outbox_key(&outbox, tenure.epoch, *n), &bytes[..]);
    }
    for change in &turn.timers {
        timer::change(view, partition, actor, change)?;
    }
    if let Some(handled) = &turn.handled {
        mark::set(view, actor, handled);
    }
    let mut state = ActorState { head, commit: Some(*commit), is_noted: false, ..state };
    if turn.snapshot {
        state.snapshot = Some(head.seq);
    }
    if let Some(before) = turn.trim_before {
        trim(view, actor, &mut state, before)?;
    }
    actor::set_state(view, actor, state);
    Ok(CommitOutcome::Committed)
}

/// Drops the records before a place. At least the last snapshot stays, and with it the last
/// record, by which the head is known.
fn trim(
    view: &mut View<'_>,
    actor: &ActorId,
    state: &mut ActorState,
    before: Seq,
) -> Result<(), Broken> {
    let snapshot = match state.snapshot {
        Some(snapshot) => snapshot,
        None => record::last_snapshot(view, actor)?,
    };
    state.snapshot = Some(snapshot);
    if before > snapshot {
        let error = format!("{actor} cannot be trimmed to {before}: no snapshot at or after it");
        return Err(Broken::Invalid(error));
    }
    state.first = Some(record::trim(view, actor, state.first, before)?);
    Ok(())
}

pub(super) fn resolve(
    view: &mut View<'_>,
    tenure: &Tenure,
    actor: &ActorId,
    expected: Head,
    commit: CommitId,
) -> Result<Resolution, Broken> {
    if let Err(fenced) = tenure::check(view, tenure)? {
        return Ok(Resolution::Fenced(fenced));
    }
    let state = actor::state(view, tenure.partition, actor)?;
    Ok(if was_committed(view, actor, state, expected, commit)? {
        Resolution::Committed
    } else if expected < state.head {
        Resolution::Superseded { head: state.head }
    } else {
        Resolution::Absent
    })
}

/// Whether the record after `expected` is there, and was written by `commit`.
fn was_committed(
    view: &View<'_>,
    actor: &ActorId,
    state: ActorState,
    expected: Head,
    commit: CommitId,
) -> Result<bool, Broken> {
    let ActorState { head, commit: last, .. } = state;
    if expected.incarnation != head.incarnation || expected.seq >= head.seq {
        return Ok(false);
    }
    if expected.next() == head {
        return Ok(last == Some(commit));
    }
    Ok(record::commit_at(view, actor, expected.seq.next())? == Some(commit))
}

pub(super) fn undelivered(
    view: &mut View<'_>,
    partition: PartitionId,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Undelivered>, Broken> {
    let outbox = outbox(partition);
    let one_more = limit.saturating_add(1);
    let rows = match from {
        Some(Cursor(from)) => {
            view.scan(outbox.clone().raw(from).as_ref(), &outbox.end(), one_more)?
        }
        None => view.front_of(&outbox, one_more)?,
    };
    let mut page = Page::default();
    for (key, value) in rows {
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[outbox.as_ref().len()..])));
            break;
        }
        let mut parts = Parts::of(&key);
        parts.short()?;
        let (epoch, n) = (Epoch(parts.number()?), parts.number()?);
        page.items.push(Undelivered { epoch, n, bytes: Bytes::copy_from_slice(&value) });
    }
    Ok(page)
}

fn outbox(partition: PartitionId) -> Key {
    Key::of(Table::Outbox).short(partition.0)
}

fn outbox_key(outbox: &Key, epoch: Epoch, n: u64) -> Key {
    outbox.clone().number(epoch.0).number(n)
}
