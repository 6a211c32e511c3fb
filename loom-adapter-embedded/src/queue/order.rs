//! Messages with an ordering key: those of one key, one behind the other.
//!
//! Only the first of a key stands in the queue as others do. Those behind it stand nowhere
//! else, so that neither a receive nor the passing of time looks at them before it is their
//! turn.

use loom_core::{QueueName, Timestamp};

use super::line::{self, Place, PlaceRow};
use crate::error::Broken;
use crate::key::{Key, Parts, Table};
use crate::reader::Reader;
use crate::row;
use crate::view::View;

/// Puts a new message behind all others of its key. Says whether there are any.
pub(super) fn join(
    view: &mut View<'_>,
    queue: &QueueName,
    ordering_key: u64,
    n: u64,
) -> Result<bool, Broken> {
    let last = last_key(queue, ordering_key);
    let is_behind = view.has(&last)?;
    view.insert(last, n.to_be_bytes());
    if is_behind {
        view.insert(behind_key(queue, ordering_key, n), []);
    }
    Ok(is_behind)
}

/// Removes a message that is behind others of its key.
pub(super) fn leave(view: &mut View<'_>, queue: &QueueName, ordering_key: u64, n: u64) {
    view.remove(behind_key(queue, ordering_key, n));
}

/// Moves up the message behind the first of a key, which was removed. It must stand somewhere
/// then.
pub(super) fn advance(
    view: &mut View<'_>,
    queue: &QueueName,
    ordering_key: u64,
    removed: u64,
) -> Result<Option<Behind>, Broken> {
    let next = next(view, queue, ordering_key, removed)?;
    match &next {
        Some(Behind { n, .. }) => view.remove(behind_key(queue, ordering_key, *n)),
        None => view.remove(last_key(queue, ordering_key)),
    }
    Ok(next)
}

/// A message that is behind others of its key.
pub(super) struct Behind {
    pub(super) n: u64,
    pub(super) message: PlaceRow,
    pub(super) hidden_until: Timestamp,
}

/// The next of the same key.
pub(super) fn next(
    view: &View<'_>,
    queue: &QueueName,
    ordering_key: u64,
    n: u64,
) -> Result<Option<Behind>, Broken> {
    let last = view.get(&last_key(queue, ordering_key))?.ok_or(Broken::Row("queue order"))?;
    // The last may have been removed before others, so this is only a bound.
    let last = row::number("queue order", &last)?;
    if n >= last {
        return Ok(None);
    }
    let from = behind_key(queue, ordering_key, n + 1);
    let end = behind(queue, ordering_key).end();
    let Some((key, _)) = view.scan(from.as_ref(), &end, 1)?.pop() else { return Ok(None) };
    let mut parts = Parts::of(&key);
    parts.text()?;
    parts.number()?;
    let n = parts.number()?;
    let message = line::place(view, queue, n)?;
    let Place::Behind(hidden_until) = message.place else {
        return Err(Broken::Row("queue place"));
    };
    Ok(Some(Behind { n, message, hidden_until }))
}

/// The ordering keys of a queue.
pub(super) fn keys(rows: &Reader<'_>, queue: &QueueName, limit: usize) -> Result<Vec<u64>, Broken> {
    let all = Key::of(Table::QueueOrder).text(queue.as_str());
    let rows = rows.rows_of(&all).take(limit);
    rows.map(|row| {
        let (key, _) = row?;
        let mut parts = Parts::of(&key);
        parts.text()?;
        parts.number()
    })
    .collect()
}

fn last_key(queue: &QueueName, ordering_key: u64) -> Key {
    Key::of(Table::QueueOrder).text(queue.as_str()).number(ordering_key)
}

fn behind(queue: &QueueName, ordering_key: u64) -> Key {
    Key::of(Table::QueueBehind).text(queue.as_str()).number(ordering_key)
}

fn behind_key(queue: &QueueName, ordering_key: u64, n: u64) -> Key {
    behind(queue, ordering_key).number(n)
}
