//! What the next turn of an actor is checked against.

use std::collections::HashMap;
use std::mem;

use bytes::Bytes;
use loom_core::{ActorId, CommitId, Head, Incarnation, PartitionId, Seq};
use loom_ports::{Cursor, Page};

use super::{load, record};
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::view::View;

/// How many actors are remembered for certain; at most twice as many are.
const REMEMBERED: usize = 32_768;

/// Actors that were looked up or written to lately.
///
/// When as many as are to be remembered were added, those that were not used since are
/// forgotten.
#[derive(Debug, Default)]
pub(crate) struct Actors {
    recent: HashMap<ActorId, ActorState>,
    older: HashMap<ActorId, ActorState>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct ActorState {
    pub(super) head: Head,
    /// The commit that wrote the last record.
    pub(super) commit: Option<CommitId>,
    /// The first record that was not trimmed, once it was looked for.
    pub(super) first: Option<Seq>,
    /// The last record with a snapshot, or [`Seq::EMPTY`], once it was looked for.
    pub(super) snapshot: Option<Seq>,
    /// Attempts were noted since the last commit.
    pub(super) is_noted: bool,
}

pub(super) fn state(
    view: &mut View<'_>,
    partition: PartitionId,
    actor: &ActorId,
) -> Result<ActorState, Broken> {
    let actors = &mut view.desk.actors;
    if let Some(state) = actors.recent.get(actor) {
        return Ok(*state);
    }
    let state = match actors.older.get(actor) {
        Some(state) => *state,
        None => look_up(view, partition, actor)?,
    };
    set_state(view, actor, state);
    Ok(state)
}

pub(super) fn set_state(view: &mut View<'_>, actor: &ActorId, state: ActorState) {
    let actors = &mut view.desk.actors;
    if let Some(known) = actors.recent.get_mut(actor) {
        *known = state;
        return;
    }
    if actors.recent.len() >= REMEMBERED {
        actors.older = mem::take(&mut actors.recent);
    }
    actors.recent.insert(actor.clone(), state);
}

fn look_up(view: &View<'_>, partition: PartitionId, actor: &ActorId) -> Result<ActorState, Broken> {
    let incarnation = match view.get(&life_key(actor))? {
        Some(raw) => raw[..].try_into().map(u64::from_be_bytes).map_err(|_| Broken::Row("life"))?,
        None => 0,
    };
    // A row that is not there costs a glance at a filter; a range takes a look into each file.
    let last = if view.has(&partition_key(partition, actor.as_str()))? {
        view.stored_backwards(&record::prefix(actor), |_| Ok(true))?
    } else {
        Vec::new()
    };
    let (seq, commit) = match last.first() {
        Some((key, value)) => (record::seq(key)?, Some(record::commit(value)?)),
        None => (Seq::EMPTY, None),
    };
    let head = Head { incarnation: Incarnation(incarnation), seq };
    let is_noted = view.has(&load::note_key(actor))?;
    Ok(ActorState { head, commit, first: None, snapshot: None, is_noted })
}

pub(super) fn life_key(actor: &ActorId) -> Key {
    Key::of(Table::Life).text(actor.as_str())
}

/// The beginning of the keys of all actors of a partition.
pub(super) fn partition_prefix(partition: PartitionId) -> Key {
    Key::of(Table::Actor).short(partition.0)
}

pub(super) fn partition_key(partition: PartitionId, actor: &str) -> Key {
    partition_prefix(partition).text(actor)
}

/// The actor that a key of [`Table::Actor`] names.
pub(super) fn of_partition_key(key: &[u8]) -> Result<ActorId, Broken> {
    let mut parts = Parts::of(key);
    parts.short()?;
    parse(parts.text()?)
}

pub(super) fn parse(text: &str) -> Result<ActorId, Broken> {
    ActorId::parse(text).map_err(|_| Broken::Row("actor id"))
}

pub(super) fn list(
    rows: &Reader<'_>,
    partition: PartitionId,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<ActorId>, Broken> {
    let prefix = partition_prefix(partition);
    let from = match from {
        Some(Cursor(after)) => prefix.clone().raw(after),
        None => prefix.clone(),
    };
    let mut page = Page::default();
    for row in rows.scan(from.as_ref(), &prefix.end()) {
        let (key, _) = row?;
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[prefix.as_ref().len()..])));
            break;
        }
        page.items.push(of_partition_key(&key)?);
    }
    Ok(page)
}
