//! Records as rows: a flag, the commit's id, and the record.

use bytes::Bytes;
use fjall::UserValue;
use loom_core::{ActorId, CommitId, Seq};
use loom_ports::{Cursor, Page, StoredRecord};

use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::view::{Row, View};

const HEAD_BYTES: usize = 17;

/// The beginning of the keys of all records of an actor.
pub(super) fn prefix(actor: &ActorId) -> Key {
    Key::of(Table::Record).text(actor.as_str())
}

pub(super) fn key(actor: &ActorId, seq: Seq) -> Key {
    prefix(actor).number(seq.0)
}

pub(super) fn encode(commit: CommitId, is_snapshot: bool, record: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD_BYTES + record.len());
    value.push(u8::from(is_snapshot));
    value.extend_from_slice(&commit.0.to_be_bytes());
    value.extend_from_slice(record);
    value
}

pub(super) fn seq(key: &[u8]) -> Result<Seq, Broken> {
    let mut parts = Parts::of(key);
    parts.text()?;
    Ok(Seq(parts.number()?))
}

pub(super) fn commit(value: &[u8]) -> Result<CommitId, Broken> {
    let id = value.get(1..HEAD_BYTES).and_then(|id| id.try_into().ok());
    id.map(|id| CommitId(u128::from_be_bytes(id))).ok_or(Broken::Row("record"))
}

pub(super) fn is_snapshot(value: &[u8]) -> bool {
    value.first() == Some(&1)
}

pub(super) fn decode((key, value): &Row) -> Result<StoredRecord, Broken> {
    let record = value.get(HEAD_BYTES..).ok_or(Broken::Row("record"))?;
    Ok(StoredRecord { seq: seq(key)?, bytes: Bytes::copy_from_slice(record) })
}

/// The commit that wrote a record, if the record is there.
pub(super) fn commit_at(
    view: &View<'_>,
    actor: &ActorId,
    at: Seq,
) -> Result<Option<CommitId>, Broken> {
    view.get(&key(actor, at))?.map(|value: UserValue| commit(&value)).transpose()
}

pub(super) fn read(
    rows: &Reader<'_>,
    actor: &ActorId,
    from: Seq,
    limit: usize,
) -> Result<Page<StoredRecord>, Broken> {
    let mut page = Page::default();
    for row in rows.scan(key(actor, from).as_ref(), &prefix(actor).end()) {
        let record = decode(&row?)?;
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&record.seq.0.to_be_bytes())));
            break;
        }
        page.items.push(record);
    }
    Ok(page)
}

/// Removes the records before a place. `first` is the first that is there, if it is known.
/// Returns the first that is there afterwards.
pub(super) fn trim(
    view: &mut View<'_>,
    actor: &ActorId,
    first: Option<Seq>,
    before: Seq,
) -> Result<Seq, Broken> {
    let first = match first {
        Some(first) => first,
        None => match view.rows_of(&prefix(actor), 1)?.first() {
            Some((key, _)) => seq(key)?,
            None => return Ok(before),
        },
    };
    for place in first.0..before.0 {
        view.remove(key(actor, Seq(place)));
    }
    Ok(first.max(before))
}

/// The last stored record with a snapshot, or [`Seq::EMPTY`].
pub(super) fn last_snapshot(view: &View<'_>, actor: &ActorId) -> Result<Seq, Broken> {
    let from_last = view.stored_backwards(&prefix(actor), |(_, value)| Ok(is_snapshot(value)))?;
    match from_last.last() {
        Some((key, value)) if is_snapshot(value) => seq(key),
        _ => Ok(Seq::EMPTY),
    }
}
