//! Dead letters.

use bytes::Bytes;
use loom_core::{MessageId, QueueName, Timestamp};
use loom_ports::{Cursor, Page, QueuedDeadLetter};
use serde::{Deserialize, Serialize};

use super::line::{self, BodyRow, PlaceRow};
use crate::error::Broken;
use crate::key::{Key, Table};
use crate::reader::Reader;
use crate::row;
use crate::view::View;

/// Messages that are replayed have the least urgent priority they could have been sent with.
const REPLAY_PRIORITY: u8 = 0;

#[derive(Debug, Deserialize, Serialize)]
struct LetterRow {
    id: MessageId,
    body: Bytes,
    attempts: u32,
    reason: String,
    died_at: Timestamp,
}

/// Adds a letter, unless one of its id is there.
pub(super) fn add(
    view: &mut View<'_>,
    queue: &QueueName,
    letter: &QueuedDeadLetter,
) -> Result<(), Broken> {
    let by_id = id_key(queue, &letter.id);
    if view.has(&by_id)? {
        return Ok(());
    }
    let QueuedDeadLetter { id, body, attempts, reason, died_at } = letter.clone();
    let n = view.ticket()?;
    let key = prefix(queue).number(died_at.as_millis()).number(n);
    view.insert(by_id, key.as_ref());
    view.insert(key, row::encode(&LetterRow { id, body, attempts, reason, died_at }));
    Ok(())
}

/// Removes a letter and returns it. `None` if there is none of that id.
pub(super) fn take(
    view: &mut View<'_>,
    queue: &QueueName,
    id: &MessageId,
) -> Result<Option<QueuedDeadLetter>, Broken> {
    let by_id = id_key(queue, id);
    let Some(place) = view.get(&by_id)? else { return Ok(None) };
    let key = Key::whole(&place);
    let raw = view.get(&key)?.ok_or(Broken::Row("dead letter"))?;
    let letter = decode(&raw)?;
    view.remove(key);
    view.remove(by_id);
    Ok(Some(letter))
}

pub(super) fn replay(
    view: &mut View<'_>,
    queue: &QueueName,
    id: &MessageId,
    now: Timestamp,
) -> Result<bool, Broken> {
    let Some(QueuedDeadLetter { id, body, .. }) = take(view, queue, id)? else {
        return Ok(false);
    };
    line::ripen(view, queue, now)?;
    let message = PlaceRow::new(REPLAY_PRIORITY);
    line::add(view, queue, &BodyRow { id, body }, message, now, now)?;
    Ok(true)
}

pub(super) fn list(
    rows: &Reader<'_>,
    queue: &QueueName,
    from: Option<&Cursor>,
    limit: usize,
) -> Result<Page<QueuedDeadLetter>, Broken> {
    let prefix = prefix(queue);
    let start = match from {
        Some(Cursor(from)) => prefix.clone().raw(from),
        None => prefix.clone(),
    };
    let mut page = Page::default();
    for row in rows.scan(start.as_ref(), &prefix.end()) {
        let (key, raw) = row?;
        if page.items.len() == limit {
            page.next = Some(Cursor(Bytes::copy_from_slice(&key[prefix.as_ref().len()..])));
            break;
        }
        page.items.push(decode(&raw)?);
    }
    Ok(page)
}

fn decode(raw: &[u8]) -> Result<QueuedDeadLetter, Broken> {
    let LetterRow { id, body, attempts, reason, died_at } = row::decode("dead letter", raw)?;
    Ok(QueuedDeadLetter { id, body, attempts, reason, died_at })
}

fn prefix(queue: &QueueName) -> Key {
    Key::of(Table::DeadLetter).text(queue.as_str())
}

fn id_key(queue: &QueueName, id: &MessageId) -> Key {
    Key::of(Table::DeadLetterId).text(queue.as_str()).text(id.as_str())
}
