//! Marks of requests that were handled.

use bytes::Bytes;
use loom_core::{ActorId, IdempotencyKey, PartitionId, Seq, Timestamp};
use loom_ports::{Cursor, Handled, HandledKey};
use serde::{Deserialize, Serialize};

use super::actor;
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::row;
use crate::view::{Need, View};

/// How many marks one sweep looks at, and how many actors.
const LOOKED_AT_MAX: usize = 1024;
const ACTORS_MAX: usize = 64;

#[derive(Debug, Deserialize, Serialize)]
struct HandledRow {
    fingerprint: u64,
    seq: Seq,
    reply: Option<Bytes>,
    expires: Timestamp,
}

pub(super) fn set(view: &mut View<'_>, actor: &ActorId, mark: &HandledKey) {
    let HandledKey { key, handled, expires } = mark;
    let Handled { fingerprint, seq, reply } = handled.clone();
    let mark = HandledRow { fingerprint, seq, reply, expires: *expires };
    view.insert(prefix(actor).text(key.as_str()), row::encode(&mark));
}

pub(super) fn handled(
    rows: &Reader<'_>,
    actor: &ActorId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Handled>, Broken> {
    let Some(raw) = rows.get(&prefix(actor).text(key.as_str()))? else { return Ok(None) };
    let HandledRow { fingerprint, seq, reply, expires } = row::decode("mark", &raw)?;
    Ok((expires > now).then_some(Handled { fingerprint, seq, reply }))
}

/// Looks at the marks of the partition's actors, one actor after the other.
///
/// A cursor is the key of the mark to go on with: an actor's id, and what is left of the key.
pub(super) fn sweep(
    view: &mut View<'_>,
    partition: PartitionId,
    now: Timestamp,
    from: Option<&Cursor>,
) -> Result<Option<Cursor>, Broken> {
    view.need = Need::Os;
    let invalid = || Broken::Invalid("not a cursor of a sweep".into());
    let (first, mut from) = match from {
        Some(Cursor(from)) => {
            let actor = Parts::of(from).text().map_err(|_| invalid())?;
            (actor::partition_key(partition, actor), Some(from.clone()))
        }
        None => (actor::partition_prefix(partition), None),
    };
    let end = actor::partition_prefix(partition).end();
    let mut left = LOOKED_AT_MAX;
    let actors = view.scan(first.as_ref(), &end, ACTORS_MAX + 1)?;
    for (n, (key, _)) in actors.iter().enumerate() {
        let prefix = prefix(&actor::of_partition_key(key)?);
        if n == ACTORS_MAX {
            return Ok(Some(cursor(prefix.as_ref())));
        }
        let from = from.take().filter(|from| from.starts_with(prefix.as_ref()));
        let from = from.as_deref().unwrap_or(prefix.as_ref());
        for (key, raw) in view.scan(from, &prefix.end(), left + 1)? {
            if left == 0 {
                return Ok(Some(cursor(&key)));
            }
            left -= 1;
            let HandledRow { expires, .. } = row::decode("mark", &raw)?;
            if expires <= now {
                view.remove(key);
            }
        }
    }
    Ok(None)
}

/// The beginning of the keys of all marks of an actor.
pub(super) fn prefix(actor: &ActorId) -> Key {
    Key::of(Table::Handled).text(actor.as_str())
}

fn cursor(key: &[u8]) -> Cursor {
    Cursor(Bytes::copy_from_slice(key))
}
